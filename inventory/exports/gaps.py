"""What a run did not see: by accident, each a gap with its place and reason, or on purpose, counted.

What is told here needs no inventory, so a run that failed can tell it, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from inventory.exports.counts import FailedReads
from inventory.model.checkpoint import COMPLETE, Outcome
from inventory.model.manifest import Manifest
from inventory.stages.scope import OTHER_COMPARTMENT, OTHER_TAGS, OTHER_TYPE, TERMINATED, UNKNOWN_COMPARTMENT

#: Kind, place and reason.
Gap = dict[str, str]

#: What the regions' workers leave out on purpose and count, with the words for people.
EXCLUSIONS: Mapping[str, str] = {
    "home_region_items_skipped": "of a home-region type, met elsewhere; the home region's answer counts",
    TERMINATED: "terminated or deleted, which the settings leave out",
    OTHER_TYPE: "of a type that was not asked for",
    OTHER_COMPARTMENT: "in a compartment that was not asked for",
    UNKNOWN_COMPARTMENT: "in a compartment that the tree does not show, so that nobody can say; also a gap",
    OTHER_TAGS: "with none of the tags that were asked for",
}
#: What the aggregator leaves out of what it carries forward.
OUT_OF_SCOPE: Mapping[str, str] = {
    "out_of_scope": "records of the last inventory that this run's scope does not cover",
}


def exclusions_of(outcomes: Mapping[str, Outcome]) -> dict[str, int]:
    """How many search items were left out on purpose, by reason, in a fixed order."""
    total: Counter[str] = Counter()
    for outcome in outcomes.values():
        total.update({reason: outcome.tally.counts.get(reason, 0) for reason in EXCLUSIONS})
    return {reason: total[reason] for reason in EXCLUSIONS}


def gaps_of(
    manifest: Manifest,
    outcomes: Mapping[str, Outcome],
    failed: Sequence[FailedReads],
    kept: Iterable[str] = (),
) -> list[Gap]:
    """The gaps of plan and regions, in a fixed order; records of `kept` regions are carried forward."""
    found = _unavailable_regions(manifest, outcomes, kept)
    if manifest.compartments_error is not None:
        found.append(_gap("compartments", manifest.tenancy_id, manifest.compartments_error))
    for region, outcome in sorted(outcomes.items()):
        found += _region_gaps(region, outcome, [reads for reads in failed if reads.region == region])
    return found


def _unavailable_regions(
    manifest: Manifest, outcomes: Mapping[str, Outcome], kept: Iterable[str]
) -> list[Gap]:
    unavailable = {gap.region: gap.reason for gap in manifest.unavailable_regions}
    unavailable |= {region: "no outcome" for region in manifest.regions if region not in outcomes}
    for region in kept:
        if region not in outcomes:
            unavailable.setdefault(region, "notSubscribed")
    found = [_gap("region", region, reason) for region, reason in sorted(unavailable.items())]
    if manifest.home_region not in {*outcomes, *unavailable}:
        reason = "not searched, so that resources of home-region types are missing"
        found.append(_gap("region", manifest.home_region, reason))
    return found


def _region_gaps(region: str, outcome: Outcome, failed: Sequence[FailedReads]) -> Iterable[Gap]:
    for part in outcome.slices:
        if part.state != COMPLETE:
            yield _gap("slice", f"{region}/{part.name}", part.error or part.state)
    for reads in failed:
        place = f"{region}/{reads.resource_type}"
        yield _gap("enrichment", place, f"{reads.reason}: {reads.count} records")
    malformed = outcome.tally.counts.get("malformed_items", 0)
    if malformed:
        yield _gap("search", region, f"{malformed} search items could not be read")
    unplaced = outcome.tally.counts.get(UNKNOWN_COMPARTMENT, 0)
    if unplaced:
        yield _gap(
            "compartments", region, f"{unplaced} resources in compartments that the tree does not show"
        )


def _gap(kind: str, place: str, reason: str) -> Gap:
    return {"kind": kind, "place": place, "reason": reason}
