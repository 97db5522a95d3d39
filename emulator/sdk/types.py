"""The resource types that Search may name, each with the SDK's calls that read it.

The names and calls are a table read by hand (`searchable_types.tsv`), as is which field names which type
(`references.tsv`); states, references and parents are derived from the installed SDK's models. Which types a
tenancy has, and how often, is left to the generator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emulator.sdk.models import Field, Model, has_model, item_model, model
from emulator.sdk.operations import Operation, operation

_ID_FIELDS = {"NotificationTopic": "topicId", "Osn": "osnKey", "Peer": "peerKey"}
_ID_FIELDS |= {"ExternalMySqlDatabase": "externalDatabaseId"}
_STATE_FIELDS = ("lifecycleState", "state", "status")
# What a resource usually is, most usual first.
_USUAL_STATES = (
    "ACTIVE",
    "AVAILABLE",
    "RUNNING",
    "ENABLED",
    "SUCCEEDED",
    "ATTACHED",
    "ASSIGNED",
    "CONNECTED",
)
_FINAL_STATES = ("TERMINATED", "DELETED", "DETACHED")
_SELDOM_STATES = frozenset({"FAILED", "INVALID", "OTHER", "UNKNOWN", "UNKNOWN_ENUM_VALUE"})
_NESTING = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A field of the service's body that names resources of the type `target`, one or `many`.

    `parent`: the resource cannot be read without naming it, so every resource must have one. A leading
    underscore marks a field that the body does not show.
    """

    field: str
    target: str
    many: bool
    optional: bool
    parent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchableType:
    """One resource type.

    `home`: it exists once per tenancy, in the home region. `ocid_prefix` is the kind in its OCIDs.
    `states` are the live states as Search spells them, the usual one first; none: Search says null.
    `final_state` is the state after deletion, if the service has one.
    `get` and `list` are full names of the SDK's operations (`core.ComputeClient.get_instance`), or None.
    """

    name: str
    home: bool
    in_availability_domain: bool
    ocid_prefix: str
    states: tuple[str, ...]
    final_state: str | None
    get: str | None
    list: str | None
    references: tuple[Reference, ...]


