"""What the aggregator cannot read or write: a gap where it can be one, the run's end where it must be."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.errors import NotAuthorizedOrNotFound, ObjectNotFound, ServerFault, Throttled
from inventory.exports.csv_table import csv_row
from inventory.model.checkpoint import PARTIAL
from inventory.model.publication import ArtifactGap
from inventory.ports.store import IfAbsent, StoredObject
from inventory.roles.aggregator import sinks
from inventory.roles.aggregator.aggregate import CLOSED, DIFF_FILES
from inventory.roles.verifier.verify import verify_run
from tests.fakes.faulty_store import DIES_AFTER, DIES_BEFORE, VANISHES, Died, nth
from tests.fakes.installation import FRANKFURT, HOME, NAMES, Installation, item
from tests.unit.roles.aggregated_runs import (
    DERIVED,
    changed,
    closed,
    diff,
    gaps,
    inhabited,
    published,
    rescanned,
    summary,
)

CALL = 311
DERIVED_FILES = [name for name in DERIVED if name != "inventory.jsonl.gz"]


def replaced(here: Installation, name: str, body: bytes) -> None:
    """Damage behind everybody's back: other bytes under the same ETag."""
    here.memory.objects[name] = StoredObject(body=body, etag=here.memory.objects[name].etag)


def shard_of(here: Installation, run_id: str, region: str) -> str:
    prefix = f"{here.names(run_id).root}/regions/{region}/shards/"
    return next(name for name in here.memory.objects if name.startswith(prefix))


# Derived files


@pytest.mark.parametrize("name", DERIVED_FILES)
@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (
            NotAuthorizedOrNotFound("no", status=403, code="Forbidden"),
            "notAuthorizedOrNotFound (403 Forbidden)",
        ),
        (Throttled("no", status=429), "throttled (429)"),
        (ZeroDivisionError("a bug"), "internalError"),
        (VANISHES, "serverError"),
    ],
)
def test_a_derived_file_that_fails_is_a_named_gap(name: str, failure: Any, reason: str) -> None:
    here, _, run_id = rescanned()
    here.store.writes[name] = [failure]
    here.aggregate(run_id)
    assert closed(here, run_id)[0] == "published"
    listed = published(here, run_id)
    assert listed.gaps == (ArtifactGap(name=name, reason=reason),)
    assert {*DERIVED} - {artifact.name for artifact in listed.artifacts} == {name}
    assert gaps(here, run_id) == [("artifact", name, reason)]
    assert f"| artifact | {name.replace('_', chr(92) + '_')} |" in here.artifact(run_id, "report.md").decode()
    assert listed.counts["gaps"] == 1
    assert (listed.counts["added"], listed.counts["removed"], listed.counts["changed"]) == (1, 1, 2)


def test_a_record_that_breaks_one_file_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    here, _, run_id = rescanned()

    def fragile(record: Any) -> bytes:
        if record["displayName"] == "renamed":
            raise ValueError("a bug in a table")
        return csv_row(record)

    monkeypatch.setattr(sinks, "csv_row", fragile)
    here.aggregate(run_id)
    assert published(here, run_id).gaps == (ArtifactGap(name="inventory.csv", reason="internalError"),)
    assert not here.has(here.names(run_id).artifact("inventory.csv"))
    assert diff(here, run_id)["changed"] == ["b", "k"]


def test_a_file_that_failed_before_anything_was_told_of_it_is_tried_again_by_the_next_owner() -> None:
    here, _, run_id = rescanned()
    here.store.writes["inventory.csv"] = [Throttled("429")]
    here.store.writes["inventory.parquet"] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.aggregate(run_id)
    here.clock.advance(CALL)
    here.aggregate(run_id)
    listed = published(here, run_id)
    assert listed.gaps == ()
    assert listed.artifact("inventory.csv") is not None


TOLD_STEPS = (
    "run_summary.json",
    "coverage.json",
    "report.md",
    "published.json",
    "latest.json",
    "closed.json",
)


@pytest.mark.parametrize("fate", [DIES_BEFORE, DIES_AFTER])
@pytest.mark.parametrize("step", TOLD_STEPS)
def test_a_gap_that_is_decided_stays_one_for_whoever_takes_over(step: str, fate: str) -> None:
    """The first owner could not write the table; summary and listing must not contradict each other."""
    here, _, run_id = rescanned()
    here.store.writes["inventory.csv"] = [Throttled("no", status=429)]
    here.store.writes[step] = [fate]
    with pytest.raises(Died):
        here.aggregate(run_id)
    here.clock.advance(CALL)
    here.aggregate(run_id)
    assert closed(here, run_id)[0] == "published"
    listed = published(here, run_id)
    assert listed.gaps == (ArtifactGap(name="inventory.csv", reason="throttled (429)"),)
    assert listed.counts["gaps"] == 1
    assert gaps(here, run_id) == [("artifact", "inventory.csv", "throttled (429)")]
    assert verify_run(here.memory, NAMES, run_id).findings.told == []


