"""Photos that wait for the encoder together are embedded together, each answered by itself."""

from __future__ import annotations

import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from app import create_app
from gallery.batching import Batches, PreparedPhoto
from gallery.refusals import Refusal
from gallery.uploads import PHOTOS_IN_MEMORY, UploadEncoder
from tests.drawings import photo_bytes, picture
from tests.gallery.test_uploads import upload
from vitrine import index_encoder
from vitrine.encoders.base import EncoderError
from vitrine.encoders.handcrafted import HandcraftedEncoder
from vitrine.photos import Photo
from vitrine.settings import Settings
from vitrine.snapshot import EncoderFacts

PATIENCE = 20
MOST = 6
FACTS = EncoderFacts(name="handcrafted", fingerprint=HandcraftedEncoder().fingerprint)


class Noting(HandcraftedEncoder):
    """Notes how many photos it is given at a time; refuses all of a batch with one that is bad."""

    def __init__(self, batch_size=16):
        super().__init__()
        self.batch_size = batch_size
        self.batches = []
        self.bad = []
        self.may_encode = threading.Event()
        self.may_encode.set()

    def encode(self, prepared):
        self.batches.append(len(prepared))
        assert self.may_encode.wait(PATIENCE)
        if any(photo is bad for photo in prepared for bad in self.bad):
            raise RuntimeError("a bad photo")
        return super().encode(prepared)

    def prepared(self, number):
        return PreparedPhoto(self, self.prepare(picture(number)))

    def alone(self, number):
        return HandcraftedEncoder().encode([self.prepare(picture(number))])[0]


class Thread(ThreadPoolExecutor):
    """The encoder's, which is busy until told, so that whatever is asked meanwhile waits."""

    def __init__(self):
        super().__init__(max_workers=1)
        self.asked = threading.Semaphore(0)
        self.is_free = threading.Event()
        self.submit(self.is_free.wait, PATIENCE)

    def submit(self, fn, /, *args, **kwargs):
        future = super().submit(fn, *args, **kwargs)
        self.asked.release()
        return future


@pytest.fixture
def thread():
    with Thread() as thread:
        yield thread
        thread.is_free.set()


@pytest.fixture
def ask(thread):
    """Ask for a photo's vector, as a person of one's own; returns once it waits."""
    batches = Batches(thread, MOST)
    with ThreadPoolExecutor(16) as people:

        def ask(photo):
            while thread.asked.acquire(blocking=False):
                pass
            vector = people.submit(batches.vector, photo)
            assert thread.asked.acquire(timeout=PATIENCE)
            return vector

        yield ask
        thread.is_free.set()


def test_photos_that_wait_are_embedded_together_and_each_gets_its_own_vector(thread, ask):
    encoder = Noting()
    vectors = [ask(encoder.prepared(number)) for number in range(5)]
    thread.is_free.set()
    for number, vector in enumerate(vectors):
        assert np.array_equal(vector.result(PATIENCE), encoder.alone(number))
    assert encoder.batches == [5]


def test_a_lone_photo_waits_for_no_other(thread, ask):
    encoder = Noting()
    thread.is_free.set()
    for number in range(3):
        assert len(ask(encoder.prepared(number)).result(PATIENCE)) == encoder.dimension
    assert encoder.batches == [1, 1, 1]


def test_those_that_come_while_some_are_embedded_are_the_next_batch(thread, ask):
    encoder = Noting()
    encoder.may_encode.clear()
    vectors = [ask(encoder.prepared(0))]
    thread.is_free.set()
    while not encoder.batches:
        time.sleep(0.01)
    vectors += [ask(encoder.prepared(number)) for number in (1, 2, 3)]
    encoder.may_encode.set()
    for number, vector in enumerate(vectors):
        assert np.array_equal(vector.result(PATIENCE), encoder.alone(number))
    assert encoder.batches == [1, 3]


def test_a_batch_is_no_larger_than_it_may_be_and_the_encoder_likes(thread, ask):
    encoders = Noting(batch_size=2), Noting(batch_size=MOST + 1)
    vectors = [ask(encoders[0].prepared(number)) for number in range(5)]
    vectors += [ask(encoders[1].prepared(number)) for number in range(5, 6 + MOST)]
    thread.is_free.set()
    for number, vector in enumerate(vectors):
        assert np.array_equal(vector.result(PATIENCE), encoders[0].alone(number))
    assert [encoder.batches for encoder in encoders] == [[2, 2, 1], [MOST, 1]]


