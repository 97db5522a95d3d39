"""One resource type as the generator and Search need it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A field that names resources of `target`: in the same VCN or in the same region, one or `many`.

    `parent`: the resource cannot be read without it.
    """

    field: str
    target: str
    same_vcn: bool
    many: bool
    optional: bool
    parent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRow:
    """One resource type.

    `states` are the live lifecycle states as Search spells them, the usual one first; none: Search says null.
    `final_state` is the state after deletion, if Search still lists the type then.
    `additional` are the fields that Search returns on request: references, and those `from_body`.
    `home`: it lives in the home region, and its OCID names no region.
    `young`: offered only in the home region and the second one, as new services are.
    `is_readable`: a service's GET answers for it.
    """

    name: str
    ocid_kind: str
    states: tuple[str, ...]
    final_state: str | None
    references: tuple[Reference, ...]
    additional: tuple[str, ...]
    from_body: frozenset[str]
    home: bool
    in_availability_domain: bool
    young: bool
    is_readable: bool
