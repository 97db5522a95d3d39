"""Stored documents: the same bytes for ever, read back as written, and refused where they are wrong.

The golden files pin the format: a change of one is a change of what older and newer code in one bucket read.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.errors import InvalidDocument
from inventory.model.canonical import canonical_line, parse_json
from inventory.model.checkpoint import (
    ALL_TYPES,
    COMPLETE,
    FAILED,
    FINAL,
    OPEN,
    PARTIAL,
    Checkpoint,
    ShardRef,
    Slice,
    add_calls,
    outcome_of,
)
from inventory.model.lease import REMEMBERED_TRIGGERS, Lease
from inventory.model.manifest import Manifest, Scope
from tests.unit.documents.examples import EXAMPLES, Example

GOLDEN = Path(__file__).parents[2] / "data" / "documents"

every_document = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)


@every_document
def test_a_documents_bytes_are_those_of_its_golden_file(example: Example) -> None:
    assert example.value.to_bytes() == (GOLDEN / example.name).read_bytes()


@every_document
def test_a_document_is_read_back_as_it_was_written(example: Example) -> None:
    assert example.parse(example.value.to_bytes()) == example.value


@every_document
def test_fields_of_a_newer_writer_are_accepted_everywhere(example: Example) -> None:
    values = parse_json(example.value.to_bytes())
    for path in [(), *_paths(values)]:
        place = _at(values, path)
        if isinstance(place, dict) and not _is_keyed_by_data(path):
            place["of_the_future"] = {"x": [1]}
    assert example.parse(canonical_line(values)) == example.value


@every_document
def test_every_field_is_checked_for_its_kind(example: Example) -> None:
    values = parse_json(example.value.to_bytes())
    checked = 0
    for path in _paths(values):
        if path[0] == "format_version":
            continue
        for wrong in _other_kinds(_at(values, path)):
            if wrong is None and _pattern(path) in example.nullable:
                continue
            changed = copy.deepcopy(values)
            _at(changed, path[:-1])[path[-1]] = wrong
            with pytest.raises(InvalidDocument) as caught:
                example.parse(canonical_line(changed))
            message = str(caught.value)
            assert message.startswith(f"{example.name}: "), message
            named = path[-1] if isinstance(path[-1], str) else path[-2]
            assert str(named) in message, message
            assert repr(wrong) in message, message
            assert "allowed: " in message or "expected " in message, message
            checked += 1
    assert checked > 20


@every_document
def test_every_field_is_required_unless_it_may_be_null(example: Example) -> None:
    values = parse_json(example.value.to_bytes())
    for path in _paths(values):
        if isinstance(path[-1], int) or _is_keyed_by_data(path[:-1]):
            continue
        changed = copy.deepcopy(values)
        del _at(changed, path[:-1])[path[-1]]
        if _pattern(path) in example.nullable:
            example.parse(canonical_line(changed))
        else:
            with pytest.raises(InvalidDocument, match=path[-1]):
                example.parse(canonical_line(changed))


@every_document
@pytest.mark.parametrize("version", [2, 0, "1", None, True])
def test_a_foreign_format_version_is_refused(example: Example, version: Any) -> None:
    values = {**parse_json(example.value.to_bytes()), "format_version": version}
    with pytest.raises(InvalidDocument) as caught:
        example.parse(canonical_line(values))
    assert str(caught.value).startswith(f"{example.name}: field 'format_version' is {version!r}; allowed: ")


@every_document
@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff\xfe", b"[]", b"null"])
def test_what_is_no_json_object_is_refused(example: Example, body: bytes) -> None:
    with pytest.raises(InvalidDocument, match=f"^{example.name}: "):
        example.parse(body)


@pytest.mark.parametrize(
    ("name", "path", "allowed"),
    [
        ("lease.json", ("state",), "held, idle"),
        ("manifest.json", ("depth",), "search, bulk, full"),
        ("checkpoint.json", ("state",), "open, final"),
        ("checkpoint.json", ("slices", 0, "state"), "open, complete, failed"),
        ("checkpoint.json", ("slices", 0, "cursor", "phase"), "scan, untimed, read"),
        ("outcome.json", ("status",), "complete, partial, failed"),
        ("aggregation.json", ("state",), "working, publishing, fenced"),
        ("closed.json", ("status",), "published, superseded, stored, failed"),
        ("lease.json", ("valid_until",), "an RFC 3339 time"),
        ("manifest.json", ("close_by",), "an RFC 3339 time"),
        ("checkpoint.json", ("updated_at",), "an RFC 3339 time"),
        ("outcome.json", ("ended_at",), "an RFC 3339 time"),
        ("aggregation.json", ("started_at",), "an RFC 3339 time"),
        ("closed.json", ("closed_at",), "an RFC 3339 time"),
    ],
)
def test_a_word_that_is_not_known_is_told_with_those_that_are(
    name: str, path: tuple[str | int, ...], allowed: str
) -> None:
    (example,) = (example for example in EXAMPLES if example.name == name)
    values = parse_json(example.value.to_bytes())
    _at(values, path[:-1])[path[-1]] = "sideways"
    with pytest.raises(InvalidDocument) as caught:
        example.parse(canonical_line(values))
    assert str(caught.value).endswith(f"field {path[-1]!r} is 'sideways'; allowed: {allowed}")


# What the documents decide beside their bytes


def test_a_manifest_from_before_there_were_filters_has_none() -> None:
    """A new version of the code must not lose the last inventory that the old one published."""
    (example,) = (example for example in EXAMPLES if example.name == "manifest.json")
    values = parse_json(example.value.to_bytes())
    for name in ("types", "exclude_types", "compartments", "tags"):
        del values["scope"][name]
    for name in ("is_adhoc", "compartments_error", "compartments_sha256", "parquet", "budgets"):
        del values[name]
    old = Manifest.from_bytes(canonical_line(values))
    assert old.scope == Scope(
        query="query vcn resources",
        regions=("eu-frankfurt-1", "us-ashburn-1", "us-phoenix-1"),
        include_terminated=False,
    )
    assert (old.is_adhoc, old.compartments_error, old.compartments_sha256) == (False, None, None)
    assert (old.parquet, old.budgets) == (None, {})


@pytest.mark.parametrize("name", ["checkpoint.json", "outcome.json"])
def test_a_region_from_before_anything_waited_for_details_is_read(name: str) -> None:
    """The function may be updated between a region's calls, and verify reads old runs."""
    (example,) = (example for example in EXAMPLES if example.name == name)
    values = parse_json(example.value.to_bytes())
    for part in values["slices"]:
        del part["found"], part["found_behind"]
    del values["tally"]["failures"]
    old = example.parse(canonical_line(values))
    assert [(part.found, part.found_behind) for part in old.slices] == [((), 0), ((), 0)]
    assert old.slices[0].shards == example.value.slices[0].shards
    assert old.tally == replace(example.value.tally, failures={})


