"""Looks: narrowed, refined, and walked from one to the next; as states and as pages."""

from __future__ import annotations

import io
import re
from html import unescape
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from werkzeug.datastructures import MultiDict

from app import create_app
from gallery.looking import MAX_EXAMPLES, MAX_TRAIL, Looking, read_looking
from tests.drawings import photo_bytes
from tests.gallery.conftest import LOST, PRODUCTS, TWINS
from tests.generations import product, publish_products, random_unit_vectors

START = Looking(
    *("/item/a", "a", {"Colour": ("Red",)}),
    more=("m",),
    less=("l",),
    trail=("x", "y"),
    colour=0.3,
    hex="2f62c4",
)


class TestState:
    def test_an_address_reads_back_as_the_same_state(self):
        query = MultiDict(
            (name, value)
            for name, values in parse_qs(urlsplit(START.url).query).items()
            for value in values
        )
        assert read_looking("/item/a", "a", query, ["Colour"]) == START

    def test_a_product_is_liked_or_disliked_and_never_both(self):
        assert START.disliking("m").less == ("l", "m")
        assert START.disliking("m").more == ()
        assert START.liking("l").more == ("m", "l")
        assert START.liking("m") == START
        assert START.forgetting("m").more == START.forgetting("m").unrefined().more == ()
        both = MultiDict([("more", "z"), ("less", "z")])
        assert read_looking("/item/a", "a", both, []).less == ()

    def test_walking_on_keeps_filters_trail_and_colour_and_starts_a_new_query(self):
        onward = START.onward("/item/b", "b")
        assert onward == Looking(
            *("/item/b", "b", {"Colour": ("Red",)}),
            trail=("x", "y", "a"),
            colour=0.3,
            hex="2f62c4",
        )

    @pytest.mark.parametrize(
        ("query", "colour", "hex"),
        [
            ("colour=0.25", 0.25, ""),
            ("colour=0.123", 0.12, ""),
            ("hex=%232F62C4", 0.5, "2f62c4"),
            ("hex=2f62c4&colour=1", 1, "2f62c4"),
            ("hex=2f62c4&colour=0", 0, ""),
            ("colour=nan", 0, ""),
            ("colour=7&hex=red", 0, ""),
        ],
    )
    def test_what_can_be_no_colour_is_passed_over(self, query, colour, hex):
        state = read_looking("/item/a", "a", MultiDict(parse_qsl(query)), [])
        assert (state.colour, state.hex) == (colour, hex)

    def test_walking_to_an_earlier_look_goes_back_to_it(self):
        assert START.onward("/item/x", "x").trail == ()
        assert START.onward("/item/y", "y").trail == ("x",)
        assert START.onward("/item/a", "a").trail == ("x", "y")

    def test_the_trail_and_the_examples_do_not_grow_for_ever(self):
        state = START
        for number in range(40):
            state = state.onward(f"/item/{number}", str(number))
        assert len(state.trail) == MAX_TRAIL
        for number in range(40):
            state = state.liking(f"good {number}").disliking(f"bad {number}")
        assert len(state.more) == len(state.less) == MAX_EXAMPLES
        many = MultiDict([("trail", str(n)) for n in range(500)] + [("more", "")])
        assert len(read_looking("/item/a", "a", many, []).trail) == MAX_TRAIL


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.text[: answer.text.index("</main>")]


def similar_ids(text):
    return re.findall(r'<a class="tile" href="[^"]*" data-look="([^"]*)"', text)


def hrefs(text, pattern):
    return [unescape(href) for href in re.findall(f'href="([^"]*)"[^>]*{pattern}', text)]


