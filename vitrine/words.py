"""Words as the full-text index has them: those that a search asks for, and where a text has them.

What a word is, and which letters are equal, only the tokenizer of SQLite's FTS5 knows:
its tables are older than Python's, and it takes an emoji for a letter. So it is asked,
once for every character that is met.
"""

from __future__ import annotations

import functools
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TOKENIZER = "unicode61 remove_diacritics 2"
KNOWN_CHARACTERS = 16_384  # more than any catalogue uses, so that each is asked about once


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text, and whether it is the beginning of a word that was searched for."""

    text: str
    is_match: bool


def query_words(text: str) -> list[str]:
    """The words of a text, folded as the index folds them: without case and accents."""
    return [word.folded for word in _words(text)]


def marked(text: str, query: str) -> list[Span]:
    """A text in parts, those marked with which its words answer a search for `query`.

    Concatenated, the parts are the text. Of a word the beginning that was searched for
    is marked, with the accents that belong to it.
    """
    wanted = query_words(query)
    if not wanted:
        return [Span(text, False)] if text else []
    spans = []
    done = 0
    for word in _words(text):
        if length := word.length_of_match(wanted):
            stop = word.start + length
            spans += [Span(text[done : word.start], False), Span(text[word.start : stop], True)]
            done = stop
    spans.append(Span(text[done:], False))
    return [span for span in spans if span.text]


@dataclass(frozen=True, slots=True)
class _Word:
    """`letters` are what its characters are folded to, from `start` on; "" for an accent."""

    start: int
    letters: Sequence[str]

    @property
    def folded(self) -> str:
        return "".join(self.letters)

    def length_of_match(self, wanted: Sequence[str]) -> int:
        """How many characters the longest of these words has here, if it begins this one."""
        folded = self.folded
        left = max((len(word) for word in wanted if folded.startswith(word)), default=0)
        if not left:
            return 0
        length = 0
        while length < len(self.letters) and (left > 0 or not self.letters[length]):
            left -= len(self.letters[length])
            length += 1
        return length


@dataclass(frozen=True, slots=True)
class _Letter:
    """What a character is folded to within a word; None where it ends the word."""

    folded: str | None
    can_begin: bool


def _words(text: str) -> Iterator[_Word]:
    start = 0
    letters: list[str] = []
    for position, character in enumerate(text):
        letter = _letter(character)
        if letter.folded is not None and (letters or letter.can_begin):
            if not letters:
                start = position
            letters.append(letter.folded)
        elif letters:
            yield _Word(start, letters)
            letters = []
    if letters:
        yield _Word(start, letters)


@functools.lru_cache(KNOWN_CHARACTERS)
def _letter(character: str) -> _Letter:
    if "\ud800" <= character <= "\udfff":  # half a character, which SQLite can't be given
        return _Letter(None, can_begin=False)
    inside = _tokenizer().terms(f"a{character}a")
    folded = inside[0][1:-1] if len(inside) == 1 else None
    return _Letter(folded, can_begin=bool(_tokenizer().terms(character)))


class _Tokenizer:
    """FTS5's own. Safe to ask from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._db.execute(f'CREATE VIRTUAL TABLE probe USING fts5(text, tokenize="{TOKENIZER}")')
        self._db.execute("CREATE VIRTUAL TABLE term USING fts5vocab(probe, instance)")

    def terms(self, text: str) -> list[str]:
        """The words of a text, in their order."""
        with self._lock:
            self._db.execute("INSERT INTO probe VALUES (?)", [text])
            found = self._db.execute("SELECT term FROM term ORDER BY offset").fetchall()
            self._db.execute("DELETE FROM probe")
        return [term for (term,) in found]


@functools.cache
def _tokenizer() -> _Tokenizer:
    return _Tokenizer()