def test_photos_of_two_encoders_are_never_in_one_batch(thread, ask):
    encoders = Noting(), Noting()
    vectors = [ask(encoders[number % 2].prepared(number)) for number in range(5)]
    thread.is_free.set()
    for number, vector in enumerate(vectors):
        assert np.array_equal(vector.result(PATIENCE), encoders[0].alone(number))
    assert [encoder.batches for encoder in encoders] == [[3], [2]]


@pytest.mark.parametrize("place", range(3))
def test_a_photo_that_cannot_be_embedded_fails_by_itself(thread, ask, place):
    encoder = Noting()
    photos = [encoder.prepared(number) for number in range(3)]
    encoder.bad = [photos[place].input]
    vectors = [ask(photo) for photo in photos]
    thread.is_free.set()
    for number, vector in enumerate(vectors):
        if number == place:
            with pytest.raises(RuntimeError, match="a bad photo"):
                vector.result(PATIENCE)
        else:
            assert np.array_equal(vector.result(PATIENCE), encoder.alone(number))


def test_an_encoder_that_fails_is_told_to_each(thread, ask):
    encoder = Noting()
    photos = [encoder.prepared(number) for number in range(3)]
    encoder.bad = [photo.input for photo in photos]
    vectors = [ask(photo) for photo in photos]
    thread.is_free.set()
    for vector in vectors:
        with pytest.raises(RuntimeError, match="a bad photo"):
            vector.result(PATIENCE)
    assert np.array_equal(ask(encoder.prepared(7)).result(PATIENCE), encoder.alone(7))


def test_words_wait_for_no_photo_that_came_after_them(thread, ask):
    encoder = Noting(batch_size=2)
    for number in range(2):
        ask(encoder.prepared(number))
    words = thread.submit(lambda: list(encoder.batches))
    others = [ask(encoder.prepared(number)) for number in range(2, 9)]
    thread.is_free.set()
    assert words.result(PATIENCE) == [2]
    assert all(len(other.result(PATIENCE)) for other in others)


def photo_of(number):
    image = picture(number)
    return Photo(image, image.width, image.height, "PNG")


def test_a_photo_is_embedded_by_what_it_was_prepared_for_whatever_is_loaded_since():
    loaded = []

    def load(facts):
        loaded.append(facts.name)
        return encoders[facts.name]

    encoders = {"handcrafted": Noting(), "other": Noting()}
    other = FACTS.model_copy(update={"name": "other"})
    uploads = UploadEncoder(load)
    before = uploads.prepared(photo_of(1), FACTS)
    after = uploads.prepared(photo_of(2), other)
    assert np.array_equal(uploads.vector(before), encoders["handcrafted"].alone(1))
    assert np.array_equal(uploads.vector(after), encoders["other"].alone(2))
    assert [encoder.batches for encoder in encoders.values()] == [[1], [1]]
    assert loaded == ["handcrafted", "other"]


def test_all_who_wait_are_refused_by_one_attempt_to_load():
    attempts = []

    def load(facts):
        attempts.append(facts)
        time.sleep(0.2)
        raise EncoderError("no network")

    uploads = UploadEncoder(load)
    with ThreadPoolExecutor(16) as people:
        asked = [people.submit(uploads.prepared, photo_of(number), FACTS) for number in range(4)]
        for each in asked:
            with pytest.raises(Refusal, match="encoder_unavailable"):
                each.result(PATIENCE)
    assert attempts == [FACTS]


def test_whole_photos_are_in_memory_only_until_they_are_prepared(wardrobe, monkeypatch):
    encoder = Noting()
    encoder.may_encode.clear()
    monkeypatch.setattr(index_encoder, "load_encoder", lambda name: encoder)
    prepare = encoder.prepare
    images: list[weakref.ref[Image.Image]] = []
    whole: list[int] = []

    def in_memory():
        return sum(image() is not None for image in images)

    def noting(image):
        images.append(weakref.ref(image))
        whole.append(in_memory())
        return prepare(image)

    monkeypatch.setattr(Noting, "prepare", property(lambda _: noting))
    app = create_app({"index": wardrobe.root})
    people = PHOTOS_IN_MEMORY + Settings().encoder_queue
    with ThreadPoolExecutor(people) as pool:
        asked = [pool.submit(upload, app.test_client(), photo_bytes(n)) for n in range(people)]
        until = time.monotonic() + PATIENCE
        while (len(images) < people or in_memory()) and time.monotonic() < until:
            time.sleep(0.01)
        waiting = len(images) - in_memory()
        encoder.may_encode.set()
        answers = [each.result() for each in asked]
    assert waiting == people
    assert max(whole) <= PHOTOS_IN_MEMORY
    assert [answer.status_code for answer in answers] == [200] * people
    assert sum(encoder.batches) == people
