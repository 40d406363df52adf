"""Who is let in, by which name, and how often: names, proxies, and searches that cost much."""

from __future__ import annotations

import io
import logging.config
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from pydantic import ValidationError

from app import create_app
from gallery import context
from gallery.uploads import PHOTOS_IN_MEMORY
from tests.drawings import photo_bytes
from tests.gallery.conftest import PAGE_SIZE, fetching_app
from vitrine.settings import Settings

PROXY = "10.1.2.3"
HSTS = "Strict-Transport-Security"


def client_of(folder, **settings):
    return create_app({"index": folder.root, "page_size": PAGE_SIZE, **settings}).test_client()


def upload(client, path="/get_similar", peer="203.0.113.5", **headers):
    return client.post(
        path,
        data={"image": (io.BytesIO(photo_bytes(3)), "a.png")},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        environ_base={"REMOTE_ADDR": peer},
    )


@pytest.fixture(scope="module")
def named(wardrobe):
    return client_of(wardrobe, trusted_hosts="shop.test, .example.org  www.test")


@pytest.fixture(scope="module")
def behind(wardrobe):
    return client_of(wardrobe, proxy=PROXY, hsts_seconds=3600, client_searches=0)


class TestNames:
    @pytest.mark.parametrize("host", ["shop.test", "shop.test:8080", "a.example.org", "www.test"])
    def test_a_name_that_is_listed_is_answered(self, named, host):
        assert named.get("/", headers={"Host": host}).status_code == 200

    @pytest.mark.parametrize("host", ["evil.test", "shop.test.evil.test", "localhost", "127.0.0.1"])
    @pytest.mark.parametrize("path", ["/", "/get_similar?id=1003", "/sitemap.xml", "/nowhere"])
    def test_any_other_is_refused_with_all_headers(self, named, host, path):
        answer = named.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert answer.json["code"] == "bad_request"
        assert "Content-Security-Policy" in answer.headers
        assert host not in answer.text

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("trusted_hosts", "https://shop.test"),
            ("trusted_hosts", "*.shop.test"),
            ("trusted_hosts", "a/b"),
            ("proxy", "nginx"),
            ("metrics", "9464"),
            ("metrics", "localhost:http"),
        ],
    )
    def test_a_setting_that_could_not_work_is_refused(self, setting, value):
        with pytest.raises(ValidationError, match=setting):
            Settings(**{setting: value})


