"""A large JSON object in pieces says the same as the whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.roles.verifier.json_sections import Section, read_document, read_section
from tests.unit.verifier.stored_runs import canonical

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
documents = st.dictionaries(
    st.text(max_size=8),
    values | st.lists(values, max_size=8) | st.dictionaries(st.text(), values, max_size=8),
    max_size=6,
)


def pieces(body: bytes, size: int, start: int = 0) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(start, len(body), size))


@given(document=documents, size=st.integers(min_value=1, max_value=40))
def test_every_element_comes_once_wherever_the_pieces_are_cut(document: dict[str, Any], size: int) -> None:
    document = json.loads(canonical(_without_surrogates(document)))
    body = canonical(document)
    sections: list[Section] = []
    rebuilt: dict[str, Any] = {}
    for element in read_document(pieces(body, size), sections):
        if element.section not in {section.name for section in sections}:
            rebuilt[element.section] = element.value
        elif element.key is not None:
            rebuilt.setdefault(element.section, {})[element.key] = element.value
        else:
            rebuilt.setdefault(element.section, []).append(element.value)
    for section in sections:
        rebuilt.setdefault(section.name, {} if section.bracket == "{" else [])
        again = list(read_section(lambda offset: pieces(body, size, offset), section))
        found: Any = [element.value for element in again]
        if section.bracket == "{":
            found = {element.key: element.value for element in again}
        assert found == document[section.name]
    assert canonical(rebuilt) == body


def _without_surrogates(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=True)
    return json.loads(text.encode("utf-8", "replace"))


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "byte 0"),
        (b"[]\n", "byte 0"),
        (b'{"a":[1,2\n', "byte 9"),
        (b'{"a":[1,]}\n', "byte 8"),
        (b'{"a":[],}\n', "byte 8"),
        (b'{"a" :[]}\n', "byte 4"),
        (b'{"a":["\xff"]}\n', "utf-8"),
        (b'{"a":["x]}\n', "byte 6"),
        (b'{"a":[]}', "byte 8"),
        (b'{"a":[]}\n\n', "byte 9"),
        (b"{a:[]}\n", "byte 1"),
    ],
)
def test_what_is_not_in_the_written_form_is_refused_with_its_place(body: bytes, where: str) -> None:
    with pytest.raises(ValueError, match=where):
        list(read_document(pieces(body, 3), []))
