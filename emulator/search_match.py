"""Decides whether a resource meets a query's conditions or text.

A field without a value fails every comparison, `!=` included.
Tag conditions joined by `&&` must hold for one and the same tag; a lone `!=` on a tag asks that no tag
is equal.
"""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from emulator.search_query import Comparison, Condition, Query
from emulator.tenancy.values import Resource

Predicate = Callable[[Resource], bool]
Test = Callable[[Any], bool]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def predicate_of(query: Query) -> Predicate | None:
    """What the query's `where` and `matching` ask of a resource, or None if nothing."""
    asked = []
    if query.where is not None:
        asked.append(_holds(query.where))
    if query.matching is not None:
        asked.append(text_predicate(query.matching))
    if not asked:
        return None
    return asked[0] if len(asked) == 1 else lambda resource: all(holds(resource) for holds in asked)


def text_predicate(text: str) -> Predicate:
    """Whether any indexed attribute contains the text, in any case."""
    wanted = text.lower()

    def holds(resource: Resource) -> bool:
        plain = (
            resource.resource_type,
            resource.ocid,
            resource.compartment_id,
            resource.display_name,
            resource.availability_domain,
            resource.lifecycle_state,
            *resource.freeform_tags,
            *resource.freeform_tags.values(),
        )
        if any(value is not None and wanted in value.lower() for value in plain):
            return True
        return any(
            wanted in str(word).lower()
            for tags in (resource.defined_tags, resource.system_tags)
            for namespace, entries in tags.items()
            for word in (namespace, *entries, *entries.values())
        )

    return holds


def _holds(condition: Comparison | Condition) -> Predicate:
    if isinstance(condition, Comparison):
        if condition.field.tag_part is not None:
            return _lone_tag(condition)
        return _plain(condition)
    if not condition.every:
        parts = [_holds(part) for part in condition.parts]
        return lambda resource: any(part(resource) for part in parts)
    on_tags: dict[str, list[Comparison]] = defaultdict(list)
    required = []
    for part in condition.parts:
        if isinstance(part, Comparison) and part.field.tag_part is not None:
            on_tags[part.field.name.partition(".")[0]].append(part)
        else:
            required.append(_holds(part))
    for comparisons in on_tags.values():
        required.append(_lone_tag(comparisons[0]) if len(comparisons) == 1 else _same_tag(comparisons))
    return lambda resource: all(part(resource) for part in required)


def _plain(comparison: Comparison) -> Predicate:
    value_of, test = comparison.field.value, _test(comparison.operator, comparison.value)
    if comparison.field.is_array:
        return lambda resource: any(test(value) for value in value_of(resource) or ())

    def holds(resource: Resource) -> bool:
        value = value_of(resource)
        return value is not None and test(value)

    return holds


def _same_tag(comparisons: list[Comparison]) -> Predicate:
    rows = comparisons[0].field.value
    tests = [(c.field.tag_part or "", _test(c.operator, c.value)) for c in comparisons]
    return lambda resource: any(all(test(row[part]) for part, test in tests) for row in rows(resource))


def _lone_tag(comparison: Comparison) -> Predicate:
    rows, part = comparison.field.value, comparison.field.tag_part or ""
    if comparison.operator in {"!=", "!=="}:
        equal = _test("=" if comparison.operator == "!=" else "==", comparison.value)
        return lambda resource: not any(equal(row[part]) for row in rows(resource))
    test = _test(comparison.operator, comparison.value)
    return lambda resource: any(test(row[part]) for row in rows(resource))


def _test(sign: str, wanted: Any) -> Test:
    """The comparison with `wanted`; strings are compared in any case, except by `==` and `!==`."""
    if sign in _ORDERS:
        return lambda value: _ORDERS[sign](value, wanted)
    if sign == "=~":
        pattern = re.compile(wanted, re.IGNORECASE | re.DOTALL)
        return lambda value: pattern.search(value) is not None
    exact = sign in {"==", "!=="} or not isinstance(wanted, str)
    negated = sign.startswith("!")
    folded = wanted if exact else wanted.lower()
    return lambda value: ((value if exact else value.lower()) == folded) is not negated
