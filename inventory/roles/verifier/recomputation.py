"""The contract's canonical form and stable hash, computed by the standard library alone.

The product writes both by a faster way; what checks it must not share that way's mistakes.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

_MEMBER = b'"collectedAt":'


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse).decode
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def parse_strictly(data: bytes) -> Any:
    """Read JSON in UTF-8. Raises ValueError; NaN and infinities are not JSON."""
    try:
        return _decode(data.decode("utf-8"))
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


def canonical_bytes(value: Any) -> bytes:
    """A JSON value's canonical form with its newline. Raises ValueError where it has none."""
    return _encode(value).encode("utf-8") + b"\n"


def hashed_bytes(record: dict[str, Any], line: bytes) -> bytes:
    """What the stable hash of a record is taken of, given its canonical line: the line without its newline
    and without `collectedAt` at any depth."""
    # Inside a string the quotes would be escaped, so these bytes are a key; the record's own is never last.
    if line.count(_MEMBER) == 1 and "collectedAt" in record:
        member = _MEMBER + canonical_bytes(record["collectedAt"])[:-1] + b","
        return line[:-1].replace(member, b"", 1)
    return canonical_bytes(_without_collected_at(record))[:-1]


def stable_hash_of(record: dict[str, Any]) -> str:
    """sha256, in hex, of the canonical form without newline and without `collectedAt` at any depth."""
    return sha256_hex(hashed_bytes(record, canonical_bytes(record)))


def sha256_hex(data: bytes) -> str:
    """sha256 of the bytes, lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def _without_collected_at(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_collected_at(item) for key, item in value.items() if key != "collectedAt"}
    if isinstance(value, list):
        return [_without_collected_at(item) for item in value]
    return value
