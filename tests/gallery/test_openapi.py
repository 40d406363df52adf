"""`/openapi.json` and its page: valid, complete, and true of every actual answer."""

from __future__ import annotations

import copy
import io
import re
import shlex

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from app import create_app
from gallery.openapi import WHEN
from gallery.refusals import STATUSES, Code
from tests.drawings import photo_bytes
from tests.gallery.conftest import LOST, MAX_UPLOAD, PAGE_SIZE, TWINS
from tests.generations import product, publish_products, random_unit_vectors

PAGE_OF_THE_DOCUMENT = "api.page"

ASKED = {
    "/get_similar": [
        "?id=1003",
        "?id=1003&k=100&Colour=Red&more=1004&more=1005&less=1006",
        "?id=1003&Colour=Ultraviolet",
        "?image_path=/item/1003",
        "",
        "?id=nope",
        f"?id={LOST}",
        "?id=1003&k=0",
        "?id=1003&score=inverse_distance",
        "?id=1003&score=euclid",
        "?text=red+dress",
        "?text=" + "x" * 201,
        "?id=1003&id=1004",
        "?id=1003&color=Red",
        "?id=1003&crop=0,0,1,1",
        "?id=1003&more=nope",
        "?image_path=http://elsewhere.test/1.jpg",
        "?id=1003&" + "&".join(f"more={number}" for number in range(13)),
    ],
    "/healthz": [""],
    "/readyz": [""],
    "/openapi.json": [""],
    "/api/products": [
        "",
        "?page=2",
        "?page=99",
        "?q=red&sort=title&Colour=Red",
        "?Colour=Ultraviolet&q=shirt",
        "?q=" + "x" * 300,
        "?page=nan&sort=nothing&nonsense=1",
        "?q=red&scope=photos",
    ],
    "/api/products/{product_id}": [
        "1003",
        "1003?Colour=Red&Colour=Blue&more=1004&less=1005&trail=1006&trail=nope",
        "1003?Colour=Ultraviolet",
        TWINS[0],
        LOST,
        "nope",
    ],
    "/api/photo/{token}": ["TOKEN", "TOKEN?Colour=Red&more=1004", "nope"],
    "/api/values/{name}": ["Colour", "Colour?q=red&Category=Footwear", "nope"],
    "/api/map": [
        "",
        "?zoom=1.5&x=0.25&y=1&across=4&down=20",
        "?zoom=99&x=-1&y=nan&across=1000&down=two",
        "?Colour=Red&Colour=Blue&q=shirt",
        "?Colour=Ultraviolet",
    ],
    "/api/index": [""],
}
POSTED = [
    {"json": {"id": 1003, "k": 3, "Colour": ["Red", "Blue"], "more": "1004"}},
    {"json": {"image_path": "1003.png"}},
    {"json": ["1003"]},
    {"json": {"id": "x" * 100_000}},
    {"data": {"id": "1003", "Colour": "Red"}},
    {"data": b"{", "content_type": "application/json"},
    {"files": photo_bytes(3)},
    {"files": photo_bytes(3), "data": {"crop": "0.25,0.25,0.5,0.5"}},
    {"files": photo_bytes(3), "data": {"crop": "0.9,0.9,0.5,0.5"}},
    {"files": photo_bytes(3)[:100]},
    {"files": b"words"},
    {"files": b"%PDF-1.7"},
    {"files": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"},
    {"files": b""},
    {"files": b"x" * (MAX_UPLOAD + 1)},
]


ONLY_POSTED = {
    "/fashion": [
        {"files": photo_bytes(3)},
        {"data": {"image": "words"}},
        {"json": {"image_path": "1003.png"}},
        {"files": b"words"},
        {"files": photo_bytes(3)[:100]},
        {"files": b"x" * (MAX_UPLOAD + 1)},
    ]
}


@pytest.fixture(scope="module")
def document(app):
    return app.test_client().get("/openapi.json").json


@pytest.fixture(scope="module")
def token(app):
    photo = {"image": (io.BytesIO(photo_bytes(3)), "photo.png")}
    answer = app.test_client().post("/search", data=photo)
    return answer.headers["Content-Location"].rpartition("/")[2]


def address(path, asked, token="nope"):
    return re.sub("{.*}", "", path) + asked.replace("TOKEN", token)


def problems(document, path, method, answer):
    """What an answer has that the document has not, or the other way round.

    Types of the document allow further keys, as clients must when some are added. Here
    none may be there that is not described.
    """
    responses = document["paths"][path][method]["responses"]
    assert str(answer.status_code) in responses, answer.json
    assert answer.mimetype == "application/json"
    components = copy.deepcopy(document["components"])
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    content = responses[str(answer.status_code)]["content"]["application/json"]
    validator = OAS31Validator({**content["schema"], "components": components})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer.json)]


