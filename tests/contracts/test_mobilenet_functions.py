"""One moves here from the older MobileNet and Annoy functions: their calls, our package."""

from __future__ import annotations

from tests.contracts.test_resnet_faiss_class import run
from tests.drawings import photo_bytes

SCRIPT = """
from PIL import Image
from vitrine import build_index, find_similar_images, preprocess_image

IMAGE_DIR = "images"

build_index(IMAGE_DIR)
print(preprocess_image("query.png").shape[0])

similar_images = find_similar_images("query.png", top_k=5)
for path in similar_images:
    with Image.open(path) as image:
        print(path, image.size, round(path.score, 4))
"""
"""As the older program's own introduction has it, and then what its callers do."""


def test_their_script_runs_as_it_is_and_again_without_building(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for number, name in enumerate(["a.png", "b.PNG", "gone.png", "d.png", "e.png", "f.Png"]):
        (images / name).write_bytes(photo_bytes(number))
    (images / "gone.png").unlink()
    (tmp_path / "query.png").write_bytes(photo_bytes(5))
    lines = run(SCRIPT, tmp_path).stdout.splitlines()
    assert lines[0] == "1"
    assert lines[1] == "images/f.Png (96, 128) 1.0"
    assert len(lines) == 1 + 5
    later = 'from vitrine import find_similar_images; print(find_similar_images("query.png", 1))'
    assert "f.Png" in run(later, tmp_path).stdout
