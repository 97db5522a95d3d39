"""The streaming merge against a naive one that holds everything in memory."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from merge_builders import ASHBURN, BEFORE, FRANKFURT, PHOENIX, REGION_NAMES, RUN, merge, record, rules, shard

from inventory.model.canonical import canonical_line
from inventory.model.record import Record, record_key

REGIONS = (ASHBURN, FRANKFURT, PHOENIX)
CANONICAL = {"Old": "New"}
TYPES = ("New", "Old", "Other")
Work = list[tuple[str, tuple[int, int], list[Record]]]

identifiers = st.sampled_from([None, *(f"ocid1.x.oc1.{r}.{n}" for r in ("", "iad", "fra") for n in "ab")])


@st.composite
def records(draw: st.DrawFn, *, at: str, region: str | None = None) -> Record:
    has_metadata = draw(st.booleans())
    details: dict[str, Any] = {"searchSummary": {"n": draw(st.integers(0, 9))}}
    if has_metadata:
        details["metadata"] = {"n": draw(st.integers(0, 9))}
    return record(
        draw(identifiers),
        at=at,
        region=region or draw(st.sampled_from(REGIONS)),
        details=details,
        relationships=[("USES", draw(st.sampled_from("xy")))] if has_metadata else [],
        resourceType=draw(st.sampled_from(TYPES)),
        displayName=draw(st.sampled_from("pq")),
        compartmentId=draw(st.sampled_from(["kept", "excluded"])),
        enrichStatus=draw(st.sampled_from(["OK", "ERROR"])),
    )


@st.composite
def work(draw: st.DrawFn) -> Work:
    shards = []
    for region in draw(st.lists(st.sampled_from(REGIONS), unique=True)):
        orders = st.tuples(st.integers(1, 3), st.integers(1, 12))
        for order in draw(st.lists(orders, unique=True, max_size=4)):
            shards.append((region, order, draw(st.lists(records(at=RUN, region=region), max_size=5))))
    return draw(st.permutations(shards))


def unique_inventory(items: list[Record]) -> list[Record]:
    known: dict[str, Record] = {}
    rest = [item for item in items if item["ocid"] is None]
    for item in items:
        if item["ocid"] is not None:
            known.setdefault(item["ocid"], item)
    return [*rest, *known.values()]


def naive_choice(sightings: list[tuple[str, tuple[int, int], int, Record]]) -> Record:
    """The rules one after the other, each keeping those it prefers, if there are any."""
    own_region = REGION_NAMES.get(sightings[0][3]["ocid"].split(".")[3])
    for prefers in (
        lambda s, _: s[3]["resourceType"] not in CANONICAL,
        lambda s, _: s[0] == own_region,
        lambda s, among: s[0] == min(x[0] for x in among),
        lambda s, among: s[3]["resourceType"] == min(x[3]["resourceType"] for x in among),
        lambda s, among: s[1] == max(x[1] for x in among),
        lambda s, among: s[2] == max(x[2] for x in among),
    ):
        sightings = [s for s in sightings if prefers(s, sightings)] or sightings
    (chosen,) = sightings
    return chosen[3]


def naive_merge(shards: Work, baseline: list[Record], complete: set[tuple[str, str]]) -> list[Record]:
    by_ocid: dict[str, list[tuple[str, tuple[int, int], int, Record]]] = defaultdict(list)
    seen: dict[tuple[Any, int], Record] = {}
    without: dict[Any, list[Record]] = defaultdict(list)
    for region, order, items in shards:
        for position, item in enumerate(items):
            if item["ocid"] is None:
                without[record_key(item)].append(item)
            else:
                by_ocid[item["ocid"]].append((region, order, position, item))
    for identifier, sightings in by_ocid.items():
        seen[identifier, 0] = naive_choice(sightings)
    for key, twins in without.items():
        for ordinal, item in enumerate(sorted(twins, key=canonical_line)):
            seen[key, ordinal] = item
    ordinals: dict[Any, int] = defaultdict(int)
    for old in sorted(baseline, key=lambda item: (record_key(item), canonical_line(item))):
        name = old["ocid"] or record_key(old)
        place, ordinals[name] = (name, ordinals[name]), ordinals[name] + 1
        if place in seen:
            now = seen[place]
            is_covered = old["compartmentId"] != "excluded"
            is_complete = (old["region"], old["resourceType"]) in complete
            if old["region"] != now["region"] and is_covered and not is_complete:
                seen[place] = old
                continue
            is_blind = now["enrichStatus"] == "ERROR" and "metadata" not in now["details"]
            if is_blind and "metadata" in old["details"]:
                details = now["details"] | {"metadata": old["details"]["metadata"], "asOf": BEFORE}
                seen[place] = now | {"details": details, "relationships": old["relationships"]}
        elif old["compartmentId"] != "excluded" and (old["region"], old["resourceType"]) not in complete:
            seen[place] = old
    return [item for place, item in sorted(seen.items(), key=lambda row: (record_key(row[1]), row[0][1]))]


@settings(max_examples=250, deadline=None)
@given(
    shards=work(),
    old=st.lists(records(at=BEFORE), max_size=8).map(unique_inventory),
    complete=st.sets(st.tuples(st.sampled_from(REGIONS), st.sampled_from(TYPES))),
)
def test_the_stream_gives_what_the_rules_give_in_memory(
    shards: Work, old: list[Record], complete: set[tuple[str, str]]
):
    run = rules(complete=complete, out_of_scope=["excluded"], canonical=CANONICAL)
    streams = [shard(region, *items, order=order) for region, order, items in shards]
    merged, counts = merge(streams, old, run)
    assert merged == naive_merge(shards, old, complete)
    keys = [record_key(item) for item in merged]
    assert keys == sorted(keys)
    named = [item["ocid"] for item in merged if item["ocid"]]
    assert len(named) == len(set(named))
    sightings = sum(len(items) for _, _, items in shards)
    assert counts.records == len(merged) == sightings - counts.folded + counts.carried_forward.total()
    assert counts.without_ocid == len(merged) - len(named)
