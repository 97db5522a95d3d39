"""Canonical bytes are a contract with every reader of the bucket: the standard library's, byte for byte."""

from __future__ import annotations

import json
import math
import struct
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.model.canonical import canonical_line, parse_json, sha256_hex, stable_hash


def contract_line(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8") + b"\n"


class JsonGenerator:
    """Makes pairs of a value and what it must be written as (lone surrogates become U+FFFD)."""

    ALPHABET = (
        'abcXYZ019 e-5,.:/"\\{}[]\n\r\t\b\f\x00\x01\x1f\x7f\x80\u00e9\u0301\u2028\u2029\ufeff\uffff'
        "\u4e2d\u6587\U0001f600\U0010ffff"
    )
    SURROGATES = "\ud800\udbff\udc00\udfff"
    LOOK_ALIKES = ("1e-7,", "[1e-05]", "0.00001", "9" * 25, "1E400", "null", "ocid1.a.oc1..5e-6}")
    EDGE_NUMBERS = (
        0, -0.0, 0.0, 1e-4, 1e-5, 1e-6, 1e-7, 9.999999e-5, 1e-9, 1e-10, 1e15, 1e16, 1e17, 1e21, 1e22, 5e-324,
        1.7976931348623157e308, 0.1, 1 / 3, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1,
        123456789012345680.0, 10**40, -(10**40),
    )  # fmt: skip

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def pair(self, depth: int = 0) -> tuple[Any, Any]:
        kind = self._random.random()
        if depth < 4 and kind < (0.5 if depth == 0 else 0.15):
            pairs = [self.pair(depth + 1) for _ in range(self._random.randrange(5))]
            if self._random.random() < 0.5:
                return [value for value, _ in pairs], [expected for _, expected in pairs]
            keys = [self.text(f"{self._random.randrange(100)}-{index}") for index in range(len(pairs))]
            return (
                {key: value for (key, _), (value, _) in zip(keys, pairs, strict=True)},
                {key: expected for (_, key), (_, expected) in zip(keys, pairs, strict=True)},
            )
        if kind < 0.5:
            return self.text()
        number = self.scalar()
        return number, number

    def text(self, suffix: str = "") -> tuple[str, str]:
        if self._random.random() < 0.1:
            text = self._random.choice(self.LOOK_ALIKES)
            return text + suffix, text + suffix
        text = "".join(self._random.choices(self.ALPHABET, k=self._random.randrange(8)))
        if self._random.random() < 0.05:
            return text + self._random.choice(self.SURROGATES) + suffix, text + "\ufffd" + suffix
        return text + suffix, text + suffix

    def scalar(self) -> Any:
        kind = self._random.randrange(7)
        if kind == 0:
            return self._random.choice((None, True, False))
        if kind == 1:
            return self._random.choice(self.EDGE_NUMBERS)
        if kind == 2:
            return self._random.randrange(-1000, 1000)
        if kind == 3:
            return self._random.getrandbits(self._random.randrange(1, 200)) * self._random.choice((1, -1))
        if kind == 4:
            return self._random.uniform(-1, 1) * 10 ** self._random.randrange(-12, 24)
        if kind == 5:
            return round(self._random.uniform(0, 100), self._random.randrange(8))
        while not math.isfinite(number := struct.unpack("d", self._random.randbytes(8))[0]):
            pass
        return number


def test_one_hundred_thousand_values_are_written_as_the_standard_library_writes_them() -> None:
    generator = JsonGenerator(seed=20261123)
    for _ in range(100_000):
        value, expected = generator.pair()
        line = canonical_line(value)
        assert line == contract_line(expected), value
        assert canonical_line(parse_json(line)) == line, value


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: (
        st.lists(children) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), children)
    ),
    max_leaves=20,
)


@given(json_values)
@settings(deadline=None, max_examples=200)
def test_what_was_written_is_read_back_as_the_same_value(value: Any) -> None:
    read = parse_json(canonical_line(value))
    assert repr(read) == repr(json.loads(contract_line(value)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"1e400",
        b'{"a": -1e400}',
        b'{"a": 1e400, "b": 12345678901234567890123}',
        b"\xff",
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b"[" * 100_000 + b"]" * 100_000,
        b"1 2",
    ],
    ids=lambda data: repr(data[:24]),
)
def test_bytes_that_are_not_json_in_utf_8_are_refused_with_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        parse_json(data)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**30, -(10**30)])
def test_integers_beyond_64_bits_stay_integers(number: int) -> None:
    for text in (f"{number}", f'{{"a":[{number}]}}', f'{{"note":"ok","n":{number},"x":1.5}}'):
        assert parse_json(text.encode()) == json.loads(text)
        assert canonical_line(parse_json(text.encode())) == text.encode() + b"\n" or "note" in text


def test_an_escaped_lone_surrogate_is_read_and_written_as_the_replacement_character() -> None:
    assert canonical_line(parse_json(b'{"a":"x\\ud800y"}')) == '{"a":"x\ufffdy"}\n'.encode()
    assert canonical_line(parse_json(b'"\\ud83d\\ude00"')) == '"\U0001f600"\n'.encode()


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes", {"a": [{"b": 1j}]}])
def test_a_value_that_is_not_json_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical_line(value)


# Made with a shell: printf '%s' '{"a":1,"n":{"b":"é"}}' | sha256sum
SMALL = '{"a":1,"n":{"b":"é"}}'
ODD_NUMBERS = '{"ocid":"ocid1.x","x":[1e-05,10000000000000000000000,"\\n"]}'
GOLDEN = {
    SMALL: "5f3e9ee9716493a6fe0035d84d589f5f3bb2769bdce66f3b1ed04483d6b5b23c",
    ODD_NUMBERS: "e46073ad509d2788545d621a9ec06a561d0b640ed4fec8824aa28ea6f204dfcf",
    "{}": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
}


@pytest.mark.parametrize("line", GOLDEN)
def test_the_stable_hash_never_changes(line: str) -> None:
    assert stable_hash(parse_json(line.encode())) == GOLDEN[line]
    assert sha256_hex(line.encode()) == GOLDEN[line]


def test_the_stable_hash_leaves_out_the_time_of_collection_at_every_depth() -> None:
    seen = {"a": [{"collectedAt": 1, "b": 2}], "collectedAt": "x", "d": {"e": {"collectedAt": {"f": 1}}}}
    later = {"d": {"e": {}}, "a": [{"b": 2}]}
    assert stable_hash(seen) == stable_hash(later)
    assert stable_hash(seen) != stable_hash({**later, "a": [{"b": 3}]})
    assert seen["collectedAt"] == "x"
