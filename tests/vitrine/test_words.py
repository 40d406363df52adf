"""Words, as the full-text index has them: asked of FTS5 itself."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from vitrine.words import TOKENIZER, Span, marked, query_words

TEXTS = [
    "Women Navy Striped Tank Top",
    "Camisão Açaí com botões",
    "Cafe\u0301s und Straße, GROẞ und SS",  # an accent of its own; sharp s, small and capital
    "İstanbul ıssız Iğdır",
    "snake_case __init__ a_b _",
    "Levi's 501® 36×32 ½ ² Ⅷ ٣٤",
    "women’s 'quoted' \"double\" back`tick",
    "קָפֶה שָׁחוֹר shirt",
    "قميص أحمر shirt \u202eRTL\u202c",
    "नमस्ते दुनिया",
    "日本語のシャツ Ｔシャツ",
    "Å ﬁne ﬂoral ǖ Ǖ ộ ṩ s\u0323\u0307",
    "Ελληνικά ΣΊΣΥΦΟΣ йод Ёлка",
    "🙂 happy🙂shirt 👩‍👩‍👧 🇧🇷",
    "<script>alert('x')</script> & <b>bold</b> &amp;",
    "a\tb\u00a0c\u200bd\u200de\u00adf",
    "\u0301leading accent",
    "…—!?",
    "",
    "x" * 400,
    ("Very " * 100)[:400],
]
QUERIES = [
    "w",
    "navy TOP",
    "camisao acai",
    "CAFÉS strasse straße",
    "ist is i",
    "case init a b",
    "501 36 levis levi s",
    "קפה ש",
    "أحمر احمر",
    "नम",
    "シャツ t ｔ",
    "a fine floral u o s",
    "σισυφος ελλ ИОД елка",
    "🙂 happy 🇧",
    "<b> script amp",
    "d e f",
    "leading acc",
    "xxxx very",
    '"unbalanced AND (NOT * ^ : -',
    "?!",
    "",
]


class Oracle:
    """FTS5 with the tokenizer of the index, and the text in it."""

    def __init__(self, texts):
        self.db = sqlite3.connect(":memory:")
        self.db.execute(f'CREATE VIRTUAL TABLE t USING fts5(text, tokenize="{TOKENIZER}")')
        self.db.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
        self.db.executemany("INSERT INTO t (rowid, text) VALUES (?, ?)", enumerate(texts))

    def words(self):
        """Row → its words."""
        found: dict[int, list[str]] = {}
        for row, term in self.db.execute("SELECT doc, term FROM v ORDER BY doc, offset"):
            found.setdefault(row, []).append(term)
        return found

    def matches(self, words, operator):
        """Row → its text with \x02 and \x03 around each matching word."""
        query = operator.join(f'"{word}"*' for word in words)
        sql = "SELECT rowid, highlight(t, 0, '\x02', '\x03') FROM t WHERE t MATCH ?"
        return dict(self.db.execute(sql, [query]))


@pytest.fixture(scope="module")
def oracle():
    oracle = Oracle(TEXTS)
    yield oracle
    oracle.db.close()


def starts_of_marks(text, marks):
    """Where each marked word of a highlighted text begins in the plain text."""
    return [
        position - 2 * earlier
        for earlier, position in enumerate(i for i, c in enumerate(marks) if c == "\x02")
    ]


def test_the_words_of_a_text_are_those_of_the_index(oracle):
    words = oracle.words()
    for row, text in enumerate(TEXTS):
        assert query_words(text) == words.get(row, []), text


def test_every_character_is_what_it_is_to_the_index():
    latin = [*range(0x250), *range(0x300, 0x370), *range(0x1E00, 0x1F00)]
    others = [c for c in range(0x250, 0x20000, 61) if not 0xD800 <= c <= 0xDFFF]
    texts = [f"x{c}Y {c}z" for c in map(chr, latin + others)]
    oracle = Oracle(texts)
    words = oracle.words()
    oracle.db.close()
    assert [t for row, t in enumerate(texts) if query_words(t) != words[row]] == []


def test_what_is_folded_once_stays_as_it_is():
    for text in TEXTS:
        words = query_words(text)
        assert query_words(" ".join(words)) == words


@pytest.mark.parametrize("query", QUERIES)
def test_what_is_marked_is_what_the_index_finds(oracle, query):
    words = query_words(query)
    found = oracle.matches(words, " OR ") if words else {}
    for row, text in enumerate(TEXTS):
        spans = marked(text, query)
        assert "".join(span.text for span in spans) == text
        assert all(span.text for span in spans)
        starts, at = [], 0
        for span in spans:
            if span.is_match:
                starts.append(at)
                # One word, or its beginning: no less than some word that was asked for.
                (beginning,) = query_words(span.text)
                assert beginning in words
            at += len(span.text)
        assert starts == (starts_of_marks(text, found[row]) if row in found else []), text


def test_only_the_beginning_that_was_asked_for_is_marked():
    assert marked("Dresses, dress", "dre") == [
        Span("Dre", True),
        Span("sses, ", False),
        Span("dre", True),
        Span("ss", False),
    ]


def test_of_two_beginnings_the_longer_is_marked():
    assert marked("shirts", "sh shirt") == [Span("shirt", True), Span("s", False)]


def test_an_accent_is_marked_with_its_letter():
    assert marked("Cafe\u0301s", "cafe") == [Span("Cafe\u0301", True), Span("s", False)]


def test_without_words_nothing_is_marked():
    assert marked("Red shirt", " *!? ") == [Span("Red shirt", False)]
    assert marked("", "red") == []


def test_half_a_character_is_no_letter_and_neither_is_nothing():
    assert query_words("a\ud83db\x00c") == ["a", "b", "c"]


def test_many_threads_may_ask_at_once():
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 400)))
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(query_words(text))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[text]] * 4