@pytest.mark.parametrize("step", TOLD_STEPS[:4])
def test_a_file_that_is_stored_and_told_of_cannot_fail_for_whoever_takes_over(step: str) -> None:
    here, _, run_id = rescanned()
    here.store.writes[step] = [DIES_AFTER]
    with pytest.raises(Died):
        here.aggregate(run_id)
    here.clock.advance(CALL)
    for name in DERIVED_FILES:
        here.store.writes[name] = [Throttled("no", status=429)]
    here.aggregate(run_id)
    listed = published(here, run_id)
    assert listed.gaps == ()
    assert {*DERIVED} <= {artifact.name for artifact in listed.artifacts}
    report = here.artifact(run_id, "report.md").decode()
    assert "4 of 4 are named here" in report, "changes are named, whoever wrote the report"
    assert verify_run(here.memory, NAMES, run_id).findings.told == []


@pytest.mark.parametrize("step", TOLD_STEPS[:3])
def test_a_baseline_that_is_lost_between_two_owners_contradicts_nothing(step: str) -> None:
    here, first, run_id = rescanned()
    here.store.writes[step] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.aggregate(run_id)
    here.memory.delete(here.names(first).published)
    here.clock.advance(CALL)
    here.aggregate(run_id)
    assert closed(here, run_id)[0] == "published"
    listed = published(here, run_id)
    assert [gap.name for gap in listed.gaps] == [*DIFF_FILES]
    assert not {artifact.name for artifact in listed.artifacts} & {*DIFF_FILES}
    assert listed.counts["gaps"] == len(gaps(here, run_id))
    assert ("added" in listed.counts) == (summary(here, run_id)["diff"] is not None)


def test_a_file_that_exists_with_other_content_fails_the_run() -> None:
    here, first, run_id = rescanned()
    here.memory.put(here.names(run_id).artifact("inventory.csv"), b"somebody's\r\n", condition=IfAbsent())
    here.aggregate(run_id)
    status, reason = closed(here, run_id)
    assert status == "failed"
    assert reason.endswith("inventory.csv exists with other content than this run's input gives")
    assert here.json(NAMES.latest)["run_id"] == first
    assert not here.has(here.names(run_id).published)


# Shards


@pytest.mark.parametrize("damage", ["truncated", "other content", "not gzip", "gone", "another version"])
def test_a_damaged_shard_fails_the_run_with_a_report(damage: str) -> None:
    here, first, run_id = rescanned()
    name = shard_of(here, run_id, FRANKFURT)
    body = here.memory.get(name).body
    other = here.memory.get(shard_of(here, run_id, HOME)).body
    match damage:
        case "truncated":
            replaced(here, name, body[:-9])
        case "other content":
            replaced(here, name, other + b"\0" * max(0, len(body) - len(other)))
        case "not gzip":
            replaced(here, name, b"x" * len(body))
        case "gone":
            here.memory.delete(name)
        case "another version":
            here.memory.objects[name] = StoredObject(body=body, etag="another")
    before = here.memory.get(NAMES.latest)
    assert here.aggregate(run_id).status == CLOSED
    status, reason = closed(here, run_id)
    assert status == "failed"
    assert name in reason
    assert here.memory.get(NAMES.latest) == before
    assert not here.has(here.names(run_id).artifact("inventory.jsonl.gz"))
    assert not here.has(here.names(run_id).published)
    report = here.artifact(run_id, "report.md").decode()
    assert "**failed**: nothing was published" in report
    assert here.json(NAMES.lease)["state"] == "idle"
    assert here.aggregate(run_id).status == CLOSED
    assert here.run("third") > first


def test_a_shard_that_is_late_is_no_damage() -> None:
    here, _, run_id = rescanned()
    here.store.reads[shard_of(here, run_id, HOME)] = [ServerFault("503")]
    with pytest.raises(ServerFault):
        here.aggregate(run_id)
    here.aggregate(run_id)
    assert closed(here, run_id)[0] == "published"


# Regions that were not seen


def test_a_run_without_any_complete_region_never_moves_the_pointer() -> None:
    here = inhabited()
    first = here.run("first")
    for region in (FRANKFURT, HOME):
        here.regions[region].is_down = True
    run_id = here.run("second")
    assert closed(here, run_id) == ("failed", "no region could be read completely")
    assert here.json(NAMES.latest)["run_id"] == first
    report = here.artifact(run_id, "report.md").decode()
    assert f"| {HOME} | failed | serverError |" in report