def test_a_trigger_that_waits_has_a_key() -> None:
    (example,) = (example for example in EXAMPLES if example.name == "lease.json")
    values = parse_json(example.value.to_bytes())
    values["pending"]["keys"] = []
    with pytest.raises(InvalidDocument, match="allowed: at least one key"):
        Lease.from_bytes(canonical_line(values))


def test_the_same_mistake_has_the_same_name_whenever_it_is_made() -> None:
    (example,) = (example for example in EXAMPLES if example.name == "refusal.json")
    refusal = example.value
    assert replace(refusal, first_seen=datetime(2027, 1, 1, tzinfo=UTC)).digest == refusal.digest
    for other in ({"role": "region"}, {"code": "invalidSettings"}, {"message": "another"}):
        assert replace(refusal, **other).digest != refusal.digest


@pytest.mark.parametrize(("values", "regular"), [({}, "r1"), ({"last_regular_run_id": None}, None)])
def test_a_lease_from_before_ad_hoc_runs_has_had_regular_ones_alone(
    values: dict[str, Any], regular: str | None
) -> None:
    (example,) = (example for example in EXAMPLES if example.name == "lease.json")
    stored = parse_json(example.value.to_bytes())
    del stored["last_regular_run_id"]
    lease = Lease.from_bytes(canonical_line({**stored, "last_run_id": "r1", **values}))
    assert lease.last_regular_run_id == regular


def test_a_lease_remembers_the_latest_triggers_only() -> None:
    lease = Lease(state="idle", owner="o", revision=0)
    for number in range(REMEMBERED_TRIGGERS + 5):
        lease = lease.remembering(f"key-{number}", f"run-{number}")
    assert len(lease.recent_triggers) == REMEMBERED_TRIGGERS
    assert lease.run_of_trigger("key-4") is None
    assert lease.run_of_trigger("key-5") == "run-5"
    assert lease.remembering("key-9", "run-9") is lease


@given(keys=st.lists(st.text(), max_size=70))
def test_a_lease_of_any_triggers_is_read_back(keys: list[str]) -> None:
    lease = Lease(state="idle", owner="o", revision=0)
    for key in keys:
        lease = lease.remembering(key, f"run of {key}")
    assert Lease.from_bytes(lease.to_bytes()) == lease


def test_a_scope_without_regions_covers_all_and_one_of_none_covers_none() -> None:
    everywhere = Scope(query="q", regions=None, include_terminated=True)
    assert everywhere.covers_region("us-ashburn-1")
    assert not replace(everywhere, regions=()).covers_region("us-ashburn-1")
    assert replace(everywhere, regions=("us-ashburn-1",)).covers_region("us-ashburn-1")


def _checkpoint(
    *states: str, shards: tuple[ShardRef, ...] = (), found: tuple[ShardRef, ...] = ()
) -> Checkpoint:
    (example,) = (example for example in EXAMPLES if example.name == "checkpoint.json")
    slices = [Slice(name=str(number), state=state) for number, state in enumerate(states)]
    slices[0] = replace(slices[0], shards=shards, found=found)
    checkpoint: Checkpoint = replace(example.value, slices=tuple(slices))
    return checkpoint


