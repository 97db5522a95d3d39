"""The aggregator's way to a publication: once, by whoever gets there, with the same files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inventory.coordination.documents import read_aggregation
from inventory.errors import InvalidTrigger, ServerFault, Throttled
from inventory.model.canonical import sha256_hex
from inventory.ports.store import IfMatch, StoredObject
from inventory.roles.aggregator import pace
from inventory.roles.aggregator.aggregate import (
    CLOSED,
    CONTINUED,
    MAX_EPOCHS,
    NOT_YET,
    OWNED_BY_ANOTHER,
    AggregationAnswer,
)
from inventory.triggers import SWEEP
from tests.fakes.faulty_store import DIES_AFTER, DIES_BEFORE, LANDS_UNHEARD, VANISHES, Died, nth
from tests.fakes.installation import AGGREGATOR_FUNCTION, FRANKFURT, HOME, NAMES, Installation
from tests.fakes.platform import Invocation
from tests.unit.roles.aggregated_runs import (
    DERIVED,
    TOLD,
    closed,
    diff,
    inhabited,
    published,
    rescanned,
    summary,
)

#: Longer than a call may live, plus skew.
CALL = 311


# Answers


def test_a_run_whose_regions_are_at_work_is_not_aggregated() -> None:
    here = inhabited()
    run_id = here.start()
    here.work(run_id, HOME)
    before = dict(here.memory.objects)
    assert here.aggregate(run_id) == AggregationAnswer(status=NOT_YET, run_id=run_id)
    assert here.memory.objects == before


def test_a_run_that_nobody_planned_is_refused() -> None:
    with pytest.raises(InvalidTrigger, match="allowed: a run that has a manifest"):
        Installation().aggregate("20200101T000000Z-00000000")


def test_a_duplicate_aggregator_that_meets_an_owner_ends() -> None:
    here, _, run_id = rescanned()
    duplicate: list[str] = []
    here.store.writes["inventory.csv"] = [lambda: duplicate.append(here.aggregate(run_id).status)]
    assert here.aggregate(run_id).status == CLOSED
    assert duplicate == [OWNED_BY_ANOTHER]


def test_two_aggregators_that_claim_at_once_have_one_owner() -> None:
    here, _, run_id = rescanned()
    other: list[str] = []
    here.store.writes["aggregation.json"] = [lambda: other.append(here.aggregate(run_id).status)]
    assert here.aggregate(run_id).status == OWNED_BY_ANOTHER
    assert other == [CLOSED]


def test_a_closed_run_stays_as_it_is() -> None:
    here, _, run_id = rescanned()
    assert here.aggregate(run_id).status == CLOSED
    before = dict(here.memory.objects)
    assert here.aggregate(run_id).status == CLOSED
    assert here.memory.objects == before


# Publishing


def test_a_publication_lists_exactly_what_is_stored() -> None:
    here, first, run_id = rescanned()
    here.aggregate(run_id)
    listed = published(here, run_id)
    assert {artifact.name for artifact in listed.artifacts} == {*DERIVED, *TOLD}
    for artifact in listed.artifacts:
        stored = here.memory.get(here.names(run_id).artifact(artifact.name))
        assert (artifact.etag, artifact.size) == (stored.etag, len(stored.body))
        assert artifact.sha256 == sha256_hex(stored.body)
    assert listed.baseline_run_id == first
    assert listed.gaps == ()
    assert listed.counts == {
        "records": 7,
        "carried_forward": 0,
        "gaps": 0,
        "added": 1,
        "removed": 1,
        "changed": 2,
        "unchanged": 4,
        "notCompared": 0,
        "notComparedCurrent": 0,
        "prev_total": 7,
        "curr_total": 7,
    }
    counts = {artifact.name: artifact.count for artifact in listed.artifacts}
    assert counts == {
        "inventory.jsonl.gz": 7,
        "inventory.csv": 7,
        "relationships.jsonl.gz": 0,
        "diff.json": 8,
        "diff_summary.json": 1,
        "changes.jsonl.gz": 4,
        "graph_nodes.jsonl.gz": 9,
        "graph_edges.jsonl.gz": 8,
        "inventory.parquet": 7,
        "run_summary.json": None,
        "coverage.json": None,
        "report.md": None,
    }


def test_a_publication_moves_the_pointer_and_closes_the_run() -> None:
    here, first, run_id = rescanned()
    here.aggregate(run_id)
    pointer = here.json(NAMES.latest)
    assert (pointer["run_id"], pointer["previous_run_id"]) == (run_id, first)
    assert pointer["artifacts"]["report.md"] == f"inventory/runs/{run_id}/report.md"
    assert closed(here, run_id) == ("published", "the pointer names this run")
    assert here.json(NAMES.lease)["state"] == "idle"
    assert here.topic.messages[-1][0] == f"OCI inventory {run_id}: published"


def test_the_first_run_has_an_inventory_and_no_diff() -> None:
    here = inhabited()
    run_id = here.run()
    names = {artifact.name for artifact in published(here, run_id).artifacts}
    graph = {"graph_nodes.jsonl.gz", "graph_edges.jsonl.gz", "relationships.jsonl.gz"}
    tables = {"inventory.jsonl.gz", "inventory.csv", "inventory.parquet"}
    assert names == {*tables, *graph, *TOLD}
    assert summary(here, run_id)["diff_note"] == "there is no earlier inventory to compare with"
    assert summary(here, run_id)["gaps"] == []
    assert len(here.inventory(run_id)) == 7


def test_a_run_that_another_one_overtook_is_superseded() -> None:
    here, _, run_id = rescanned()
    stored = here.memory.get(NAMES.latest)
    here.memory.put(NAMES.latest, stored.body, condition=IfMatch(etag=stored.etag))
    here.aggregate(run_id)
    assert closed(here, run_id) == (
        "superseded",
        "another run was published while this one was at work",
    )
    assert here.memory.get(NAMES.latest).body == stored.body
    assert here.json(NAMES.lease)["state"] == "idle"


def test_two_runs_over_the_same_state_differ_in_nothing_but_time() -> None:
    here = inhabited()
    first = here.run("first")
    second = here.run("second")
    found = diff(here, second)
    assert sorted(found["unchanged"]) == ["a", "b", "c", "k", "l", "m", "u"]
    assert (found["added"], found["removed"], found["changed"], found["notCompared"]) == ([], [], [], [])
    at = [here.manifest(run_id).collected_at for run_id in (first, second)]
    before, after = (here.lines(run_id, "inventory.jsonl.gz") for run_id in (first, second))
    assert [{**record, "collectedAt": at[1]} for record in before] == after
    assert here.artifact(first, "inventory.csv") == here.artifact(second, "inventory.csv")


# Taking over


def writes_of_an_aggregation() -> list[str]:
    """The last parts of the names that an undisturbed aggregation writes, in order."""
    here, _, run_id = rescanned()
    here.store.written.clear()
    here.aggregate(run_id)
    return [name.rsplit("/", 1)[1] for name in here.store.written]


WRITES = writes_of_an_aggregation()


def test_an_aggregation_writes_in_an_order_that_a_crash_cannot_spoil() -> None:
    once = [name for name in WRITES if name != "aggregation.json"]
    assert once[0] == "inventory.jsonl.gz"
    assert set(once[:-4]) == {*DERIVED, *TOLD}
    assert once[-4:] == ["published.json", "latest.json", "closed.json", "lease.json"]


@pytest.mark.parametrize("fate", [DIES_BEFORE, DIES_AFTER])
@pytest.mark.parametrize("number", range(len(WRITES)))
def test_whoever_takes_over_at_any_write_publishes_the_same_files(number: int, fate: str) -> None:
    reference, _, _ = rescanned()
    here, _, run_id = rescanned()
    reference.aggregate(run_id)

    kind = WRITES[number]
    before = WRITES[:number].count(kind)
    here.store.writes[kind] = nth(before + 1, fate)
    with pytest.raises(Died):
        here.aggregate(run_id)
    here.clock.advance(CALL)
    assert here.aggregate(run_id).status == CLOSED

    assert closed(here, run_id) == closed(reference, run_id)
    assert here.json(NAMES.latest) == reference.json(NAMES.latest)
    assert here.json(NAMES.lease)["state"] == "idle"
    for name in DERIVED:
        assert here.artifact(run_id, name) == reference.artifact(run_id, name), name
    mine, theirs = published(here, run_id), published(reference, run_id)
    assert (mine.counts, mine.gaps) == (theirs.counts, theirs.gaps)
    assert {(a.name, a.count) for a in mine.artifacts} == {(a.name, a.count) for a in theirs.artifacts}
    for artifact in mine.artifacts:
        assert sha256_hex(here.artifact(run_id, artifact.name)) == artifact.sha256


@pytest.mark.parametrize("fate", [LANDS_UNHEARD, VANISHES])
@pytest.mark.parametrize("number", range(len(WRITES)))
def test_an_answer_that_is_lost_at_any_write_costs_at_most_another_call(number: int, fate: str) -> None:
    here, _, run_id = rescanned()
    kind = WRITES[number]
    before = WRITES[:number].count(kind)
    here.store.writes[kind] = nth(before + 1, fate)
    try:
        here.aggregate(run_id)
    except ServerFault:
        assert here.aggregate(run_id).status == CLOSED, "the claim was released"
    status, _ = closed(here, run_id)
    assert status == "published"
    assert here.json(NAMES.latest)["run_id"] == run_id
    missing = {gap.name for gap in published(here, run_id).gaps}
    assert missing <= {kind}, "a file that could not be written is a gap, no other is"


def test_a_store_that_fails_frees_the_aggregation_for_the_next_call() -> None:
    here, _, run_id = rescanned()
    here.store.writes["inventory.jsonl.gz"] = [Throttled("429")]
    with pytest.raises(Throttled):
        here.aggregate(run_id)
    assert here.aggregate(run_id).status == CLOSED
    assert closed(here, run_id)[0] == "published"


def test_a_release_that_fails_does_not_hide_what_led_to_it() -> None:
    here, _, run_id = rescanned()
    here.store.writes["inventory.jsonl.gz"] = [Throttled("the cause")]
    here.store.writes["aggregation.json"] = nth(2, ServerFault("the consequence"))
    with pytest.raises(Throttled, match="the cause"):
        here.aggregate(run_id)


def test_an_aggregator_that_was_overtaken_stops_writing() -> None:
    here, _, run_id = rescanned()
    other: list[str] = []

    def overtake() -> None:
        here.clock.advance(CALL)
        other.append(here.aggregate(run_id).status)
        here.store.written.clear()

    here.store.writes["inventory.csv"] = [overtake]
    assert here.aggregate(run_id).status == OWNED_BY_ANOTHER
    assert other == [CLOSED]
    # What it was writing is create-once and equal; its next commit is refused.
    assert here.store.written[-1].rsplit("/", 1)[1] == "aggregation.json"
    assert closed(here, run_id)[0] == "published"


def test_an_aggregator_hands_over_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    reference, _, _ = rescanned()
    here, _, run_id = rescanned()
    reference.aggregate(run_id)
    monkeypatch.setattr(pace, "_EVERY", 1)
    here.invoker.take()
    shard = next(name for name in here.memory.objects if f"{run_id}/regions/{HOME}/shards/" in name)
    here.store.reads[shard] = [lambda: here.clock.advance(295)]
    assert here.aggregate(run_id).status == CONTINUED
    assert here.invoker.take() == [Invocation(function_id=AGGREGATOR_FUNCTION, body={"run_id": run_id})]
    assert not here.has(here.names(run_id).artifact("inventory.jsonl.gz"))
    assert here.aggregate(run_id).status == CLOSED, "the claim was released"
    for name in DERIVED:
        assert here.artifact(run_id, name) == reference.artifact(run_id, name), name


def test_an_aggregation_that_no_call_finishes_is_given_up() -> None:
    here, first, run_id = rescanned()
    for _ in range(MAX_EPOCHS):
        here.store.writes["inventory.jsonl.gz"] = [DIES_BEFORE]
        with pytest.raises(Died):
            here.aggregate(run_id)
        here.clock.advance(CALL)
    here.store.writes.clear()
    assert here.aggregate(run_id).status == CLOSED
    assert closed(here, run_id) == ("failed", f"{MAX_EPOCHS} calls could not finish the aggregation")
    assert here.json(NAMES.latest)["run_id"] == first


def test_what_is_published_is_never_closed_as_failed() -> None:
    """However many calls it took to get from the pointer to the closing."""
    here, _, run_id = rescanned()
    for _ in range(MAX_EPOCHS + 1):
        here.store.writes["closed.json"] = [DIES_BEFORE]
        with pytest.raises(Died):
            here.aggregate(run_id)
        here.clock.advance(CALL)
    here.store.writes.clear()
    here.aggregate(run_id)
    assert here.json(NAMES.latest)["run_id"] == run_id
    assert closed(here, run_id)[0] == "published"


def test_what_is_published_stays_so_where_its_listing_is_damaged_before_the_closing() -> None:
    here, _, run_id = rescanned()
    here.store.writes["closed.json"] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.aggregate(run_id)
    name = here.names(run_id).published
    here.memory.objects[name] = StoredObject(body=b"{", etag=here.memory.objects[name].etag)
    here.clock.advance(CALL)
    assert here.aggregate(run_id).status == CLOSED
    status, reason = closed(here, run_id)
    assert status == "published"
    assert reason.startswith("the pointer names this run; published.json: not JSON")
    assert here.json(NAMES.latest)["run_id"] == run_id
    assert not here.has(here.names(run_id).artifact("failure.md"))


def test_what_is_published_stays_so_for_the_controller_behind_an_aggregator_that_fenced_it() -> None:
    here, _, run_id = rescanned()
    here.store.writes["closed.json"] = [DIES_BEFORE, DIES_BEFORE]
    name = here.names(run_id).published
    for _ in range(2):
        with pytest.raises(Died):
            here.aggregate(run_id)
        here.memory.objects[name] = StoredObject(body=b"{", etag=here.memory.objects[name].etag)
        here.clock.advance(CALL)
    assert here.json(here.names(run_id).aggregation)["state"] == "fenced"
    here.control(SWEEP)
    assert closed(here, run_id)[0] == "published"
    assert not here.has(here.names(run_id).artifact("failure.md"))


def test_whether_there_is_a_parquet_table_is_the_plans_word_and_not_a_later_owners() -> None:
    here, _, run_id = rescanned()
    here.store.writes["inventory.csv"] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.aggregate(run_id)
    here.clock.advance(CALL)
    here.reconfigure(parquet=False)
    here.aggregate(run_id)
    assert published(here, run_id).artifact("inventory.parquet") is not None
    third = here.run("third")
    assert published(here, third).artifact("inventory.parquet") is None
    assert "| Parquet table | left out |" in here.artifact(third, "report.md").decode()


def test_an_aggregation_goes_on_behind_its_last_recorded_step() -> None:
    here, _, run_id = rescanned()
    here.store.writes["inventory.csv"] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.aggregate(run_id)
    aggregation = read_aggregation(here.call(), run_id)
    assert aggregation is not None
    assert [artifact.name for artifact in aggregation.value.artifacts] == ["inventory.jsonl.gz"]
    here.clock.advance(CALL)
    here.store.written.clear()
    here.aggregate(run_id)
    assert not [name for name in here.store.written if name.endswith("inventory.jsonl.gz")]


def test_a_function_that_was_updated_during_the_run_does_not_mix_two_catalogs() -> None:
    here, first, run_id = rescanned()
    here.catalog = replace(here.catalog, fingerprint="another")
    here.aggregate(run_id)
    assert closed(here, run_id) == ("failed", "the function was updated during the run")
    assert here.json(NAMES.latest)["run_id"] == first


def test_frankfurt_is_a_region_like_any_other() -> None:
    """The same IAM resource from both regions is one record, of the home region."""
    here = inhabited()
    run_id = here.run()
    user = here.inventory(run_id)["ocid1.user.oc1..u"]
    assert user["region"] == HOME
    regions = summary(here, run_id)["regions"]
    assert regions[FRANKFURT]["counts"] == {"home_region_items_skipped": 1}
    assert (regions[FRANKFURT]["records"], regions[HOME]["records"]) == (3, 4)