def test_the_document_is_valid_openapi_3_1(document):
    validate(document)
    assert document["openapi"].startswith("3.1.")


def test_it_is_valid_without_an_index_and_with_facets_of_any_name(tmp_path):
    empty = create_app({"index": tmp_path / "none"}).test_client().get("/openapi.json").json
    validate(empty)
    assert empty["components"]["parameters"] == {}
    names = ("a b", "q", "ü/%", "<script>", "$ref", "{id}")
    odd = [product(n, facts=dict.fromkeys(names, "ab"[n % 2])) for n in range(6)]
    publish_products(tmp_path, random_unit_vectors(6), odd)
    full = create_app({"index": tmp_path}).test_client().get("/openapi.json").json
    validate(full)
    named = [parameter["name"] for parameter in full["components"]["parameters"].values()]
    assert named == [name for name in names if name != "q"]


def test_every_route_that_answers_json_is_in_it_and_nothing_else(app, document, token):
    """Asks every route of the app, with something in the place of what varies."""
    examples = {
        "product_id": "1003",
        "name": "Colour",
        "token": token,
        "number": 1,
        "filename": "icon.svg",
        "sha256": "0" * 64,
        "width": 400,
    }
    client, found = app.test_client(), set()
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            if "GET" not in rule.methods:
                continue
            values = {name: examples[name] for name in rule.arguments}
            answer = client.get(adapter.build(rule.endpoint, values), buffered=True)
            if answer.mimetype == "application/json":
                found.add(re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.rule))
    assert found == set(ASKED)
    assert set(document["paths"]) == set(ASKED) | set(ONLY_POSTED)


def test_every_route_of_the_api_is_described_but_the_page_that_shows_the_document(app, document):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    described = {
        operation["operationId"]
        for methods in document["paths"].values()
        for method, operation in methods.items()
        if method == "get"
    }
    assert {"post_fashion"} == {
        operation["operationId"]
        for path in ONLY_POSTED
        for operation in document["paths"][path].values()
    }
    programs = {endpoint for endpoint in endpoints if endpoint.startswith("api.")}
    assert {f"api.{name}" for name in described} == programs - {PAGE_OF_THE_DOCUMENT}


@pytest.mark.parametrize(("path", "asked"), [(p, a) for p, many in ASKED.items() for a in many])
def test_actual_answers_are_as_described(client, document, token, path, asked):
    answer = client.get(address(path, asked, token))
    assert problems(document, path, "get", answer) == []


POSTS = {"/get_similar": POSTED, **ONLY_POSTED}


@pytest.mark.parametrize(
    ("path", "posted"),
    [(path, posted) for path, many in POSTS.items() for posted in many],
    ids=lambda part: str(part)[:60],
)
def test_actual_answers_to_posts_are_as_described(client, document, path, posted):
    parts = dict(posted)
    if "files" in parts:
        photo = {"image": (io.BytesIO(parts.pop("files")), "photo.png")}
        parts["data"] = parts.get("data", {}) | photo
    answer = client.post(path, **parts)
    assert problems(document, path, "post", answer) == []


@pytest.mark.parametrize("path", ASKED)
def test_without_an_index_errors_are_as_described(tmp_path, path):
    client = create_app({"index": tmp_path / "none"}).test_client()
    answer = client.get(address(path, ASKED[path][0]))
    assert answer.status_code == (200 if path in ("/openapi.json", "/healthz") else 503)
    assert problems(client.get("/openapi.json").json, path, "get", answer) == []