class TestProxies:
    """What only the owner's proxy may say of others."""

    def get(self, client, peer, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.get("/get_similar?id=1003", headers=named, environ_base={"REMOTE_ADDR": peer})

    def test_the_proxy_says_by_which_address_the_gallery_is_reached(self, behind):
        answer = self.get(behind, PROXY, X_Forwarded_Proto="https", X_Forwarded_Host="shop.test")
        assert answer.json["similar_images"][0].startswith("https://shop.test/")

    @pytest.mark.parametrize("settings", [{}, {"proxy": PROXY}])
    def test_nobody_else_does(self, wardrobe, settings):
        answer = self.get(
            client_of(wardrobe, hsts_seconds=3600, **settings),
            "203.0.113.5",
            X_Forwarded_Proto="https",
            X_Forwarded_Host="evil.test",
            Forwarded="for=1.2.3.4;host=evil.test;proto=https",
            X_Forwarded_Port="444",
        )
        assert answer.json["similar_images"][0].startswith("http://localhost/")
        assert HSTS not in answer.headers

    def test_browsers_keep_to_tls_once_they_came_over_it(self, behind):
        assert self.get(behind, PROXY, X_Forwarded_Proto="https").headers[HSTS] == "max-age=3600"
        assert HSTS not in self.get(behind, PROXY, X_Forwarded_Proto="http").headers

    def test_nothing_is_said_of_tls_unless_the_owner_wants_it(self, wardrobe):
        client = client_of(wardrobe, proxy=PROXY)
        assert HSTS not in self.get(client, PROXY, X_Forwarded_Proto="https").headers

    @pytest.mark.parametrize(
        "malformed", [{"X_Forwarded_For": '"1.2.3.4'}, {"X_Forwarded_Proto": "gopher"}]
    )
    def test_what_a_proxy_passes_on_malformed_is_refused_like_all_else(
        self, behind, malformed, caplog
    ):
        logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
        answer = self.get(behind, PROXY, **malformed)
        assert answer.status_code == 400
        assert answer.json["code"] == "bad_request"
        assert "Content-Security-Policy" in answer.headers
        assert PROXY not in caplog.text

    def test_an_owner_who_forgot_to_name_the_proxy_is_told_once(self, wardrobe, caplog):
        client = client_of(wardrobe)
        for _ in range(3):
            self.get(client, PROXY, X_Forwarded_For="203.0.113.5")
        assert caplog.text.count("set VITRINE_PROXY to its address") == 1
        assert "203.0.113.5" not in caplog.text
        caplog.clear()
        self.get(client_of(wardrobe, proxy=PROXY), PROXY, X_Forwarded_For="203.0.113.5")
        assert caplog.text == ""


class TestRates:
    def test_a_client_that_searches_by_photo_too_often_is_told_when_to_come_back(self, wardrobe):
        client = client_of(wardrobe, client_searches=2)
        assert [upload(client).status_code for _ in range(2)] == [200, 200]
        refused = upload(client)
        assert refused.status_code == 429
        assert refused.json["code"] == "too_many_searches"
        seconds = int(refused.headers["Retry-After"])
        assert 1 <= seconds <= 60
        assert f"in {seconds} seconds" in refused.json["error"]
        page = upload(client, "/search")
        assert (page.status_code, page.mimetype) == (429, "text/html")
        assert 1 <= int(page.headers["Retry-After"]) <= 60
        for answer in (refused, page):
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert upload(client, "/fashion").status_code == 429

    def test_others_are_answered_and_clicks_never_counted(self, wardrobe):
        client = client_of(wardrobe, client_searches=1)
        assert [upload(client).status_code for _ in range(2)] == [200, 429]
        assert upload(client, peer="203.0.113.6").status_code == 200
        here = {"REMOTE_ADDR": "203.0.113.5"}
        for path in ("/get_similar?id=1003", "/", "/item/1003") * 5:
            assert client.get(path, environ_base=here).status_code == 200

    def test_whoever_comes_back_when_told_is_answered(self, wardrobe, monkeypatch):
        client = client_of(wardrobe, client_searches=3)
        *_, refused = [upload(client) for _ in range(4)]
        assert refused.status_code == 429
        later = time.time() + int(refused.headers["Retry-After"])
        monkeypatch.setattr(time, "time", lambda: later)
        assert upload(client).status_code == 200

    @pytest.mark.parametrize("settings", [{}, {"proxy": PROXY}])
    def test_an_invented_address_evades_no_limit(self, wardrobe, settings):
        client = client_of(wardrobe, client_searches=1, **settings)
        found = [
            upload(client, X_Forwarded_For=f"198.51.100.{n}", Forwarded=f"for=192.0.2.{n}")
            for n in range(3)
        ]
        assert [answer.status_code for answer in found] == [200, 429, 429]

    def test_what_a_client_tells_the_proxy_evades_none_either(self, wardrobe):
        """The proxy adds the client's own address to those that the client has invented."""
        client = client_of(wardrobe, client_searches=1, proxy=PROXY)

        def by(invented, address):
            return upload(client, peer=PROXY, X_Forwarded_For=f"{invented}, {address}").status_code

        assert by("198.51.100.1", "203.0.113.5") == 200
        assert by("198.51.100.2", "203.0.113.5") == 429
        assert by("198.51.100.2", "203.0.113.6") == 200

    def test_all_addresses_of_one_ipv6_network_are_one_client(self, wardrobe):
        client = client_of(wardrobe, client_searches=1)
        peers = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "::ffff:1.2.3.4"]
        found = [upload(client, peer=peer).status_code for peer in (*peers, "1.2.3.4")]
        assert found == [200, 429, 200, 200, 429]

    def test_all_together_have_a_limit_too_which_costs_nobody_their_own(self, wardrobe):
        client = client_of(wardrobe, client_searches=2, all_searches=2)
        peers = [f"203.0.113.{n}" for n in range(4)]
        assert [upload(client, peer=p).status_code for p in peers] == [200, 200, 429, 429]

    def test_zero_is_no_limit(self, wardrobe):
        client = client_of(wardrobe, client_searches=0, all_searches=0)
        assert {upload(client).status_code for _ in range(5)} == {200}

    def test_a_photo_that_is_none_counts_and_a_question_that_is_none_does_not(self, wardrobe):
        client = client_of(wardrobe, client_searches=1)
        for _ in range(3):
            assert upload(client, "/get_similar?k=0").status_code == 400
        here = {"REMOTE_ADDR": "203.0.113.5"}
        broken = {"image": (io.BytesIO(b"no photo"), "a.png")}
        assert client.post("/get_similar", data=broken, environ_base=here).status_code == 415
        assert upload(client).status_code == 429

    def test_urls_are_not_fetched_for_whoever_asks_too_often(self, wardrobe, monkeypatch):
        monkeypatch.setenv("VITRINE_CLIENT_SEARCHES", "1")
        client = fetching_app(wardrobe).test_client()
        asked = []
        monkeypatch.setattr(
            "gallery.api.fetched_photo", lambda *a: asked.append(1) or photo_bytes(3)
        )
        url = "/get_similar?image_path=http://elsewhere.test/a.jpg"
        assert [client.get(url).status_code for _ in range(3)] == [200, 429, 429]
        assert asked == [1]

    def test_words_that_are_new_count_and_those_remembered_do_not(self, reading):
        client = client_of(reading.folder, client_searches=1)
        for _ in range(3):
            assert client.get("/get_similar?text=red dress").status_code == 200
            assert client.get("/?scope=photos&q=red dress").status_code == 200
        assert client.get("/get_similar?text=blue shoes").status_code == 429
        page = client.get("/?scope=photos&q=blue shoes")
        assert page.status_code == 200
        assert "searched for in titles and facts instead" in page.text


