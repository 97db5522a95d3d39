"""Holds a published run against what was expected of it, record for record and change for change."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tests.e2e.expected import (
    LISTED,
    REDACTED,
    RELATIONS,
    RELATIONS_OF_TYPES,
    ExpectedDiff,
    Identity,
    Known,
    identified,
    is_final,
    is_planted,
)
from tests.e2e.run_files import RunFiles

_ABSENT = object()
_UNADDRESSABLE = "malformed (missing identityContext."
_SAME = ("ocid", "resourceType", "displayName", "compartmentId", "region", "lifecycleState")
_CSV_COLUMNS = (*_SAME, "timeCreated", "enrichStatus")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def check_inventory(run: RunFiles, expected: Mapping[Identity, Known]) -> None:
    """Every record is there once, in order, in canonical bytes, and says what the truth says."""
    content = run.bytes_of("inventory.jsonl.gz")
    records = [json.loads(line) for line in content.splitlines()]
    assert content == b"".join(canonical(record) + b"\n" for record in records)
    keys = [(record["ocid"] or "", record["resourceType"]) for record in records]
    assert keys == sorted(keys)
    found = dict(identified(records))
    assert len(found) == len(records), "an OCID stands twice"
    assert not found.keys() - expected.keys(), "resources that do not exist"
    assert not expected.keys() - found.keys(), "resources that are missing"
    wrong = [
        (identity, *mistake)
        for identity, known in expected.items()
        for mistake in _mistakes(found[identity], known)
    ]
    assert not wrong, f"{len(wrong)} fields differ from the truth: {wrong[:5]}"


def _mistakes(record: Mapping[str, Any], known: Known) -> Iterator[tuple[str, Any, Any]]:
    """Field, expected value and found value of what is wrong with a record."""
    truth = known.truth
    wanted: dict[str, Any] = {name: truth[name] for name in (*_SAME, "freeformTags", "definedTags")}
    wanted |= {
        "collectedAt": known.seen_at,
        "enrichStatus": known.status,
        "enrichError": None if known.status != "ERROR" else _error(truth, record["enrichError"]),
    }
    for name, value in wanted.items():
        if record[name] != value:
            yield name, value, record[name]
    if not _is_same_time(truth["timeCreated"], record["timeCreated"]):
        yield "timeCreated", truth["timeCreated"], record["timeCreated"]
    details = record["details"]
    if truth["searched"]:
        yield from _search_mistakes(details["searchSummary"], truth)
    elif "searchSummary" in details:
        yield "searchSummary", _ABSENT, details["searchSummary"]
    metadata = details.get("metadata")
    if metadata is not None and known.body is not None and truth["resourceType"] in LISTED:
        metadata = {name: value for name, value in metadata.items() if name in known.body}
    if metadata != known.body and not is_planted(truth["resourceType"]):
        # Under some names of secrets the derivation of bodies makes up texts of its own.
        metadata = _with_made_up_secrets(metadata, known.body)
    if metadata != known.body:
        yield "metadata", *_differing(known.body, metadata)
    as_of = known.details_seen_at if known.details_seen_at != known.seen_at else None
    if details.get("asOf") != as_of:
        yield "asOf", as_of, details.get("asOf")
    yield from _relationship_mistakes(record, known)


def _with_made_up_secrets(found: Any, wanted: Any) -> Any:
    """What was found, with the texts of the body where the product put its mark."""
    if found == REDACTED and isinstance(wanted, (str, int, float)):
        return wanted
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        return {name: _with_made_up_secrets(item, wanted.get(name)) for name, item in found.items()}
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        return [_with_made_up_secrets(*pair) for pair in zip(found, wanted, strict=True)]
    return found


def _differing(one: Any, other: Any) -> tuple[Any, Any]:
    """Two bodies without what they agree in."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return one, other
    names = [name for name in {**one, **other} if one.get(name, _ABSENT) != other.get(name, _ABSENT)]
    return {name: one.get(name) for name in names}, {name: other.get(name) for name in names}


def _error(truth: Mapping[str, Any], told: str | None) -> str:
    if truth["readCall"] is not None and truth["body"] is None and str(told).startswith(_UNADDRESSABLE):
        # The generator found no parent for it, and so Search names none.
        return str(told)
    return (
        "goneSinceDiscovery" if is_final(truth) else "notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)"
    )


