"""The Range header of GetObject: one range of bytes, as in RFC 7233.

A range that cannot be satisfied, and more than one, is 416; what is not a byte range at all is ignored (RFC
7233).
"""

from __future__ import annotations

import re

from emulator.wire import ServiceError

_RANGE = re.compile(r"(\d*)-(\d*)")


def parse_range(header: str, size: int) -> range | None:
    """The positions that a Range header names in a content of `size` bytes, None to answer the whole.

    Raises 416 InvalidRange.
    """
    unit, _, text = header.partition("=")
    if unit.strip().lower() != "bytes":
        return None
    if "," in text:
        raise _unsatisfiable(size)
    match = _RANGE.fullmatch(text.strip())
    if match is None or match.group() == "-":
        return None
    first, last = match.groups()
    if first == "":
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= stop:
        raise _unsatisfiable(size)
    return range(start, stop)


def _unsatisfiable(size: int) -> ServiceError:
    return ServiceError(
        416, "InvalidRange", "The requested range is not satisfiable.", {"content-range": f"bytes */{size}"}
    )
