"""Markdown from names and texts that strangers chose."""

from __future__ import annotations

import pytest

from inventory.exports.markdown import code, paragraphs, table, text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a|b", r"a\|b"),
        ("`code`", r"\`code\`"),
        ("*bold* _it_", r"\*bold\* \_it\_"),
        ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
        ("[link](http://x)", r"\[link\](http:\//x)"),
        ("see https://evil.example/x?a=1", r"see https:\//evil.example/x?a=1"),
        ("WWW.evil.example, www.evil.example", r"WWW\.evil.example, www\.evil.example"),
        ("ftp://a //b c:/d awww", r"ftp:\//a //b c:/d awww"),
        ("two\nlines\r\nand\ttabs", "two lines and tabs"),
        ("back\\slash|", r"back\\slash\|"),
        ("# no heading", "# no heading"),
        (None, ""),
        (7, "7"),
    ],
)
def test_text_stays_text_inside_a_line(value: object, written: str) -> None:
    assert text(value) == written


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("one\n\ntwo", ["> one", ">", "> two"]),
        ("# heading", [r"> \# heading"]),
        ("- item", [r"> \- item"]),
        ("+ item", [r"> \+ item"]),
        ("1. item", [r"> 1\. item"]),
        ("2026 was a year", ["> 2026 was a year"]),
        ("title\n===", ["> title", ">", r"> \==="]),
        ("~~~\ncode", [r"> \~~~", ">", "> code"]),
        ("> quote", [r"> \> quote"]),
        ("| a | b |", [r"> \| a \| b \|"]),
        ("    indented", ["> indented"]),
        ("ask www.evil.example", [r"> ask www\.evil.example"]),
        ("", []),
        ("\n \n", []),
    ],
)
def test_foreign_paragraphs_are_quoted_and_nothing_else(value: str, lines: list[str]) -> None:
    assert paragraphs(value) == lines


def test_our_own_code_cannot_break_a_table_either() -> None:
    assert table(("A",), [(code("a | b"),), ("a | b",)]) == [
        "| A |",
        "| --- |",
        r"| `a \| b` |",
        r"| a \| b |",
    ]
