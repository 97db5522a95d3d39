"""A stored document that is wrong says which field, which value and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from inventory.errors import InvalidDocument
from inventory.model.fields import Fields, document_bytes

DOCUMENT = {
    "format_version": 1,
    "name": "run",
    "count": 3,
    "flag": False,
    "at": "2026-01-02T03:04:05Z",
    "map": {"a": 1},
    "list": [1, "x"],
    "words": ["a", "b"],
    "part": {"name": "inner"},
    "parts": [{"name": "first"}, {"name": "second"}],
    "nothing": None,
    "unknown to this version": {"of": "the code"},
}


def fields(**changes: Any) -> Fields:
    return Fields("doc.json", {**DOCUMENT, **changes})


def test_every_field_is_read_back_as_it_was_written() -> None:
    read = Fields.parse("doc.json", document_bytes(DOCUMENT), format_version=1)
    assert read.text("name") == "run"
    assert read.choice("name", ("run", "walk")) == "run"
    assert read.integer("count") == 3
    assert read.boolean("flag") is False
    assert read.time("at") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert read.mapping("map") == {"a": 1}
    assert read.sequence("list") == [1, "x"]
    assert read.texts("words") == ("a", "b")
    assert read.part("part").text("name") == "inner"
    assert [part.text("name") for part in read.parts("parts")] == ["first", "second"]


def test_optional_fields_may_be_null_or_missing_but_not_of_another_kind() -> None:
    for name in ("nothing", "missing"):
        read = fields()
        assert read.optional_text(name) is None
        assert read.optional_time(name) is None
        assert read.optional_part(name) is None
    assert fields().optional_text("name") == "run"
    assert fields().optional_time("at") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    with pytest.raises(InvalidDocument, match="'count'"):
        fields().optional_text("count")


@pytest.mark.parametrize(
    ("name", "value", "read", "allowed"),
    [
        ("name", 5, lambda f: f.text("name"), "a string"),
        ("name", None, lambda f: f.text("name"), "a string"),
        ("name", "fly", lambda f: f.choice("name", ("run", "walk")), "run, walk"),
        ("count", "3", lambda f: f.integer("count"), "an integer"),
        ("count", 3.0, lambda f: f.integer("count"), "an integer"),
        ("count", True, lambda f: f.integer("count"), "an integer"),
        ("flag", 0, lambda f: f.boolean("flag"), "true or false"),
        ("at", "soon", lambda f: f.time("at"), "an RFC 3339 time"),
        ("map", [], lambda f: f.mapping("map"), "a JSON object"),
        ("list", {}, lambda f: f.sequence("list"), "a JSON array"),
        ("words", ["a", 1], lambda f: f.texts("words"), "an array of strings"),
    ],
)
def test_a_wrong_value_is_named_with_its_field_and_what_is_allowed(
    name: str, value: Any, read: Callable[[Fields], Any], allowed: str
) -> None:
    with pytest.raises(InvalidDocument) as caught:
        read(fields(**{name: value}))
    assert str(caught.value) == f"doc.json: field {name!r} is {value!r}; allowed: {allowed}"


def test_a_wrong_field_inside_a_part_is_found_by_its_path() -> None:
    read = fields(parts=[{"name": "first"}, {"name": 2}], part="x")
    with pytest.raises(InvalidDocument, match=r"doc.json: parts\[1\]: field 'name' is 2"):
        [part.text("name") for part in read.parts("parts")]
    with pytest.raises(InvalidDocument, match=r"doc.json: part: expected a JSON object, found 'x'"):
        read.part("part")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 3000, "not JSON"),
        (b"[1]", "expected a JSON object, found"),
        (b"{}", "'format_version' is None"),
        (b'{"format_version": "1"}', "'format_version' is '1'"),
        (b'{"format_version": 2}', "'format_version' is 2; allowed: 1, the version this code reads"),
    ],
)
def test_a_document_that_is_not_ours_is_refused_in_one_sentence(body: bytes, complaint: str) -> None:
    with pytest.raises(InvalidDocument, match=r"doc.json: ") as caught:
        Fields.parse("doc.json", body, format_version=1)
    assert complaint in str(caught.value)


def test_a_huge_wrong_value_does_not_fill_the_log() -> None:
    with pytest.raises(InvalidDocument) as caught:
        fields(name=["x" * 10_000]).text("name")
    assert len(str(caught.value)) < 200