class TestQueue:
    def test_whoever_finds_it_full_is_told_so_and_clicks_are_answered(self, wardrobe, monkeypatch):
        client = client_of(wardrobe, encoder_queue=1)
        gallery = client.application.extensions[context.EXTENSION]
        done = threading.Event()
        vector = gallery.uploads.vector
        monkeypatch.setattr(
            gallery.uploads, "vector", lambda *photo: done.wait(20) and vector(*photo)
        )
        most = PHOTOS_IN_MEMORY + 1
        with ThreadPoolExecutor(most) as people:
            asked = [
                people.submit(upload, client.application.test_client(), peer=f"203.0.113.{n}")
                for n in range(most)
            ]
            while gallery.admission.at_work < most:
                time.sleep(0.01)
            refused = [upload(client), upload(client, "/search"), upload(client, "/fashion")]
            assert [answer.status_code for answer in refused] == [503, 503, 503]
            assert refused[0].json["code"] == "busy"
            assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
            assert client.get("/get_similar?id=1003").status_code == 200
            done.set()
            assert [each.result().status_code for each in asked] == [200] * most
        assert gallery.admission.at_work == 0
        assert upload(client).status_code == 200

    @pytest.mark.parametrize(("threads", "queue", "at_a_time"), [(8, 4, 6), (4, 4, 3), (1, 0, 1)])
    def test_it_never_takes_the_last_thread(self, wardrobe, threads, queue, at_a_time):
        client = client_of(wardrobe, threads=threads, encoder_queue=queue)
        admission = client.application.extensions[context.EXTENSION].admission
        with ExitStack() as stack:
            for number in range(at_a_time):
                stack.enter_context(admission.admitted(f"203.0.113.{number}"))
            assert upload(client).status_code == 503
        assert upload(client).status_code == 200
