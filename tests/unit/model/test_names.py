"""Object names: one builder, one parser, and they agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.model.names import ObjectNames, run_id_for, run_started_at

RUN_ID = "20261123T040000Z-1a2b3c4d"
NAMES = ObjectNames(prefix="team/inventory")


@given(
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(9999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.text(),
)
def test_a_run_id_tells_its_start_and_where_its_objects_are(moment: datetime, trigger_key: str) -> None:
    run_id = run_id_for(moment, trigger_key)
    assert run_started_at(run_id) == moment.replace(microsecond=0)
    assert run_id == run_id_for(moment, trigger_key)
    run = NAMES.run(run_id)
    for name in (run.manifest, run.checkpoint("us-ashburn-1"), run.artifact("report.md"), f"{run.root}/"):
        assert NAMES.run_id_of(name) == run_id


def test_a_start_in_another_offset_is_the_same_run() -> None:
    utc = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    assert run_id_for(utc.astimezone(timezone(timedelta(hours=9))), "k") == run_id_for(utc, "k")
    assert run_id_for(utc, "k").startswith("20261123T040000Z-")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "latest",
        "20261123T040000Z",
        "20261123T040000Z-",
        "20261123T040000Z-1a2b3c4",
        "20261123T040000Z-1A2B3C4D",
        "20261123T040000Z-1a2b3c4d5",
        "20261123T040000X-1a2b3c4d",
        "20261323T040000Z-1a2b3c4d",
        "2026-11-23T04:00:00Z-1a2b3c4d",
        f"{RUN_ID}\n",
    ],
)
def test_what_is_not_a_run_id_is_refused_and_its_objects_belong_to_no_run(text: str) -> None:
    with pytest.raises(ValueError, match=r"run id|time data"):
        run_started_at(text)
    assert NAMES.run_id_of(f"{NAMES.runs}{text}/manifest.json") is None


def test_objects_outside_the_runs_belong_to_no_run() -> None:
    for name in (NAMES.lease, NAMES.latest, f"runs/{RUN_ID}/manifest.json", f"other/{NAMES.runs}{RUN_ID}/x"):
        assert NAMES.run_id_of(name) is None


def test_every_name_stands_where_the_bucket_layout_says() -> None:
    root = f"team/inventory/runs/{RUN_ID}"
    run = NAMES.run(RUN_ID)
    assert (NAMES.lease, NAMES.latest) == ("team/inventory/lease.json", "team/inventory/latest.json")
    assert [run.manifest, run.aggregation, run.published, run.closed, run.artifact("inventory.csv")] == [
        f"{root}/manifest.json",
        f"{root}/aggregation.json",
        f"{root}/published.json",
        f"{root}/closed.json",
        f"{root}/inventory.csv",
    ]
    assert run.checkpoint("eu-frankfurt-1") == f"{root}/regions/eu-frankfurt-1/checkpoint.json"
    assert run.outcome("eu-frankfurt-1") == f"{root}/regions/eu-frankfurt-1/outcome.json"
    shard = run.shard("eu-frankfurt-1", epoch=3, sequence=12, sha256="0123456789abcdef" * 4)
    assert shard == f"{root}/regions/eu-frankfurt-1/shards/0003-000012-0123456789abcdef.jsonl.gz"
