"""Canonical bytes: the one form in which a JSON value is stored, compared and hashed.

The contract is the standard library's `json.dumps(value, sort_keys=True, separators=(",", ":"),
ensure_ascii=False)` in UTF-8. orjson is used where its bytes are known to be the same; what it writes or
reads differently (floats below 0.0001, integers beyond 64 bits, lone surrogates) takes the standard
library's way. The look for such values must stay cheaper than what orjson saves.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Any

import orjson

#: A JSON value: finite numbers, strings, booleans, None, lists, and dicts with string keys.
JsonValue = Any

#: The key that the stable hash leaves out, at any depth.
COLLECTED_AT = "collectedAt"
_COLLECTED_AT_MEMBER = b'"collectedAt":'

_ORJSON_OPTIONS = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_APPEND_NEWLINE
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
)
_SURROGATE = re.compile("[\ud800-\udfff]")
# orjson writes 1e-05 as 0.00001 and 1e-07 as 1e-7; a string that looks so only costs time.
_SMALL_FLOAT = b"0.0000"
_SMALL_EXPONENT = re.compile(rb"e-[5-9][,}\]\n]")
# orjson reads integers beyond 64 bits as floats; they have at least 19 digits.
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * 19


def canonical_line(value: JsonValue) -> bytes:
    """The canonical form of a JSON value: one line of UTF-8 JSON, ending in a newline.

    Lone surrogates become U+FFFD. Raises TypeError for values that are not JSON.
    """
    try:
        line = orjson.dumps(value, option=_ORJSON_OPTIONS)
    except TypeError:
        return _line_by_the_standard_library(_without_surrogates(value))
    if _SMALL_FLOAT in line or _SMALL_EXPONENT.search(line):
        return _line_by_the_standard_library(value)
    return line


def _line_by_the_standard_library(value: JsonValue) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8") + b"\n"


def _without_surrogates(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_surrogates(item) for item in value]
    return value


def parse_json(data: bytes, *, allows_control_characters: bool = False) -> JsonValue:
    """Read JSON; integers of any size stay integers.

    Strings may hold raw control characters where that is allowed. Raises ValueError where the bytes are not
    JSON in UTF-8; NaN and infinities are not JSON.
    """
    if _LONG_NUMBER not in data.translate(_DIGITS_AS_ZEROS):
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass  # the standard library decides: it accepts an escaped lone surrogate
    try:
        return json.loads(
            data.decode("utf-8"),
            strict=not allows_control_characters,
            parse_constant=_refuse,
            parse_float=_finite,
        )
    except RecursionError as exc:
        raise ValueError("the JSON is nested too deeply") from exc


def _refuse(name: str) -> JsonValue:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def stable_hash(record: JsonValue) -> str:
    """The contract hash: sha256, lower-case hex, of the canonical line without newline and `collectedAt`."""
    if isinstance(record, dict):
        record = {key: item for key, item in record.items() if key != COLLECTED_AT}
    line = canonical_line(record)
    # Inside a string the quotes would be escaped, so these bytes are a key further down.
    if _COLLECTED_AT_MEMBER in line:
        line = canonical_line(_without_collected_at(record))
    return sha256_hex(line[:-1])


def _without_collected_at(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _without_collected_at(item) for key, item in value.items() if key != COLLECTED_AT}
    if isinstance(value, list):
        return [_without_collected_at(item) for item in value]
    return value


def sha256_hex(data: bytes) -> str:
    """sha256 of the bytes, lower-case hex."""
    return hashlib.sha256(data).hexdigest()