def test_partial_regions_alone_publish_nothing_either() -> None:
    here = inhabited(page_size=1)

    def before(asked: Any) -> None:
        if asked.page is not None:
            raise ServerFault("503")

    here.search.before = before
    run_id = here.run()
    outcome = here.json(here.names(run_id).outcome(HOME))
    assert outcome["status"] == PARTIAL
    assert closed(here, run_id) == ("failed", "no region could be read completely")
    assert not here.has(NAMES.latest)


def test_a_region_that_failed_keeps_its_records_and_reports_its_changes_later() -> None:
    here = inhabited()
    first = here.run("first")
    changed(here)
    here.regions[FRANKFURT].is_down = True
    second = here.run("second")
    before, after = here.inventory(first), here.inventory(second)
    for name in "abc":
        ocid = f"ocid1.vcn.oc1.eu-frankfurt-1.{name}"
        assert after[ocid] == before[ocid], "as last known, and marked by its age"
    found = diff(here, second)
    assert (found["notCompared"], found["removed"], found["changed"]) == (["a", "b", "c"], [], ["k"])
    assert gaps(here, second) == [("slice", f"{FRANKFURT}/*", "serverError")]
    assert summary(here, second)["carried_forward"] == 3
    assert summary(here, second)["regions"][FRANKFURT]["carried_forward"] == 3

    here.regions[FRANKFURT].is_down = False
    third = here.run("third")
    found = diff(here, third)
    assert (found["added"], found["removed"], found["changed"]) == (["d"], ["a"], ["b"])
    since = {line["kind"]: line["since"] for line in here.lines(third, "changes.jsonl.gz")}
    assert since["changed"] == since["removed"] == here.manifest(first).collected_at
    assert since["added"] == here.manifest(second).collected_at


def test_details_that_cannot_be_read_this_time_are_kept_with_their_age() -> None:
    here = inhabited()
    vnic = "ocid1.vnic.oc1.iad.v"
    here.regions[HOME].items.append(item(HOME, "v", resourceType="Vnic", identifier=vnic))
    first = here.run("first")
    here.reader.failures = {vnic: Throttled("no", status=429)}
    second = here.run("second")
    here.clock.advance(60)
    third = here.run("third")
    for run_id in (second, third):
        record = here.inventory(run_id)[vnic]
        assert (record["enrichStatus"], record["enrichError"]) == ("ERROR", "throttled (429)")
        assert record["details"]["metadata"] == here.inventory(first)[vnic]["details"]["metadata"]
        assert record["details"]["asOf"] == here.manifest(first).collected_at
        assert diff(here, run_id)["changed"] == []
        assert gaps(here, run_id) == [("enrichment", f"{HOME}/Vnic", "throttled (429): 1 records")]
        assert summary(here, run_id)["details_carried_forward"] == 1
        assert summary(here, run_id)["failures"] == {"core": {"get_vnic": {"throttled": 1}}}


def test_a_list_that_cannot_be_read_leaves_all_that_it_shows_with_older_details() -> None:
    here = inhabited()
    first = here.run("first")
    here.reader.failures = {"ocid1.vcn.oc1.iad.l": Throttled("no", status=429)}
    second = here.run("second")
    before, after = here.inventory(first), here.inventory(second)
    vcns = [ocid for ocid in before if ocid.startswith("ocid1.vcn.")]
    assert {after[ocid]["details"]["asOf"] for ocid in vcns} == {here.manifest(first).collected_at}
    assert diff(here, second)["changed"] == []
    assert gaps(here, second) == [
        ("enrichment", f"{region}/Vcn", "throttled (429): 3 records") for region in (FRANKFURT, HOME)
    ]
    assert summary(here, second)["failures"] == {"core": {"list_vcns": {"throttled": 6}}}


def test_a_resource_that_only_another_region_shows_now_keeps_its_own_regions_record() -> None:
    here = inhabited()
    strays = [item(HOME, "k")]
    here.regions[FRANKFURT].items += strays
    first = here.run("first")
    here.regions[HOME].is_down = True
    second = here.run("second")
    vcn = strays[0]["identifier"]
    assert here.inventory(second)[vcn] == here.inventory(first)[vcn]
    assert here.inventory(second)[vcn]["region"] == HOME
    assert "k" in diff(here, second)["notCompared"]


# The baseline


