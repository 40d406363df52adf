"""What a photo query is made of: a stranger's URL, a part of a photo, a preview, the encoder."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image

from gallery import uploads
from gallery.refusals import STATUSES, UPLOAD_FAILURES, Code, Refusal, words_of
from gallery.uploads import (
    LEAST_CROP,
    Crop,
    UploadEncoder,
    cropped,
    fetched_photo,
    preview_of,
    read_crop,
    uploaded_photo,
)
from tests.drawings import photo_bytes, picture
from tests.photo_server import LOOPBACK, PhotoServer, Reply, redirect
from vitrine.encoders.registry import load_encoder
from vitrine.photos import Photo
from vitrine.settings import Settings
from vitrine.snapshot import EncoderFacts

OPEN = Settings(url_queries=True, max_upload_bytes=100_000)


def refusal(call, *arguments) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call(*arguments)
    return caught.value


class TestURL:
    @pytest.fixture(autouse=True)
    def hurried(self, monkeypatch):
        monkeypatch.setattr(uploads, "REFUSED_AFTER_SECONDS", 0.0)

    def test_a_photo_is_fetched(self, photo_server: PhotoServer):
        photo_server.replies["/a.png"] = Reply(photo_bytes(1))
        body = fetched_photo(photo_server.url("/a.png"), OPEN, LOOPBACK)
        assert body == photo_bytes(1)
        assert uploaded_photo(body, OPEN.max_upload_bytes).format == "PNG"

    def test_an_address_may_have_blanks_around_it(self, photo_server: PhotoServer):
        photo_server.replies["/a.png"] = Reply(photo_bytes(1))
        assert fetched_photo(f" {photo_server.url('/a.png')}\r\n", OPEN, LOOPBACK)

    def test_it_is_off_unless_the_owner_allows_it(self, photo_server: PhotoServer):
        assert Settings().url_queries is False
        error = refusal(fetched_photo, photo_server.url("/a.png"), Settings(), LOOPBACK)
        assert (error.refusal_code, error.code) == (Code.URL_NOT_IN_CATALOGUE, 403)
        assert photo_server.connections == 0

    def test_every_failure_has_one_answer_and_its_cause_in_the_log(
        self, photo_server: PhotoServer, caplog, tmp_path
    ):
        (tmp_path / "secret.png").write_bytes(photo_bytes(1))
        photo_server.replies |= {
            "/error.png": Reply(b"", 500),
            "/large.png": Reply(bytes(OPEN.max_upload_bytes + 1)),
            "/page.png": Reply(b"<html>", content_type="text/html"),
            "/away.png": redirect("file:///etc/passwd"),
            "/round.png": redirect("/round.png"),
            "/short.png": Reply(content_length=10**5, cut_after=10),
        }
        causes = {
            photo_server.url("/404"): "http_404",
            photo_server.url("/error.png"): "http_5xx",
            photo_server.url("/large.png"): "too_large",
            photo_server.url("/page.png"): "not_an_image",
            photo_server.url("/away.png"): "bad_url",
            photo_server.url("/round.png"): "too_many_redirects",
            photo_server.url("/short.png"): "truncated",
            "http://127.0.0.1:1/": "connect",
            f"http://{'x' * 70}.example/": "dns",
            str(tmp_path / "secret.png"): "bad_url",
            (tmp_path / "secret.png").as_uri(): "bad_url",
            "data:image/png;base64,AAAA": "bad_url",
            "": "bad_url",
            "http://good.example/\x00": "bad_url",
            "http://good.example/" + "a" * 5000: "bad_url",
        }
        for url, cause in causes.items():
            caplog.clear()
            error = refusal(fetched_photo, url, OPEN, LOOPBACK)
            assert (error.refusal_code, error.code) == (Code.URL_NOT_FETCHED, 422)
            assert words_of(error) == (
                "The photo at this address could not be had. Save it and upload it instead."
            )
            assert len(caplog.records) == 1
            assert f"refused: {cause}: " in caplog.text, url
            assert len(caplog.text) < 1000

    def test_by_default_a_private_address_is_refused_and_not_connected_to(
        self, photo_server: PhotoServer, caplog
    ):
        error = refusal(fetched_photo, "http://127.0.0.1/a.png", OPEN)
        assert error.refusal_code is Code.URL_NOT_FETCHED
        assert "private_address: " in caplog.text
        refusal(fetched_photo, photo_server.url("/a.png"), OPEN)
        assert photo_server.connections == 0

    def test_a_failure_is_asked_for_once(self, photo_server: PhotoServer):
        photo_server.replies["/a.png"] = Reply(b"", 503, headers={"Retry-After": "1"})
        refusal(fetched_photo, photo_server.url("/a.png"), OPEN, LOOPBACK)
        assert photo_server.counts["/a.png"] == 1

    def test_what_one_photos_host_asks_for_does_not_hold_for_the_next(
        self, photo_server: PhotoServer
    ):
        photo_server.replies["/busy.png"] = Reply(b"", 429, headers={"Retry-After": "3600"})
        photo_server.replies["/a.png"] = Reply(photo_bytes(1))
        refusal(fetched_photo, photo_server.url("/busy.png"), OPEN, LOOPBACK)
        assert fetched_photo(photo_server.url("/a.png"), OPEN, LOOPBACK) == photo_bytes(1)

    def test_a_slow_host_costs_no_more_than_the_deadline(
        self, photo_server: PhotoServer, monkeypatch
    ):
        monkeypatch.setattr(uploads, "FETCH_SECONDS", 0.3)
        photo_server.replies["/a.png"] = Reply(drip_body_s=0.05)
        began = time.monotonic()
        refusal(fetched_photo, photo_server.url("/a.png"), OPEN, LOOPBACK)
        assert time.monotonic() - began < 10

    def test_slow_hosts_hold_a_few_threads_and_the_rest_are_refused_at_once(
        self, photo_server: PhotoServer, monkeypatch, caplog
    ):
        monkeypatch.setattr(uploads, "FETCH_SECONDS", 3)
        photo_server.replies["/slow.png"] = Reply(delay_s=30)
        photo_server.replies["/a.png"] = Reply(photo_bytes(1))
        slow = photo_server.url("/slow.png")
        threads = [
            threading.Thread(target=refusal, args=[fetched_photo, slow, OPEN, LOOPBACK])
            for _ in range(uploads.FETCHES)
        ]
        for thread in threads:
            thread.start()
        while photo_server.counts["/slow.png"] < uploads.FETCHES:
            time.sleep(0.01)
        error = refusal(fetched_photo, photo_server.url("/a.png"), OPEN, LOOPBACK)
        assert all(thread.is_alive() for thread in threads)
        assert error.refusal_code is Code.URL_NOT_FETCHED
        assert "others are being fetched" in caplog.text
        for thread in threads:
            thread.join()
        assert fetched_photo(photo_server.url("/a.png"), OPEN, LOOPBACK)


def test_a_private_name_takes_as_long_to_refuse_as_one_that_does_not_exist(monkeypatch):
    def look_up(host, port, *_, **__):
        if host == "wiki.example":
            time.sleep(0.4)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    taken = {}
    for host in ("wiki.example", "nowhere.example"):
        began = time.monotonic()
        refusal(fetched_photo, f"http://{host}/a.png", OPEN)
        taken[host] = time.monotonic() - began
    assert min(taken.values()) >= uploads.REFUSED_AFTER_SECONDS
    assert abs(taken["wiki.example"] - taken["nowhere.example"]) < 0.2


class TestCrop:
    @pytest.mark.parametrize(
        ("text", "crop"),
        [
            (None, None),
            ("", None),
            ("0,0,1,1", Crop(0, 0, 1, 1)),
            ("0.25,0.5,0.5,0.25", Crop(0.25, 0.5, 0.5, 0.25)),
            ("0.3333,0.6667,0.6667,0.3334", Crop(0.3333, 0.6667, 0.6667, 0.3334)),
            ("1e-7, .5, .25, .5", Crop(1e-7, 0.5, 0.25, 0.5)),
        ],
    )
    def test_it_is_read(self, text, crop):
        assert read_crop(text) == crop

    @pytest.mark.parametrize(
        "text",
        [
            " ",
            "all",
            "0,0,1",
            "0,0,1,1,1",
            "0,0,,1",
            "0;0;1;1",
            "-0.1,0,0.5,0.5",
            "0,-0.1,0.5,0.5",
            "0,0,0,1",
            "0,0,1,0",
            "0,0,-0.5,-0.5",
            "0.6,0,0.5,0.5",
            "0,0.6,0.5,0.5",
            "1,0,0.1,0.1",
            "0,0,2,2",
            "10,10,100,100",
            "nan,0,1,1",
            "0,0,nan,1",
            "0,0,1,nan",
            "inf,0,1,1",
            "0,0,inf,1",
            "-inf,0,inf,1",
            "0,0,1e400,1",
            "0," * 10_000,
            "9" * 10_000 + ",0,1,1",
        ],
    )
    def test_nonsense_is_refused(self, text):
        error = refusal(read_crop, text)
        assert (error.refusal_code, error.code) == (Code.BAD_CROP, 400)
        assert words_of(error)

    def test_the_part_is_the_one_that_was_asked_for(self):
        image = Image.new("RGB", (200, 100), "white")
        image.paste("red", (50, 20, 150, 60))
        part = cropped(Photo(image, 200, 100, "PNG"), Crop(0.25, 0.2, 0.5, 0.4))
        assert (part.width, part.height) == part.image.size == (100, 40)
        assert part.image.getcolors() == [(4000, (255, 0, 0))]

    def test_the_whole_is_the_photo_itself(self):
        photo = uploaded_photo(photo_bytes(3), 10**6)
        part = cropped(photo, Crop(0, 0, 1, 1))
        assert np.array_equal(np.asarray(part.image), np.asarray(photo.image))
        assert (part.width, part.height) == (photo.width, photo.height)

    def test_the_part_of_a_photo_that_was_scaled_down_remembers_the_originals_pixels(self):
        part = cropped(Photo(Image.new("RGB", (1000, 750)), 4000, 3000, "JPEG"), Crop(0, 0, 0.5, 1))
        assert part.image.size == (500, 750)
        assert (part.width, part.height) == (2000, 3000)

    def test_the_part_of_a_photo_held_sideways_is_of_the_upright_one(self):
        image = Image.new("RGB", (300, 200), "white")
        image.paste("red", (0, 0, 150, 200))  # upright, after a turn to the right: the upper half
        exif = Image.Exif()
        exif[0x0112] = 6
        file = io.BytesIO()
        image.save(file, "PNG", exif=exif)
        photo = uploaded_photo(file.getvalue(), 10**6)
        upper = cropped(photo, Crop(0, 0, 1, 0.5))
        assert upper.image.size == (200, 150)
        assert upper.image.getcolors() == [(30_000, (255, 0, 0))]

    @pytest.mark.parametrize(
        "crop", [Crop(0, 0, 0.07, 1), Crop(0, 0, 1, 0.07), Crop(0.999, 0.999, 0.001, 0.001)]
    )
    def test_a_few_pixels_are_refused(self, crop):
        error = refusal(cropped, Photo(Image.new("RGB", (200, 200)), 200, 200, "PNG"), crop)
        assert (error.refusal_code, error.code) == (Code.BAD_CROP, 400)

    def test_the_least_part_is_taken(self):
        share = LEAST_CROP / 200
        photo = Photo(Image.new("RGB", (200, 200)), 200, 200, "PNG")
        part = cropped(photo, Crop(1 - share, 1 - share, share, share))
        assert part.image.size == (LEAST_CROP, LEAST_CROP)

    def test_a_tiny_photo_may_be_taken_whole(self):
        photo = Photo(Image.new("RGB", (3, 400)), 3, 400, "PNG")
        assert cropped(photo, Crop(0, 0.5, 1, 0.5)).image.size == (3, 200)

    def test_its_vector_is_that_of_the_part_saved_as_a_photo_of_its_own(self):
        encoder = load_encoder("handcrafted")
        facts = EncoderFacts(name="handcrafted", fingerprint=encoder.fingerprint)
        drawn = picture(5, (480, 640))
        whole = Photo(drawn, 480, 640, "PNG")
        own = Photo(drawn.crop((120, 160, 360, 480)), 240, 320, "PNG")
        uploaded = UploadEncoder(lambda facts: load_encoder(facts.name))
        vectors = [
            uploaded.vector(uploaded.prepared(photo, facts))
            for photo in (cropped(whole, Crop(0.25, 0.25, 0.5, 0.5)), own, whole)
        ]
        assert np.allclose(vectors[0], vectors[1], atol=1e-6)
        assert vectors[0] @ vectors[2] < 0.999


class TestPreview:
    @pytest.mark.parametrize(
        ("size", "shown"), [((3000, 1500), (640, 320)), ((48, 32), (48, 32)), ((1, 9000), (1, 640))]
    )
    def test_it_is_a_small_webp(self, size, shown):
        photo = Photo(Image.new("RGB", size, "red"), size[0], size[1], "PNG")
        with Image.open(io.BytesIO(preview_of(photo))) as preview:
            assert (preview.format, preview.size) == ("WEBP", shown)
        assert photo.image.size == size

    def test_a_large_photo_is_not_copied_for_it(self):
        code = """if True:
            import resource
            from PIL import Image
            from gallery.uploads import preview_of
            from vitrine.photos import Photo
            preview_of(Photo(Image.new("RGB", (2000, 1000), "blue"), 2000, 1000, "PNG"))
            image = Image.new("RGB", (6000, 6000), "red")
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            preview_of(Photo(image, 6000, 6000, "PNG"))
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        """
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert int(done.stdout) < 60_000  # kB; the photo has 140,000

    def test_it_tells_nothing_of_place_or_camera(self):
        exif = Image.Exif()
        exif[0x010F] = "SECRETCAMERA"
        file = io.BytesIO()
        picture(1).save(file, "JPEG", exif=exif)
        preview = preview_of(uploaded_photo(file.getvalue(), 10**6))
        assert b"SECRET" not in preview
        assert b"EXIF" not in preview


class TestReadiness:
    def test_it_is_ready_once_the_indexs_own_encoder_is_loaded(self):
        encoder = load_encoder("handcrafted")
        facts = EncoderFacts(name="handcrafted", fingerprint=encoder.fingerprint)
        loading = threading.Event()

        def load(facts):
            loading.wait(5)
            return encoder

        uploaded = UploadEncoder(load)
        photo = uploaded_photo(photo_bytes(1), 10**6)
        asking = threading.Thread(target=uploaded.prepared, args=[photo, facts])
        assert not uploaded.is_ready(facts)
        asking.start()
        assert not uploaded.is_ready(facts)
        loading.set()
        asking.join()
        assert uploaded.is_ready(facts)

    def test_it_is_not_ready_for_an_index_of_another_encoder(self):
        encoder = load_encoder("handcrafted")
        uploaded = UploadEncoder(lambda facts: encoder)
        facts = EncoderFacts(name="handcrafted", fingerprint=encoder.fingerprint)
        photo = uploaded_photo(photo_bytes(1), 10**6)
        uploaded.prepared(photo, facts)
        assert not uploaded.is_ready(EncoderFacts(name="other", fingerprint="0" * 64))
        changed = EncoderFacts(name="handcrafted", fingerprint="0" * 64)
        refusal(uploaded.prepared, photo, changed)
        assert not uploaded.is_ready(changed)


def test_a_heic_photo_is_refused_with_what_to_do_about_it():
    heic = b"\0\0\0\x20ftypheic\0\0\0\0mif1MiHBmiafheic" + bytes(200)
    error = refusal(uploaded_photo, heic, 10**6)
    assert (error.refusal_code, error.code) == (Code.HEIC, 415)
    assert words_of(error) == (
        "HEIC photos can't be read here. Set the camera to “Most Compatible”, or save the "
        "photo as JPEG, and try again."
    )


@pytest.mark.parametrize("failure", UPLOAD_FAILURES)
def test_every_failure_to_decode_has_a_code_of_the_same_name(failure):
    assert Code(failure.value) in STATUSES
