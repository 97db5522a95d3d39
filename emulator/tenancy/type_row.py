"""One row of the table of resource types: what it says and how it is written down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A field that names resources of `target`: in the same VCN or in the same region, one or `many`."""

    field: str
    target: str
    same_vcn: bool
    many: bool
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRow:
    """One resource type.

    `states` are the live lifecycle states as Search spells them, the usual one first; none: Search says null.
    `final_state` is the state after deletion, if Search still lists the type then.
    `additional` are fields of the service's body that Search returns on request.
    `young`: offered only in the home region and the second one, as new services are.
    """

    name: str
    ocid_kind: str
    weight: float
    states: tuple[str, ...]
    final_state: str | None
    references: tuple[Reference, ...]
    additional: tuple[str, ...]
    home: bool
    in_availability_domain: bool
    young: bool


def _references(text: str) -> tuple[Reference, ...]:
    parsed = []
    for word in text.split():
        sign = "@" if "@" in word else "="
        name, _, target = word.partition(sign)
        parsed.append(
            Reference(
                field=name,
                target=target.rstrip("*?"),
                same_vcn=sign == "@",
                many="*" in target,
                optional="?" in target,
            )
        )
    return tuple(parsed)


def row(
    name: str,
    ocid_kind: str,
    weight: float,
    states: str,
    final: str | None = None,
    *,
    refs: str = "",
    also: str = "",
    home: bool = False,
    ad: bool = False,
    young: bool = False,
) -> TypeRow:
    """One type: `states`, `also` (the additional fields) and `refs` are words.

    In `refs`, `field=Type` names a resource of the same region and `field@Type` one of the same VCN;
    `*` after it means several, `?` sometimes none.
    """
    return TypeRow(
        name=name,
        ocid_kind=ocid_kind,
        weight=weight,
        states=tuple(states.split()),
        final_state=final,
        references=_references(refs),
        additional=tuple(also.split()),
        home=home,
        in_availability_domain=ad,
        young=young,
    )