class TestPage:
    def test_filters_hold_the_similar_products_to_a_fact(self, client):
        text = page(client, "/item/1003?ProductType=Shoes")
        expected = client.get("/get_similar?id=1003&ProductType=Shoes").json
        assert similar_ids(text) == [result["id"] for result in expected["results"]]
        assert len(similar_ids(text)) == 6

    def test_facts_of_the_product_are_switches(self, client):
        text = page(client, "/item/1003")
        (switch,) = hrefs(text, 'aria-label="Same Colour: White"')
        assert switch == "/item/1003?Colour=White"
        on = page(client, switch)
        assert hrefs(on, 'aria-label="Same Colour: White"') == ["/item/1003"]
        assert {
            client.get(f"/api/products/{i}").json["product"]["facts"]["Colour"]
            for i in similar_ids(on)
        } == {"White"}

    def test_more_like_this_moves_the_query_there_and_leaves_the_example_out(self, client):
        plain = similar_ids(page(client, "/item/1003"))
        example = plain[-1]
        refined = page(client, f"/item/1003?more={example}")
        assert example not in similar_ids(refined)
        assert similar_ids(refined) != [i for i in plain if i != example]
        near = client.get(f"/get_similar?id=1003&more={example}").json["results"]
        assert similar_ids(refined) == [result["id"] for result in near]

    def test_less_like_this_moves_the_query_away(self, client):
        best = client.get("/get_similar?id=1007&k=30").json["results"]
        disliked = best[0]["id"]  # its twin, so every score falls
        moved = client.get(f"/get_similar?id=1007&k=30&less={disliked}").json["results"]
        before = {result["id"]: result["score"] for result in best}
        assert disliked == TWINS[1]
        assert disliked not in [result["id"] for result in moved]
        assert set(before) - {disliked} == {result["id"] for result in moved}

    def test_every_result_offers_more_and_less_and_keeps_the_rest_of_the_state(self, client):
        text = page(client, "/item/1003?Colour=Green&more=1010&trail=1001")
        first = similar_ids(text)[0]
        title = re.search(
            f'data-look="{first}".*?<span class="title"[^>]*>(.*?)</span>', text, re.DOTALL
        )[1].strip()
        (more,) = hrefs(text, f'aria-label="More like {title}"')
        assert parse_qs(urlsplit(more).query) == {
            "Colour": ["Green"],
            "more": ["1010", first],
            "trail": ["1001"],
        }
        (less,) = hrefs(text, f'aria-label="Less like {title}"')
        assert parse_qs(urlsplit(less).query)["less"] == [first]

    def test_the_trail_shows_the_looks_before_and_leads_back(self, client):
        text = page(client, "/item/1003?trail=1001&trail=1002")
        assert re.findall(r'href="([^"]*)" data-look="(100[12])" rel', text) == [
            ("/item/1001", "1001"),
            ("/item/1002?trail=1001", "1002"),
        ]
        onward = re.search(r'<a class="tile" href="([^"]*)"', text)[1]
        assert parse_qs(urlsplit(unescape(onward)).query)["trail"] == ["1001", "1002", "1003"]

    @pytest.mark.parametrize(
        "query", ["more=nope&less=&trail=nope", f"more={LOST}&trail={LOST}", "trail=1003&more=1003"]
    )
    def test_ids_that_are_not_in_the_index_are_passed_over(self, client, query):
        assert similar_ids(page(client, f"/item/1003?{query}")) == similar_ids(
            page(client, "/item/1003")
        )

    @pytest.mark.parametrize("state", ["", "?more=1004&less=1005", "?Category=Apparel&more=1001"])
    def test_every_value_of_a_facet_leads_to_as_many_products_as_it_says(self, wardrobe, state):
        app = create_app({"index": wardrobe.root, "similar_on_page": PRODUCTS})
        client = app.test_client()
        photo = {"image": (io.BytesIO(photo_bytes(3)), "photo.png")}
        asked = client.post("/search", data=photo).headers["Content-Location"]
        for path in ("/api/products/1003", f"/api{asked}"):
            facets = client.get(path + state).json["facets"]
            for facet in facets:
                chosen = any(value["chosen"] for value in facet["values"])
                for value in facet["values"]:
                    if not chosen:
                        narrowed = client.get(value["url"]).json["similar"]
                        assert len(narrowed) == value["count"] > 0

    def test_a_value_that_only_the_product_itself_has_is_not_offered(self, tmp_path):
        unique = [product(n, facts={"Make": "Unique" if n == 0 else "ab"[n % 2]}) for n in range(6)]
        publish_products(tmp_path, random_unit_vectors(6), unique)
        client = create_app({"index": tmp_path}).test_client()
        (make,) = client.get("/api/products/p0").json["facets"]
        assert [(v["value"], v["count"]) for v in make["values"]] == [("b", 3), ("a", 2)]
        (make,) = client.get("/api/products/p1?more=p0").json["facets"]
        assert [(v["value"], v["count"]) for v in make["values"]] == [("b", 2), ("a", 2)]

    def test_filters_that_leave_nothing_say_so_and_lead_out(self, client):
        text = page(client, "/item/1003?Colour=Ultraviolet&trail=1001")
        assert "No other product is all of this at once." in text
        assert 'href="/item/1003?trail=1001">Clear the filters</a>' in text


class TestColour:
    def test_the_slider_says_how_much_it_counts_and_keeps_the_rest(self, client):
        text = page(client, "/item/1003?Colour=Red&more=1001&colour=0.3")
        (form,) = re.findall(r'<div class="colouring">\s*<form.*?</form>', text, re.S)
        assert 'value="0.3"' in form
        hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)
        assert hidden == [("Colour", "Red"), ("more", "1001")]

    def test_colour_moves_what_is_similar(self, client):
        plain, coloured = (
            similar_ids(page(client, f"/item/1003{query}")) for query in ("", "?colour=1")
        )
        assert plain != coloured
        found = client.get("/get_similar?id=1003&colour=1").json["results"]
        assert coloured == [result["id"] for result in found]

    def test_same_colour_is_a_switch(self, client):
        (link,) = same_colour(page(client, "/item/1003?colour=0.3"))
        assert "colour=0.7" in link
        assert "aria-current" not in link
        (link,) = same_colour(page(client, "/item/1003?colour=0.7"))
        assert 'href="/item/1003"' in link
        assert "aria-current" in link

    def test_a_swatch_asks_for_another_colour(self, client):
        text = page(client, "/item/1003?hex=2f62c4")
        assert "Colour: Blue" in text
        (chosen,) = re.findall(r'<a href="([^"]*)"[^>]*title="Blue" aria-current', text)
        assert unescape(chosen) == "/item/1003?colour=0.5"
        found = client.get("/get_similar?id=1003&hex=2f62c4").json["results"]
        assert similar_ids(text) == [result["id"] for result in found]

    def test_the_twin_says_the_same(self, client):
        answer = client.get("/api/products/1003?colour=0.3").json
        assert answer["colour"] == 0.3
        assert "colour=0.7" in answer["same_colour_url"]
        assert all("colour=0.3" in each["url"] for each in answer["similar"])
        ids = [each["id"] for each in answer["similar"]]
        assert ids == similar_ids(page(client, "/item/1003?colour=0.3"))

    def test_a_photo_of_ones_own_has_a_slider_too(self, client):
        photo = {"image": (io.BytesIO(photo_bytes(3, (480, 640))), "a.png")}
        address = client.post("/search", data=photo).headers["Content-Location"]
        found = similar_ids(page(client, f"{address}?colour=1"))
        assert found[0] == "1003"
        assert found[1:] == similar_ids(page(client, "/item/1003?colour=1"))[: len(found) - 1]


def same_colour(text):
    return re.findall(r"<a [^>]*>Same colour</a>", text)