@pytest.mark.parametrize(
    ("states", "has_shards", "status"),
    [
        ((COMPLETE,), True, COMPLETE),
        ((COMPLETE, COMPLETE), False, COMPLETE),
        ((COMPLETE, FAILED), False, PARTIAL),
        ((FAILED,), True, PARTIAL),
        ((FAILED,), False, FAILED),
        ((FAILED, FAILED), False, FAILED),
    ],
)
def test_an_outcome_follows_from_the_slices(states: tuple[str, ...], has_shards: bool, status: str) -> None:
    (example,) = (example for example in EXAMPLES if example.name == "checkpoint.json")
    shard = example.value.slices[0].shards
    assert outcome_of(_checkpoint(*states, shards=shard if has_shards else ())).status == status


def test_what_waits_for_its_details_counts_where_a_slice_ends_so() -> None:
    """Its details are missing, but the resources were seen."""
    (example,) = (example for example in EXAMPLES if example.name == "checkpoint.json")
    (shard,), (found,) = example.value.slices[0].shards, example.value.slices[1].found
    checkpoint = _checkpoint(FAILED, shards=(shard,), found=(found,))
    assert checkpoint.shard_count == 2
    assert outcome_of(checkpoint).shards == (shard, found), "a later file knows better"
    assert outcome_of(_checkpoint(FAILED, found=(found,))).status == PARTIAL


def test_a_type_is_complete_where_every_slice_is_that_may_hold_it() -> None:
    outcome = outcome_of(_checkpoint(COMPLETE))

    def complete(**states: str) -> list[str]:
        slices = tuple(Slice(name=name.replace("_", ","), state=state) for name, state in states.items())
        whole = Slice(name=ALL_TYPES, state=COMPLETE)
        told = replace(outcome, slices=(whole, *slices))
        return [name for name in ("Vcn", "User", "Domain", "Use") if told.is_complete(name)]

    assert complete() == ["Vcn", "User", "Domain", "Use"]
    assert complete(Domain_Group_User=COMPLETE) == ["Vcn", "User", "Domain", "Use"]
    assert complete(Domain_Group_User=FAILED) == ["Vcn", "Use"]
    assert complete(Domain_Group_User=OPEN, Vcn=FAILED) == ["Use"]
    broken = replace(outcome, slices=(Slice(name=ALL_TYPES, state=FAILED), Slice(name="Vcn", state=COMPLETE)))
    assert not broken.is_complete("Vcn"), "Search may have shown one that the list does not"
    assert not replace(outcome, slices=()).is_complete("Vcn")


def test_a_checkpoint_that_may_still_change_has_no_outcome() -> None:
    with pytest.raises(ValueError, match="not final"):
        outcome_of(replace(_checkpoint(COMPLETE), state=OPEN))
    assert outcome_of(replace(_checkpoint(COMPLETE), state=FINAL)).status == COMPLETE


def test_api_calls_add_up_by_service_and_operation() -> None:
    one = {"core": {"get_vcn": {"calls": 2, "retries": 1}}}
    other = {"core": {"get_vcn": {"calls": 3}, "get_subnet": {"calls": 1}}, "identity": {"x": {"calls": 1}}}
    assert add_calls((one, other)) == {
        "core": {"get_vcn": {"calls": 5, "retries": 1}, "get_subnet": {"calls": 1}},
        "identity": {"x": {"calls": 1}},
    }
    assert one == {"core": {"get_vcn": {"calls": 2, "retries": 1}}}


# Walking through a document

Place = tuple[str | int, ...]

#: Objects whose keys are data, by their paths: `calls` and `failures` are such on three levels,
#: `enrich_errors` on two.
_KEYED_BY_DATA = (
    "region_invocations",
    "region_keys",
    "compartments",
    "counts",
    "seconds",
    "artifacts",
    "tally/counts",
    "tally/seconds",
    "tally/redactions",
    "tally/enrich_errors",
    "tally/enrich_errors/Vcn",
    "tally/calls",
    "tally/calls/core",
    "tally/calls/core/get_vcn",
    "tally/failures",
    "tally/failures/core",
    "tally/failures/core/get_vcn",
    "budgets",
)


def _is_keyed_by_data(path: Place) -> bool:
    return _pattern(path) in _KEYED_BY_DATA


def _pattern(path: Place) -> str:
    return "/".join("*" if isinstance(step, int) else step for step in path)


def _at(value: Any, path: Place) -> Any:
    for step in path:
        value = value[step]
    return value


def _paths(value: Any, path: Place = ()) -> Iterator[Place]:
    """Every place in a JSON value, below the value itself."""
    steps: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    for step, item in steps:
        yield (*path, step)
        yield from _paths(item, (*path, step))


def _other_kinds(value: Any) -> list[Any]:
    """JSON values of every kind but this value's; a null may be a string's or a number's place."""
    kinds: list[Any] = [True, "x", [], {}, None]
    if isinstance(value, float):
        return kinds
    if isinstance(value, bool):
        return [7, *kinds[1:]]
    if value is None:
        return [True, [], {}]
    return [other for other in (7, 1.5, *kinds) if type(other) is not type(value)]
