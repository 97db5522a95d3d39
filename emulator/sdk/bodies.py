"""A service's JSON body of any model of the SDK, derived from the model for one resource.

Decides which fields are there, which are null, and which come from the resource itself; the rest is made by
`emulator.sdk.values` from the resource's own random source, so the same resource has the same body. A
reference is what the generator chose (`Resource.references`) or null: no OCID is made up. Some optional
fields are missing, by model and field; some are null, by resource.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from emulator.sdk import values
from emulator.sdk.models import Field, Model, has_model, model
from emulator.sdk.types import id_field, searchable_types, shown_model, state_field, target_of
from emulator.sdk.values import Maker, Subject, Surroundings

if TYPE_CHECKING:
    from emulator.tenancy.values import Resource

_DEPTH = 3
_NULL_SHARE = 0.15
#: The fields of models that show a resource's name, the first that a model has, and its time of creation.
NAME_FIELDS = ("displayName", "name", "secretName", "operatorControlName", "dbName", "pdbName")
CREATION_FIELDS = ("timeCreated", "createdTime", "timeOfCreation")
_TAG_FIELDS = ("freeformTags", "definedTags", "systemTags")
# What a change of details may not hide behind: what changes by itself, what is redacted, what Search shows.
_UNSTEADY = re.compile(
    r"(?i)time|date|last|heartbeat|used|usage|approx|total|uptime|etag|hash|digest|version|percent|status|state"
    r"|key|secret|token|password|credential|certificate|cidr|region|domain|size|shape|url|uri|ip$|ids?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """How one field gets its value; `nullable` with a share of resources."""

    name: str
    maker: Maker
    nullable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a body of one model is made.

    `subplans` are there instead of steps where the model is one of several subtypes. `revised` is the field
    that shows a change of details, None where there is no suitable one.
    """

    steps: tuple[_Step, ...]
    subplans: tuple[Plan, ...]
    revised: str | None

    def fill(self, subject: Subject) -> dict[str, Any]:
        """A body; draws from the subject's random source in the order of the fields."""
        rng = subject.rng
        if self.subplans:
            return self.subplans[int(rng.random() * len(self.subplans))].fill(subject)
        body: dict[str, Any] = {}
        for step in self.steps:
            absent = step.nullable and rng.random() < _NULL_SHARE
            body[step.name] = None if absent else step.maker(subject)
        return body

    @property
    def is_revisable(self) -> bool:
        """Whether every body of this plan can show a change of details."""
        if self.subplans:
            return all(plan.is_revisable for plan in self.subplans)
        return self.revised is not None


def body_of(
    resource: Resource, shown: Model, around: Surroundings, *, revision: int | None = None
) -> dict[str, Any]:
    """The resource's body as the model `shown`; `revision` overrides the resource's own.

    Two revisions of a resource differ in exactly one field, and successive ones differ always.
    """
    subject = Subject(resource, Random(f"{resource.ordinal}:{resource.ocid}"), around)
    plan: Plan = plan_of(shown.module, shown.name, resource.resource_type)
    body = plan.fill(subject)
    changes = resource.revision if revision is None else revision
    if changes:
        _revise(plan, body, changes)
    return body


def part_of(resource: Resource, shown: Model, around: Surroundings, *, seed: str) -> dict[str, Any]:
    """Another body that belongs to a resource, for example the health of a load balancer."""
    subject = Subject(resource, Random(f"{seed}:{resource.ocid}"), around)
    part: Plan = _compile(shown.module, shown.name, None, frozenset())
    return part.fill(subject)


def item_of(
    resource: Resource, body: Mapping[str, Any], shown: Model, around: Surroundings
) -> dict[str, Any]:
    """A list's item of the model `shown` for a resource whose full body is known.

    What both have is equal; what only the list shows is made for it. A list of the get's own model shows all
    that the get shows, fields that the SDK does not know yet included.
    """
    full = shown_model(resource.resource_type)
    if full is shown:
        return dict(body)
    shown = _subtype(shown, body)
    item = {name: body[name] for name in shown.fields if name in body}
    extra = [name for name in shown.fields if name not in body and full and name not in full.fields]
    if extra:
        made = body_of(resource, shown, around, revision=0)
        item |= {name: made[name] for name in extra if name in made}
    return item


