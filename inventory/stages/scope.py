"""What a run's scope leaves out, told from a record alone and from the tenancy's compartment tree.

The same rules hold for what the region worker drops, and for what the aggregator may expect of an earlier
inventory. Resource types are compared in any letter case. A compartment stands for itself and all below
it. A tag is `key` or `key=value` of a free-form tag, or `namespace.key` or `namespace.key=value` of a defined
one; any one of them suffices. Free-form keys and all values are compared exactly, namespaces and keys of
defined tags in any letter case, as OCI does. A value that was redacted since may have been the one that is
asked for, so it suffices, too: a record of an earlier inventory is not lost for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inventory.model.compartments import CompartmentTree
from inventory.model.manifest import Scope
from inventory.model.record import OUT_OF_SCOPE, Record
from inventory.stages.normalize import is_terminated
from inventory.stages.secrets import REDACTED

#: Why a record is left out, as the region's tally counts it.
TERMINATED = "terminated_items_dropped"
OTHER_TYPE = "other_type_items_dropped"
OTHER_COMPARTMENT = "other_compartment_items_dropped"
UNKNOWN_COMPARTMENT = "unknown_compartment_items_dropped"
OTHER_TAGS = "other_tag_items_dropped"
#: How many of these are in the shards as sightings, as the tally counts them, too.
SIGHTINGS = "sightings_out_of_scope"

#: What a resource can come to be by a change of its own, without ever having been created or deleted.
PASSING_REASONS = frozenset({OTHER_COMPARTMENT, UNKNOWN_COMPARTMENT, OTHER_TAGS})


class ScopeFilter:
    """The filters of one run; `tree` may be None where no compartments are asked for."""

    def __init__(self, scope: Scope, tree: CompartmentTree | None) -> None:
        if scope.compartments is not None and tree is None:
            raise ValueError("compartments can only be told apart by the tree")
        self._scope = scope
        self._tree = tree
        self._types = None if scope.types is None else frozenset(name.lower() for name in scope.types)
        self._excluded = frozenset(name.lower() for name in scope.exclude_types)
        self._roots = frozenset(scope.compartments or ())
        self._tags = None if scope.tags is None else [_Tag(text) for text in scope.tags]

    @property
    def is_passing(self) -> bool:
        """Whether a resource can come into this scope, or leave it, by a change of its own."""
        return self._scope.compartments is not None or self._tags is not None

    def asks_for(self, resource_type: str) -> bool:
        """Whether the run asks for a type at all."""
        name = resource_type.lower()
        return name not in self._excluded and (self._types is None or name in self._types)

    def covers(self, record: Mapping[str, Any]) -> bool:
        """Whether the run asks for a record, its region included (which may still be unavailable)."""
        return self._scope.covers_region(str(record["region"])) and self.left_out(record) is None

    def left_out(self, record: Mapping[str, Any]) -> str | None:
        """Why the run does not ask for a record of a region that it asks for, or None where it does."""
        if not self._scope.include_terminated and is_terminated(record):
            return TERMINATED
        if not self.asks_for(str(record["resourceType"])):
            return OTHER_TYPE
        if self._tree is not None and self._roots and not self._is_in_compartments(record, self._tree):
            is_known = self._tree.knows(record["compartmentId"])
            return OTHER_COMPARTMENT if is_known else UNKNOWN_COMPARTMENT
        if self._tags is not None and not any(tag.is_on(record) for tag in self._tags):
            return OTHER_TAGS
        return None

    def _is_in_compartments(self, record: Mapping[str, Any], tree: CompartmentTree) -> bool:
        # A compartment that is asked for is a resource too, and lies in the one above it.
        return any(tree.is_below(record[name], self._roots) for name in ("compartmentId", "ocid"))


def sighting(record: Record) -> Record:
    """What is kept of a record that is left out: who it is and where, but nothing of what it holds.

    By it the aggregator tells a resource that has left the scope from one that is gone.
    """
    return {
        **record,
        "displayName": None,
        "definedTags": {},
        "freeformTags": {},
        "enrichStatus": OUT_OF_SCOPE,
        "details": {},
        "relationships": [],
    }


class _Tag:
    def __init__(self, text: str) -> None:
        name, separator, value = text.partition("=")
        self._namespace, is_defined, self._key = name.rpartition(".")
        self._is_defined = bool(is_defined)
        self._value = value if separator else None

    def is_on(self, record: Mapping[str, Any]) -> bool:
        if not self._is_defined:
            return self._is_among(record["freeformTags"], self._key)
        for namespace, tags in record["definedTags"].items():
            if namespace.lower() == self._namespace.lower():
                if not isinstance(tags, dict):
                    return _is_redacted(tags)
                lowered = {key.lower(): value for key, value in tags.items()}
                return self._is_among(lowered, self._key.lower())
        return False

    def _is_among(self, tags: Mapping[str, Any], key: str) -> bool:
        if key not in tags:
            return False
        value = tags[key]
        return self._value is None or _text(value) == self._value or _is_redacted(value)


def _is_redacted(value: object) -> bool:
    return isinstance(value, str) and REDACTED in value


def _text(value: object) -> str:
    """A tag's value as people write it in a setting; defined tags may hold numbers and flags."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