def _search_mistakes(item: Mapping[str, Any], truth: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    names = ("resourceType", "compartmentId", "displayName", "availabilityDomain", "lifecycleState")
    wanted = {name: truth[name] for name in (*names, "freeformTags", "definedTags", "systemTags")}
    wanted["identifier"] = truth["ocid"]
    if "missingFields" in truth["oddities"]:
        wanted = {name: _ABSENT if value is None else value for name, value in wanted.items()}
    for name, value in wanted.items():
        if item.get(name, _ABSENT) != value:
            yield f"searchSummary/{name}", value, item.get(name, _ABSENT)


def _relationship_mistakes(record: Mapping[str, Any], known: Known) -> Iterator[tuple[str, Any, Any]]:
    found = [
        (edge["source_ocid"], edge["relation_type"], edge["target_ocid"]) for edge in record["relationships"]
    ]
    if found != sorted(set(found)):
        yield "relationships", "sorted and distinct", found
    body = known.body or {}
    needed = set()
    kinds = RELATIONS | RELATIONS_OF_TYPES.get(record["resourceType"], {})
    for name, kind in kinds.items():
        named = body.get(name) or []
        for target in named if isinstance(named, list) else [named]:
            needed.add((record["ocid"], kind, target))
    if not needed <= set(found):
        yield "relationships", needed, found


def _is_same_time(expected: str | None, found: str | None) -> bool:
    if expected is None or found is None:
        return expected == found
    return found.endswith("+00:00") and datetime.fromisoformat(found) == datetime.fromisoformat(expected)


def check_tables(run: RunFiles, expected: Mapping[Identity, Known]) -> None:
    """The CSV holds every record, safe for spreadsheets; relationships are those of the records."""
    rows: dict[tuple[str, ...], int] = Counter(
        tuple(row[column] for column in _CSV_COLUMNS) for row in run.table()
    )
    assert rows == Counter(_row(known) for known in expected.values())
    edges = run.lines("relationships.jsonl.gz")
    assert edges == [edge for record in run.records() for edge in record["relationships"]]


def _row(known: Known) -> tuple[str, ...]:
    created = known.truth["timeCreated"]
    cells = [known.truth[name] or "" for name in _SAME]
    cells += [datetime.fromisoformat(created).isoformat() if created else "", known.status]
    return tuple(f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in cells)


def check_summary(run: RunFiles, expected: Mapping[Identity, Known]) -> None:
    """The numbers of `run_summary.json` are those of the truth."""
    summary = run.summary()
    by_status = Counter(known.status for known in expected.values())
    by_type: dict[str, Counter[str]] = defaultdict(Counter)
    for known in expected.values():
        by_type[known.truth["resourceType"]][known.status] += 1
    carried = Counter(
        known.truth["region"] for known in expected.values() if known.seen_at != run.collected_at()
    )
    assert summary["total_discovered"] == len(expected)
    assert summary["enriched_ok"] == by_status["OK"]
    assert summary["not_implemented"] == by_status["NOT_IMPLEMENTED"]
    assert summary["errors"] == by_status["ERROR"]
    assert summary["counts_by_enrich_status"] == by_status
    assert summary["counts_by_resource_type_and_status"] == by_type
    assert summary["counts_by_resource_type"] == {name: found.total() for name, found in by_type.items()}
    assert summary["without_ocid"] == sum(known.truth["ocid"] is None for known in expected.values())
    assert summary["carried_forward"] == carried.total()
    assert {
        region: told["carried_forward"]
        for region, told in summary["regions"].items()
        if told["carried_forward"]
    } == carried
    by_compartment = Counter(known.truth["compartmentId"] for known in expected.values())
    assert {
        row["compartmentId"]: row["records"] for row in summary["counts_by_compartment"]
    } == by_compartment


def check_coverage(run: RunFiles, expected: Mapping[Identity, Known]) -> None:
    """`coverage.json` says of every type in every region what was seen, and how much of it was read."""
    wanted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for known in expected.values():
        is_seen = known.seen_at == run.collected_at()
        counts = wanted[known.truth["region"], known.truth["resourceType"]]
        counts["seen" if is_seen else "carriedForward"] += 1
        counts[known.status if is_seen else "earlier"] += 1
    found = {
        (region, kind): counts
        for region, told in run.coverage()["regions"].items()
        for kind, counts in told["types"].items()
    }
    assert found.keys() == wanted.keys()
    for place, counts in found.items():
        assert (counts["seen"], counts["carriedForward"]) == (
            wanted[place]["seen"],
            wanted[place]["carriedForward"],
        ), place
        assert (counts["enriched"], counts["notImplemented"]) == (
            wanted[place]["OK"],
            wanted[place]["NOT_IMPLEMENTED"],
        ), place
        assert sum(counts["failed"].values()) + counts["gone"] == wanted[place]["ERROR"], place


def check_diff(run: RunFiles, expected: ExpectedDiff, baseline: RunFiles | None) -> None:
    """`diff.json`, its summary and the changes say what changed, and nothing else.

    `baseline` is the run compared with, for the hashes; None where its files are gone.
    """
    diff = run.document("diff.json")
    kinds = {
        "added": expected.added,
        "removed": expected.removed,
        "changed": frozenset(expected.changed),
        "unchanged": expected.unchanged,
        "notCompared": expected.not_compared_before | expected.not_compared_now,
    }
    for kind, identities in kinds.items():
        assert diff[kind] == sorted(ocids(identities)), kind
    numbers = {
        **{kind: len(identities) for kind, identities in kinds.items()},
        "notCompared": len(expected.not_compared_before),
        "notComparedCurrent": len(expected.not_compared_now),
        "prev_total": len(expected.previous),
        "curr_total": len(expected.current),
    }
    assert diff["summary"] == numbers
    assert run.document("diff_summary.json") == numbers
    assert run.summary()["diff"] == numbers
    assert numbers["prev_total"] == sum(
        numbers[kind] for kind in ("removed", "changed", "unchanged", "notCompared")
    )
    _check_hashes(diff["details"], "curr_hash", run)
    if baseline is not None:
        _check_hashes(diff["details"], "prev_hash", baseline)
    _check_changes(run, expected)


def _check_hashes(details: Mapping[str, Mapping[str, str]], name: str, run: RunFiles) -> None:
    wanted = {record["ocid"]: stable_hash(record) for record in run.records() if record["ocid"] is not None}
    assert {ocid: hashes[name] for ocid, hashes in details.items() if name in hashes} == wanted


def _check_changes(run: RunFiles, expected: ExpectedDiff) -> None:
    lines = run.lines("changes.jsonl.gz")
    told: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line["ocid"] is not None:
            told[line["kind"]].add(line["ocid"])
    assert told["added"] == ocids(expected.added)
    assert told["removed"] == ocids(expected.removed)
    assert told["changed"] == ocids(expected.changed)
    assert len(lines) == len(expected.added) + len(expected.removed) + len(expected.changed)
    for line in lines:
        if line["ocid"] is None:
            continue
        identity = (line["ocid"],)
        old, new = expected.previous.get(identity), expected.current.get(identity)
        known = new or old
        assert known is not None
        for name in ("resourceType", "displayName", "region", "compartmentId"):
            assert line[name] == known.truth[name]
        assert line["until"] == run.collected_at()
        if old is not None:
            assert line["since"] == old.seen_at
        if line["kind"] == "changed":
            assert old is not None
            assert new is not None
            _check_fields(line, old, new, expected.changed[identity])


def _check_fields(line: Mapping[str, Any], old: Known, new: Known, fields: frozenset[str]) -> None:
    named = set()
    for change in line["fields"]:
        parts = change["pointer"].split("/")
        if parts[1] == "relationships":
            # They follow from the metadata, which changed in the same place.
            assert any(name.startswith("/details/metadata/") for name in fields)
            continue
        named.add("/".join(parts[:4] if parts[1] == "details" else parts[:2]))
        assert change.get("before", _ABSENT) == at_pointer(old.view(), change["pointer"])
        assert change.get("after", _ABSENT) == at_pointer(new.view(), change["pointer"])
    assert named == fields, line["ocid"]


def at_pointer(value: Any, pointer: str) -> Any:
    """The value at a JSON pointer, or a mark where there is none."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value.get(name, _ABSENT)
    return value


def ocids(identities: Any) -> set[str]:
    """The OCIDs of identities that have one."""
    return {identity[0] for identity in identities if identity[0]}


def canonical(value: Any) -> bytes:
    """A value's canonical bytes, by the contract: the standard library's."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def masked(value: Any) -> Any:
    """A value without any key `collectedAt`."""
    if isinstance(value, Mapping):
        return {name: masked(item) for name, item in value.items() if name != "collectedAt"}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value


def stable_hash(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(masked(record))).hexdigest()
