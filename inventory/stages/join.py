"""The outer join of two sorted streams of records by identity.

Decides which record of one file is the same resource as which of another: the OCID, or for records without
one the key and the ordinal among equal keys. Both streams must hold each OCID once; that is checked.
"""

from __future__ import annotations

from collections.abc import Iterator

from inventory.errors import InvalidDocument
from inventory.model.record import RecordKey, identity_of
from inventory.stages.keyed_lines import KeyedLine


def outer_join(
    left: Iterator[KeyedLine], right: Iterator[KeyedLine]
) -> Iterator[tuple[KeyedLine | None, KeyedLine | None]]:
    """Pairs of lines of one identity, None where a side does not have it, in the order of files.

    Equal keys without OCID are paired in turn, which is by their ordinals. Raises InvalidDocument where a
    side is not in the order of files or holds an OCID twice.
    """
    lefts, rights = _identified(left), _identified(right)
    a, b = next(lefts, None), next(rights, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a[0] < b[0]):
            assert a is not None
            yield a[1], None
            a = next(lefts, None)
        elif a is None or b[0] < a[0]:
            yield None, b[1]
            b = next(rights, None)
        else:
            yield a[1], b[1]
            a, b = next(lefts, None), next(rights, None)


def _identified(lines: Iterator[KeyedLine]) -> Iterator[tuple[RecordKey, KeyedLine]]:
    previous: RecordKey = ()
    for line in lines:
        identity = identity_of(line.key)
        if identity < previous or (identity == previous and identity[0]):
            raise InvalidDocument(f"records out of order: {identity} must not follow {previous}")
        previous = identity
        yield identity, line