def _rows(file_name: str) -> list[list[str]]:
    text = Path(__file__).with_name(file_name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


@cache
def _targets() -> Mapping[str, str]:
    return dict(_rows("references.tsv"))


@cache
def searchable_types() -> Mapping[str, SearchableType]:
    """Every type by name, in the table's order."""
    return {row[0]: _searchable(*row) for row in _rows("searchable_types.tsv")}


def get_operation(name: str) -> Operation | None:
    """The operation that reads one resource of a type, or None."""
    key = searchable_types()[name].get
    return operation(key) if key else None


def parent_parameters(call: Operation) -> tuple[str, ...]:
    """What a get asks for besides the id: the path's other parameters, and the required ones of its query."""
    return (*call.path_parameters[:-1], *(name for name in call.query if name in call.required))


@cache
def _by_operation() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in searchable_types().values():
        for key in (row.get, row.list):
            if key is not None:
                found.setdefault(key, []).append(row.name)
    return {key: tuple(names) for key, names in found.items()}


def types_read_by(call: Operation) -> tuple[str, ...]:
    """The types whose get or list an operation is."""
    return _by_operation().get(call.key, ())


@cache
def _by_item() -> Mapping[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = {}
    for row in searchable_types().values():
        for key in (row.get, row.list):
            shown = _answered(operation(key)) if key else None
            if shown is not None:
                names = found.setdefault((shown.module, shown.name), [])
                if row.name not in names:
                    names.append(row.name)
    return {key: tuple(names) for key, names in found.items()}


def types_listed_by(call: Operation) -> tuple[str, ...]:
    """The types whose resources a list shows: its own, or those whose items or bodies its items are.

    A list below something that no reference names could not tell which to show, so it has none.
    """
    own = types_read_by(call)
    module = call.client.module
    item = item_model(module, call.response or "")
    if own or item is None:
        return own
    if any(name != "namespaceName" and target_of(module, name) is None for name in call.path_parameters):
        return ()
    return _by_item().get((module, item[0]), ())


@cache
def shown_model(name: str) -> Model | None:
    """The model that a type's get answers, or else its list's items; None without either."""
    row = searchable_types()[name]
    for key in (row.get, row.list):
        found = _answered(operation(key)) if key else None
        if found is not None:
            return found
    return None


def id_field(shown: Model) -> str:
    """The field of a model that holds the resource's own OCID."""
    return _ID_FIELDS.get(shown.name, "id")


def state_field(shown: Model) -> Field | None:
    """The field of a model that holds the resource's lifecycle state, if it has one."""
    return next((shown.fields[name] for name in _STATE_FIELDS if name in shown.fields), None)


def _answered(call: Operation) -> Model | None:
    module, response = call.client.module, call.response or ""
    if call.name.startswith("list_"):
        item = item_model(module, response)
        response = item[0] if item else ""
    return model(module, response) if has_model(module, response) else None


def _searchable(name: str, ocid_prefix: str, flags: str, get: str, list_name: str) -> SearchableType:
    call = operation(get) if get != "-" else None
    listed = operation(f"{get.rpartition('.')[0]}.{list_name}") if call and list_name != "-" else None
    shown = _answered(call) if call else None
    live, final = _states(shown)
    if "title" in flags.split(","):
        live = tuple(state.title() for state in live if "_" not in state)
        final = final and final.title()
    return SearchableType(
        name=name,
        home="home" in flags.split(","),
        in_availability_domain=shown is not None and "availabilityDomain" in shown.fields,
        ocid_prefix=ocid_prefix,
        states=live,
        final_state=final,
        get=call.key if call else None,
        list=listed.key if listed else None,
        references=_references(name, call, listed, shown) if call and shown else (),
    )


def _states(shown: Model | None) -> tuple[tuple[str, ...], str | None]:
    if shown is None:
        return ("ACTIVE",), "DELETED"
    field = state_field(shown)
    if field is None or not field.allowed:
        return (), None
    final = next((state for state in field.allowed if state.upper() in _FINAL_STATES), None)
    live = [
        state
        for state in field.allowed
        if state.upper() not in _SELDOM_STATES and state.upper() not in _FINAL_STATES
    ]
    usual = {state: place for place, state in enumerate(_USUAL_STATES)}
    return tuple(sorted(live, key=lambda state: usual.get(state.upper(), len(usual)))), final


def _references(name: str, call: Operation, listed: Operation | None, shown: Model) -> tuple[Reference, ...]:
    module, own = call.client.module, id_field(shown)
    found: dict[str, Reference] = {}
    for parameter in parent_parameters(call):
        target = target_of(module, parameter)
        if target is not None:
            # The body may show the parent under another name than the path.
            named = (f for f in shown.fields if f != own and target_of(module, f) == target)
            field = next(named, f"_{parameter}")
            found[field] = Reference(field=field, target=target, many=False, optional=False, parent=True)
    for key, target in _targets().items():
        if key.startswith(f"{name}._"):
            field = key.partition(".")[2]
            found[field] = Reference(field=field, target=target, many=False, optional=True, parent=False)
    for field, one in _texts(shown, _NESTING):
        target = target_of(module, field)
        if target is not None and target != name and field != own:
            reference = Reference(
                field=field,
                target=target,
                many=one.type == "list[str]",
                # Without it the list could not be asked for the resource.
                optional=not one.required and (listed is None or field not in listed.required),
                parent=False,
            )
            found.setdefault(field, reference)
    return tuple(found.values())


def target_of(module: str, field_name: str) -> str | None:
    """The type that a field of a module's models names, or None where it names nothing that is known."""
    return _targets().get(f"{module}.{field_name}") or _targets().get(field_name)


def _texts(shown: Model, nesting: int) -> list[tuple[str, Field]]:
    """The fields of the model and of the models in it that hold text or lists of it; outer ones first."""
    found = [(f.name, f) for f in shown.fields.values() if f.type in ("str", "list[str]")]
    if nesting:
        for field in shown.fields.values():
            if has_model(shown.module, field.type):
                found += _texts(model(shown.module, field.type), nesting - 1)
    return found
