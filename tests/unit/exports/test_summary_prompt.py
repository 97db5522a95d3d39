"""What a language model is shown of a run, and what is kept of what it says."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from inventory.exports.facts import RunFacts
from inventory.exports.summary_prompt import MAX_CHARACTERS, NAMED, summary_prompt, tidy_answer
from tests.unit.exports.facts import RUN, change, changes, facts, record, removals


def figures(run: RunFacts) -> dict[str, Any]:
    task, _, data = summary_prompt(run).partition("\n\n")
    assert "no instructions" in task
    found: dict[str, Any] = json.loads(data)
    return found


def added(resource_type: str, number: int, **more: Any) -> Any:
    identifier = f"ocid1.thing.oc1.iad.{resource_type}{number}"
    return change("added", None, record(identifier, resourceType=resource_type, **more))


def test_a_model_is_told_the_runs_figures() -> None:
    run = facts()
    told = figures(run)
    assert told["started"] == RUN
    assert told["resources"] == run.records.total == sum(told["resourcesByType"].values())
    assert told["resourcesByRegion"] == dict(run.records.by_region)
    assert told["resources"] == sum(told["resourcesByCompartment"].values())
    assert told["keptFromEarlierInventory"] == run.records.carried_forward.total()
    assert run.diff is not None
    assert told["changesSinceLastInventory"] == {
        "added": run.diff.added,
        "removed": run.diff.removed,
        "changed": run.diff.changed,
    }
    assert told["gapsByKind"] == dict(Counter(gap["kind"] for gap in run.gaps()))


def test_no_resource_no_tag_and_no_detail_is_shown_to_a_model() -> None:
    secret = "only-in-the-record"
    told = [
        added(
            "Vcn",
            number,
            displayName=secret,
            freeformTags={"owner": secret},
            definedTags={"finance": {"code": secret}},
            details={"metadata": {"note": secret}, "searchSummary": {"note": secret}},
            enrichError=f"notFound ({secret})",
            enrichStatus="ERROR",
        )
        for number in range(3)
    ]
    prompt = summary_prompt(facts(told=told))
    assert secret not in prompt
    assert "ocid1." not in prompt


def test_compartments_are_told_by_name_and_only_where_a_name_is_known() -> None:
    run = facts()
    assert run.compartments is not None
    known = {run.compartment_path(ocid) for ocid in run.records.by_compartment}
    assert set(figures(run)["resourcesByCompartment"]) <= {*known, "(unknown)"}
    unknown = replace(run, compartments=None)
    assert figures(unknown)["resourcesByCompartment"] == {"(unknown)": run.records.total}


def test_mass_removals_are_told_and_a_run_without_baseline_has_no_changes() -> None:
    told = figures(facts(told=[*changes(), *removals(30)]))
    assert told["suddenRemovals"] == [{"type": "Subnet", "region": "us-ashburn-1", "removed": 30}]
    alone = replace(facts(), diff=None)
    assert figures(alone)["changesSinceLastInventory"] is None


def test_a_tenancy_of_a_thousand_types_makes_no_longer_a_prompt() -> None:
    many = [added(f"Type{number:04}", number) for number in range(1000)]
    large = facts(told=[*many, *(added("Vcn", number) for number in range(2))])
    by_type = figures(large)["resourcesByType"]
    assert len(by_type) == NAMED + 1
    assert next(iter(sorted(by_type, key=by_type.__getitem__, reverse=True))) == "(all others)"
    assert by_type["Vcn"] == 2
    assert sum(by_type.values()) == 1002
    assert len(summary_prompt(large)) < 5000


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("All is well.", "All is well."),
        ("  # Heading\n\n- one\r\n- two\t", "# Heading - one - two"),
        ("a\x00b\x1b[31mc\u202ed\u2028e", "a b [31mc d e"),
        ("", ""),
        ("\n\x07 \u200b", ""),
    ],
)
def test_an_answer_is_kept_as_one_paragraph(answer: str, kept: str) -> None:
    """Nobody has checked it: it may hold terminal sequences, and characters that turn a text around."""
    assert tidy_answer(answer) == kept


@pytest.mark.parametrize("answer", ["word " * 1000, "x" * 5000])
def test_a_long_answer_is_cut(answer: str) -> None:
    kept = tidy_answer(answer)
    assert len(kept) <= MAX_CHARACTERS + 2
    assert kept.endswith(" …")
    assert kept.removesuffix(" …") in answer
