"""The table of types that Search can know: complete, correct against the SDK, and at least what we read."""

from __future__ import annotations

import re

from emulator.sdk.operations import operation
from emulator.sdk.types import parent_parameters, searchable_types, shown_model, types_listed_by
from inventory.catalog.load import load_catalog


def test_the_table_names_every_known_type_once() -> None:
    types = searchable_types()
    assert len(types) == 498
    assert len({name.lower() for name in types}) == len(types)
    assert list(types) == sorted(types, key=str.lower)


def test_most_types_can_be_read_and_listed() -> None:
    types = searchable_types().values()
    assert sum(row.get is not None for row in types) >= 430
    assert sum(row.list is not None for row in types) >= 425


def test_every_call_exists_and_answers_a_model() -> None:
    for row in searchable_types().values():
        if row.get is None:
            continue
        assert shown_model(row.name) is not None
        if row.list is not None:
            assert row.name in types_listed_by(operation(row.list))


def test_every_catalogued_type_has_the_same_call_here() -> None:
    """The emulator's own reading and the product's catalog agree on what reads a type."""
    rows = {name.lower(): row for name, row in searchable_types().items()}
    for entry in load_catalog().entries:
        row = rows[entry.name.lower()]
        assert row.home == entry.home_region
        if entry.get is None:
            continue
        assert row.get == f"{entry.service}.{entry.client}.{entry.get.operation}"
        for alias in entry.aliases:
            known = searchable_types().get(alias)
            assert known is None or known.get == row.get


def test_the_kinds_in_ocids_are_ones_that_ocids_can_hold() -> None:
    for row in searchable_types().values():
        assert re.fullmatch(r"[a-z][a-z0-9-]*", row.ocid_prefix)


def test_references_name_types_that_can_be_read() -> None:
    types = searchable_types()
    for row in types.values():
        assert len({reference.field for reference in row.references}) == len(row.references)
        for reference in row.references:
            assert types[reference.target].get is not None
            assert reference.target != row.name


def test_everything_in_a_path_but_the_id_is_a_parent() -> None:
    """Otherwise nobody could ask for the resource."""
    for row in searchable_types().values():
        if row.get is not None:
            parents = set(parent_parameters(operation(row.get))) - {"namespaceName", "compartmentId"}
            assert len([reference for reference in row.references if reference.parent]) == len(parents)


def test_states_are_the_models_own_the_usual_one_first() -> None:
    types = searchable_types()
    assert types["Vcn"].states[0] == "AVAILABLE"
    assert types["Vcn"].final_state == "TERMINATED"
    assert types["Instance"].states[0] == "Running"
    assert types["Instance"].final_state == "Terminated"
    assert (types["PrivateIp"].states, types["PrivateIp"].final_state) == ((), None)
    for row in types.values():
        assert row.final_state not in row.states
