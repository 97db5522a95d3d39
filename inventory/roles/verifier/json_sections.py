"""A large JSON object read in pieces: the elements of its arrays and the members of its objects, one by one.

For `diff.json`, whose lists and details have an element per resource. Decides nothing of what they mean.
Only the written form is read: no spaces between the parts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

#: Bytes to read at once, and the longest element that is waited for.
CHUNK_BYTES = 256 * 1024
MAX_ELEMENT_BYTES = 4 * 1024 * 1024

#: Reads chunks from an offset on.
ReadFrom = Callable[[int], Iterator[bytes]]

_DELIMITERS = (",", "]", "}")
_CLOSING = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A member of the outer object that is an array or an object: its opening bracket and its offset."""

    name: str
    bracket: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element of a section; `key` is None in an array. A member that is neither is its own section."""

    section: str
    key: str | None
    value: Any


class _Text:
    """A window on the bytes as one character each, so that offsets are bytes; text is decoded by element."""

    def __init__(self, chunks: Iterator[bytes], offset: int) -> None:
        self._chunks = chunks
        self._window = ""
        self._at = 0
        self.offset = offset
        self._decode = json.JSONDecoder().raw_decode

    def peek(self) -> str:
        """The next character; empty at the end."""
        while self._at >= len(self._window) and self._more():
            pass
        return self._window[self._at : self._at + 1]

    def take(self, expected: str) -> str:
        """The next character, which must be one of these. Raises ValueError."""
        found = self.peek()
        if not found or found not in expected:
            raise ValueError(f"byte {self.offset} is {found or 'the end'!r}; expected one of {expected!r}")
        self._at += 1
        self.offset += 1
        return found

    def value(self) -> Any:
        """The next JSON value, which is small. Raises ValueError."""
        while True:
            try:
                value, end = self._decode(self._window, self._at)
            except ValueError as exc:
                if not self._more():
                    raise ValueError(f"byte {self.offset}: not JSON") from exc
                continue
            # A number may go on in the next chunk: 0 in 0.5, 1 in 1e9.
            is_ended = self._window[end : end + 1] in _DELIMITERS if _is_number(value) else True
            if is_ended or not self._more():
                self.offset += end - self._at
                self._at = end
                return _decoded(value)

    def _more(self) -> bool:
        if len(self._window) - self._at > MAX_ELEMENT_BYTES:
            raise ValueError(f"byte {self.offset}: an element of more than {MAX_ELEMENT_BYTES} bytes")
        chunk = next(self._chunks, b"")
        if chunk:
            self._window = self._window[self._at :] + chunk.decode("latin-1")
            self._at = 0
        return bool(chunk)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _decoded(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("latin-1").decode("utf-8") if not value.isascii() else value
    if isinstance(value, dict):
        return {_decoded(key): _decoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    return value


def read_document(chunks: Iterator[bytes], sections: list[Section]) -> Iterator[Element]:
    """Every element of the document, in its order; `sections` is filled on the way.

    Raises ValueError where the document is not JSON in its written form, with the byte.
    """
    text = _Text(chunks, 0)
    text.take("{")
    while text.peek() != "}":
        name = _name(text)
        if text.peek() in _CLOSING:
            section = Section(name=name, bracket=text.peek(), offset=text.offset)
            sections.append(section)
            yield from _elements(text, section)
        else:
            yield Element(section=name, key=None, value=text.value())
        _separate(text, "}")
    text.take("}")
    text.take("\n")
    if text.peek():
        raise ValueError(f"byte {text.offset}: more behind the document")


def read_section(read_from: ReadFrom, section: Section) -> Iterator[Element]:
    """One section's elements again. Raises ValueError as `read_document` does."""
    return _elements(_Text(read_from(section.offset), section.offset), section)


def _elements(text: _Text, section: Section) -> Iterator[Element]:
    closing = _CLOSING[text.take(section.bracket)]
    while text.peek() != closing:
        key = _name(text) if section.bracket == "{" else None
        yield Element(section=section.name, key=key, value=text.value())
        _separate(text, closing)
    text.take(closing)


def _separate(text: _Text, closing: str) -> None:
    if text.peek() != closing:
        text.take(",")
        if text.peek() == closing:
            raise ValueError(f"byte {text.offset}: a comma before {closing!r}")


def _name(text: _Text) -> str:
    if text.peek() != '"':
        raise ValueError(f"byte {text.offset} is {text.peek()!r}; expected a name")
    name: str = text.value()
    text.take(":")
    return name