def lost_baselines() -> list[Any]:
    def manifest_gone(here: Installation, first: str) -> None:
        here.memory.delete(here.names(first).manifest)

    def listing_gone(here: Installation, first: str) -> None:
        here.memory.delete(here.names(first).published)

    def listing_damaged(here: Installation, first: str) -> None:
        replaced(here, here.names(first).published, b"{")

    def other_contract(here: Installation, first: str) -> None:
        name = here.names(first).published
        body = here.memory.get(name).body
        replaced(here, name, body.replace(b'"contract_version":1', b'"contract_version":2'))

    def inventory_gone(here: Installation, first: str) -> None:
        here.memory.delete(here.names(first).artifact("inventory.jsonl.gz"))

    def inventory_damaged(here: Installation, first: str) -> None:
        name = here.names(first).artifact("inventory.jsonl.gz")
        body = bytearray(here.memory.get(name).body)
        body[4] ^= 1  # the time in the gzip header: only the checksum of the whole tells
        replaced(here, name, bytes(body))

    def lost_before_the_diff(here: Installation, first: str) -> None:
        name = here.names(first).artifact("inventory.jsonl.gz")
        here.store.reads[name] = nth(2, ObjectNotFound("gone"))

    return [
        (manifest_gone, "has no published inventory any more"),
        (listing_gone, "has no published inventory any more"),
        (listing_damaged, "published.json: not JSON"),
        (other_contract, "is of contract version 2; this code reads version 1"),
        (inventory_gone, "has no published inventory any more"),
        (inventory_damaged, "its listing says"),
        (lost_before_the_diff, "is gone or is not the object that was listed"),
    ]


@pytest.mark.parametrize(("lose", "reason"), lost_baselines())
def test_an_unreadable_baseline_publishes_without_diff_and_says_so(lose: Any, reason: str) -> None:
    here, first, run_id = rescanned()
    lose(here, first)
    here.aggregate(run_id)
    assert closed(here, run_id)[0] == "published"
    assert here.json(NAMES.latest)["run_id"] == run_id
    listed = published(here, run_id)
    assert listed.gaps == tuple(ArtifactGap(name=name, reason="baselineUnreadable") for name in DIFF_FILES)
    assert not {artifact.name for artifact in listed.artifacts} & {*DIFF_FILES}
    (gap, *files) = gaps(here, run_id)
    assert gap[:2] == ("baseline", first)
    assert reason in gap[2]
    assert [place for _, place, _ in files] == [*DIFF_FILES]
    told = summary(here, run_id)
    assert told["diff"] is None
    assert told["diff_note"].startswith("the baseline could not be read: ")
    assert "No diff: the baseline could not be read" in here.artifact(run_id, "report.md").decode()
    assert len(here.inventory(run_id)) == 7

    third = here.run("third")
    assert diff(here, third)["unchanged"] != [], "the next run has a baseline again"


def test_a_baseline_in_a_bucket_that_was_copied_is_the_same_under_another_etag() -> None:
    here, first, run_id = rescanned()
    name = here.names(first).artifact("inventory.jsonl.gz")
    replaced(here, name, here.memory.get(name).body)
    here.aggregate(run_id)
    assert summary(here, run_id)["gaps"] == []
    assert len(diff(here, run_id)["unchanged"]) + len(diff(here, run_id)["changed"]) > 0


def test_a_baseline_that_is_late_is_waited_for() -> None:
    here, first, run_id = rescanned()
    here.store.reads[f"{first}/published.json"] = [ServerFault("503")]
    with pytest.raises(ServerFault):
        here.aggregate(run_id)
    here.store.reads[f"{first}/inventory.jsonl.gz"] = [Throttled("429")]
    with pytest.raises(Throttled):
        here.aggregate(run_id)
    here.aggregate(run_id)
    assert published(here, run_id).gaps == ()


def test_a_baseline_that_was_given_up_stays_so_for_whoever_takes_over() -> None:
    here, first, run_id = rescanned()
    name = here.names(first).published
    stored = here.memory.objects[name]
    here.memory.delete(name)
    here.store.writes["inventory.jsonl.gz"] = nth(2, DIES_BEFORE)
    here.store.writes["inventory.csv"] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.aggregate(run_id)
    here.store.writes.clear()
    here.memory.objects[name] = stored
    here.clock.advance(CALL)
    here.aggregate(run_id)
    assert closed(here, run_id)[0] == "published"
    assert [gap.name for gap in published(here, run_id).gaps] == [*DIFF_FILES]


def test_carried_forward_records_stay_although_the_baseline_is_lost_before_the_diff() -> None:
    here = inhabited()
    first = here.run("first")
    here.regions[FRANKFURT].is_down = True
    run_id = here.scan("second")
    name = here.names(first).artifact("inventory.jsonl.gz")
    here.store.reads[name] = nth(2, ObjectNotFound("gone"))
    here.aggregate(run_id)
    assert summary(here, run_id)["carried_forward"] == 3
    assert summary(here, run_id)["diff"] is None