def test_a_failure_inside_is_as_described(wardrobe, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("out of order")

    for function in ("gallery.similar.similar_to_product", "gallery.grid.folded"):
        monkeypatch.setattr(function, fail)
    client = create_app({"index": wardrobe.root, "page_size": PAGE_SIZE}).test_client()
    for path in ("/get_similar", "/api/products", "/api/products/{product_id}"):
        answer = client.get(address(path, ASKED[path][0]))
        assert answer.status_code == 500
        assert problems(client.get("/openapi.json").json, path, "get", answer) == []


def test_a_key_that_is_not_described_would_be_found(client, document):
    class Answer:
        status_code, mimetype = 200, "application/json"
        json = client.get("/healthz").json | {"mood": "fine"}

    assert "mood" in problems(document, "/healthz", "get", Answer)[0]


class TestErrors:
    def test_every_code_has_its_meaning_and_its_status(self, document):
        assert set(WHEN) == set(Code)
        described = document["components"]["schemas"]["Code"]
        assert described["enum"] == [str(code) for code in Code]
        for code, status in STATUSES.items():
            assert f"`{code}` ({status}): " in described["description"]

    def test_each_error_of_a_route_has_the_status_of_its_code(self, document):
        seen = set()
        for methods in document["paths"].values():
            for operation in methods.values():
                for status, response in operation["responses"].items():
                    schema = response["content"]["application/json"]["schema"]
                    for code in schema.get("properties", {}).get("code", {}).get("enum", ()):
                        assert STATUSES[Code(code)] == int(status)
                        seen.add(Code(code))
        assert seen == set(Code) - {Code.METHOD_NOT_ALLOWED}


class TestParameters:
    def test_every_parameter_of_get_similar_is_described_and_no_other(self, client, document):
        words = client.get("/get_similar?color=Red").json["error"]
        known = set(re.search(r"There are: (.*)\.$", words)[1].split(", "))
        form = document["paths"]["/get_similar"]["post"]["requestBody"]["content"]
        assert set(form["multipart/form-data"]["schema"]["properties"]) == known

    def test_facets_of_the_index_are_parameters(self, document):
        facets = document["components"]["parameters"].values()
        assert [facet["name"] for facet in facets] == [
            "Gender",
            "Category",
            "ProductType",
            "Colour",
        ]
        for path in ("/get_similar", "/api/products", "/api/values/{name}"):
            assert sum("$ref" in p for p in document["paths"][path]["get"]["parameters"]) == 4

    def test_the_commands_that_it_shows_work(self, client, document):
        """Each of them, but that its words are not run by a shell."""
        tried = set()
        for path, methods in document["paths"].items():
            for operation in methods.values():
                for sample in operation["x-codeSamples"]:
                    program, *options, url = shlex.split(sample["source"])
                    assert program == "curl"
                    assert url.startswith("http://localhost/")
                    url = url.removeprefix("http://localhost")
                    if not options:
                        answer = client.get(url)
                    elif options[0] == "-F":
                        photo = {"image": (io.BytesIO(photo_bytes(3)), "photo.jpg")}
                        answer = client.post(url, data=photo)
                    else:
                        answer = client.post(url, data=options[3], content_type="application/json")
                    assert answer.status_code == 200, sample
                    tried.add(path)
        assert tried == set(document["paths"]) - {"/api/photo/{token}"}

    def test_the_server_is_the_one_that_was_asked(self, client):
        answer = client.get("/openapi.json", base_url="https://shop.test/gallery").json
        assert answer["servers"] == [{"url": "https://shop.test/gallery"}]
        samples = answer["paths"]["/healthz"]["get"]["x-codeSamples"]
        assert samples[0]["source"] == "curl 'https://shop.test/gallery/healthz'"


class TestPage:
    def test_it_shows_every_route_parameter_type_and_error(self, client, document):
        page = client.get("/api").text
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                assert f'id="{operation["operationId"]}"' in page
                assert f"<h2><code>{method.upper()} {path}</code></h2>" in page
                for parameter in operation.get("parameters", ()):
                    if "name" in parameter:
                        assert f"<code>{parameter['name']}</code>" in page
        for name, schema in document["components"]["schemas"].items():
            assert f'<section id="{name}">' in page
            for field in schema.get("properties", ()):
                assert f"<code>{field}</code>" in page
        for code in Code:
            assert f"<code>{code}</code>" in page
        for target in re.findall(r'href="#([^"]+)"', page):
            assert f'id="{target}"' in page

    def test_its_own_scripts_and_styles_are_all_that_it_loads(self, client):
        page = client.get("/api").text
        loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', page)
        assert loaded
        assert all(url.startswith(("/", "#")) for url in loaded)

    def test_it_is_there_without_an_index(self, tmp_path):
        page = create_app({"index": tmp_path / "none"}).test_client().get("/api")
        assert page.status_code == 200
        assert "GET /get_similar" in page.text

    def test_markup_in_a_facet_stays_text(self, tmp_path):
        evil = "<script>alert(1)</script>`'"
        odd = [product(n, id=f"{evil}{n}", facts={evil: "ab"[n % 2]}) for n in range(6)]
        publish_products(tmp_path, random_unit_vectors(6), odd)
        client = create_app({"index": tmp_path}).test_client()
        assert "<script>alert" not in client.get("/api").text
        assert (
            client.get("/openapi.json").json["components"]["parameters"]["facet-1"]["name"] == evil
        )
