"""JSON pointers (RFC 6901) and patterns of them, in which the segment `*` stands for any one segment."""

from __future__ import annotations

from collections.abc import Iterable

#: What is left of patterns at one place in a value: an empty rest means that the place is meant.
Rests = tuple[tuple[str, ...], ...]

HERE: tuple[str, ...] = ()


def append(pointer: str, segment: str | int) -> str:
    """The pointer of a member (by key) or an element (by index) of the value at `pointer`."""
    return f"{pointer}/{str(segment).replace('~', '~0').replace('/', '~1')}"


def parse_patterns(patterns: Iterable[str]) -> Rests:
    """Patterns as seen from the root. Raises ValueError where one does not start with a slash."""
    return tuple(_segments(pattern) for pattern in patterns)


def _segments(pattern: str) -> tuple[str, ...]:
    if not pattern.startswith("/"):
        raise ValueError(f"{pattern!r} is not a JSON pointer: it must start with '/'")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pattern[1:].split("/"))


def descend(rests: Rests, segment: str) -> Rests:
    """What is left of patterns one step down; a step to any element is the segment `*`."""
    return tuple(rest[1:] for rest in rests if rest and rest[0] in (segment, "*"))