def _subtype(shown: Model, body: Mapping[str, Any]) -> Model:
    """The subtype of a model that a body's discriminator names; itself where there is none."""
    named = shown.subtypes.get(str(body.get(shown.discriminator or "")))
    return model(shown.module, named) if named and named != shown.name else shown


@cache
def plan_of(module: str, name: str, type_name: str) -> Plan:
    """The plan for the bodies of a type's resources as one of a module's models."""
    return _compile(module, name, type_name, frozenset())


def _revise(plan: Plan, body: dict[str, Any], revision: int) -> None:
    for candidate in plan.subplans or (plan,):
        field = candidate.revised
        if field is None or field not in body:
            continue
        value = body[field]
        if isinstance(value, bool):
            body[field] = value ^ (revision % 2 == 1)
        elif isinstance(value, int | float):
            body[field] = value + revision
        else:
            body[field] = f"{value} (revision {revision})"
        return


@cache
def _compile(module: str, name: str, type_name: str | None, above: frozenset[str]) -> Plan:
    """`type_name` for the body of a resource itself, `above` the models around a model inside of one."""
    shown = model(module, name)
    if shown.subtypes:
        told_by = shown.fields.get(shown.discriminator or "")
        allowed = told_by.allowed if told_by else ()
        # The SDK knows some subtypes by values that it does not know as values.
        subtypes = [t for v, t in shown.subtypes.items() if t != name and (not allowed or v in allowed)]
        subplans = tuple(_compile(module, subtype, type_name, above) for subtype in subtypes)
        return Plan(steps=(), subplans=subplans, revised=None)
    own = _own_makers(shown, type_name) if type_name else {}
    given = shown.fixed
    revised = _revised_field(shown, own.keys() | given.keys()) if type_name else None
    steps = []
    for field in shown.fields.values():
        if field.name in given:
            steps.append(_Step(name=field.name, maker=_constant(given[field.name]), nullable=False))
        elif field.name in own:
            steps.append(_Step(name=field.name, maker=own[field.name], nullable=False))
        elif field.required or field.name == revised or not _is_left_out(name, field.name):
            maker = _maker(shown, field, above | {name})
            steps.append(
                _Step(name=field.name, maker=maker, nullable=not field.required and field.name != revised)
            )
    return Plan(steps=tuple(steps), subplans=(), revised=revised)


def _is_left_out(model_name: str, field_name: str) -> bool:
    return field_name not in _TAG_FIELDS and zlib.crc32(f"{model_name}.{field_name}".encode()) % 12 == 0


def _constant(value: Any) -> Maker:
    return lambda _subject: value


def _own_makers(shown: Model, type_name: str) -> dict[str, Maker]:
    """The fields that the resource itself decides."""
    own: dict[str, Maker] = {
        id_field(shown): lambda subject: subject.resource.ocid,
        "compartmentId": lambda subject: subject.resource.compartment_id,
        "availabilityDomain": lambda subject: subject.resource.availability_domain,
        "tenancyId": lambda subject: subject.around.tenancy_id,
    }
    name_field = next((name for name in NAME_FIELDS if name in shown.fields), None)
    if name_field:
        own[name_field] = lambda subject: subject.resource.display_name
    for name in CREATION_FIELDS:
        own[name] = _created(shown.fields[name].type) if name in shown.fields else _constant(None)
    for name in _TAG_FIELDS:
        own[name] = _tags(name)
    state = state_field(shown)
    if state:
        own[state.name] = _state(state)
    row = searchable_types().get(type_name)
    for reference in row.references if row else ():
        if reference.field in shown.fields:
            own[reference.field] = _reference(reference.field)
    return {name: maker for name, maker in own.items() if name in shown.fields}


