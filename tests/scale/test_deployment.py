"""The files in deploy/ keep to the schemas of Compose and Kubernetes, and name real settings."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from vitrine.folder import IndexFolder
from vitrine.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
MANIFESTS = ("storage.yaml", "gallery.yaml", "index.yaml")


def documents(name):
    return list(yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text()))


def pods_of(document):
    """Templates of pods in a kind that Kubernetes itself does not know, as pods."""
    spec = document["spec"]["rayClusterSpec"]
    for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "ray"}} | group["template"]


def test_the_compose_file_is_valid():
    against = ("--builtin-schema", "vendor.compose-spec")
    command = [sys.executable, "-m", "check_jsonschema", *against, str(DEPLOY / "compose.yaml")]
    subprocess.run(command, check=True)


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests_are_valid(name):
    for document in documents(name):
        is_rays = document["apiVersion"].startswith("ray.io/")
        for resource in pods_of(document) if is_rays else [document]:
            kubernetes_validate.validate(resource, "1.30", strict=True)


def test_a_manifest_that_is_wrong_is_noticed():
    (deployment, *_) = documents("gallery.yaml")
    deployment["spec"]["replicas"] = "many"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, "1.30", strict=True)


def test_settings_are_known_and_the_place_is_one():
    texts = [path.read_text() for path in DEPLOY.rglob("*.yaml")]
    named = {name for text in texts for name in re.findall(r"VITRINE_\w+", text)}
    assert named
    assert named <= {f"VITRINE_{name.upper()}" for name in Settings.model_fields}
    places = {place for text in texts for place in re.findall(r"milvus\+http\S+", text)}
    assert places == {"milvus+http://milvus:19530/shop"}
    assert IndexFolder.at(places.pop(), Path("/index")).vectors is not None


def test_rays_version_is_the_one_that_is_installed():
    (job,) = documents("index.yaml")
    pinned = re.search(r"ray\[data\]==(\S+)", (ROOT / "requirements-scale.txt").read_text())[1]
    assert job["spec"]["rayClusterSpec"]["rayVersion"] == pinned


def test_mounts_are_of_volumes_that_are_there():
    for name in MANIFESTS:
        claims = {d["metadata"]["name"] for d in documents("storage.yaml")}
        for document in documents(name):
            text = yaml.safe_dump(document)
            for key in ("claimName", "configMapRef:\n *name", "secretRef:\n *name"):
                assert set(re.findall(rf"{key}: (\S+)", text)) <= claims