def _created(kind: str) -> Maker:
    """The time of creation; some services count milliseconds."""
    if kind != "int":
        return lambda subject: values.service_time(subject.resource.time_created)

    def milliseconds(subject: Subject) -> int | None:
        moment = subject.resource.time_created
        return None if moment is None else int(moment.timestamp() * 1000)

    return milliseconds


def _tags(name: str) -> Maker:
    if name == "freeformTags":
        return lambda subject: dict(subject.resource.freeform_tags)
    if name == "definedTags":
        return lambda subject: {space: dict(t) for space, t in subject.resource.defined_tags.items()}
    return lambda subject: {space: dict(t) for space, t in subject.resource.system_tags.items()}


def _state(field: Field) -> Maker:
    spelling = {state.upper(): state for state in field.allowed}

    def state(subject: Subject) -> str | None:
        known = subject.resource.lifecycle_state
        return None if known is None else spelling.get(known.upper(), known.upper())

    return state


def _reference(field_name: str) -> Maker:
    def reference(subject: Subject) -> str | list[str] | None:
        named = subject.resource.references.get(field_name)
        return list(named) if isinstance(named, tuple) else named

    return reference


def _revised_field(shown: Model, taken: set[str]) -> str | None:
    free = [f for f in shown.fields.values() if f.name not in taken and not _UNSTEADY.search(f.name)]
    plain = [f for f in free if f.type in ("int", "float", "bool") or (f.type == "str" and not f.allowed)]
    plain = [f for f in plain if f.type != "str" or values.makes_text(f.name)]
    order = {"int": 1, "float": 2, "bool": 3, "str": 4}
    plain.sort(key=lambda f: 0 if f.name == "description" else order[f.type])
    return plain[0].name if plain else None


def _maker(shown: Model, field: Field, above: frozenset[str]) -> Maker:
    if target_of(shown.module, field.name) is not None and field.type in ("str", "list[str]"):
        return _reference(field.name)
    if field.type == "str" and field.allowed:
        return _one_of(field.allowed)
    if field.type == "list[str]" and field.allowed:
        one = _one_of(field.allowed)
        return lambda subject: [one(subject)]
    return _maker_of(shown.module, field.name, field.type, above)


def _one_of(allowed: tuple[str, ...]) -> Maker:
    return lambda subject: allowed[int(subject.rng.random() * len(allowed))]


_PLAIN: Mapping[str, Maker] = {
    "bool": values.flag,
    "float": values.fraction,
    "datetime": values.some_time,
    "date": values.some_date,
    "object": values.free_object,
    "dict(str, str)": values.owner_map,
    "dict(str, object)": values.owner_map,
    "dict(str, dict(str, object))": lambda _subject: {},
    "dict(str, dict(str, str))": lambda _subject: {},
}


def _maker_of(module: str, field_name: str, kind: str, above: frozenset[str]) -> Maker:
    """The maker for a type expression: `str`, `list[Backend]`, `dict(str, list[str])`, `LaunchOptions`."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "str":
        return values.text_maker(field_name)
    if kind == "int":
        return values.whole_number_maker(field_name)
    if kind.startswith("list["):
        return _list_maker(_maker_of(module, field_name, kind[5:-1], above))
    if kind.startswith("dict("):
        inner = _maker_of(module, field_name, kind.partition(", ")[2][:-1], above)
        return lambda subject: {"main": value} if (value := inner(subject)) is not None else {}
    if not has_model(module, kind) or kind in above or len(above) >= _DEPTH:
        return _constant(None)
    plan: Plan = _compile(module, kind, None, above)
    return plan.fill


def _list_maker(inner: Maker) -> Maker:
    def items(subject: Subject) -> list[Any]:
        count = 1 if subject.rng.random() < 0.6 else 2
        made = [inner(subject) for _ in range(count)]
        return [item for item in made if item is not None]

    return items
