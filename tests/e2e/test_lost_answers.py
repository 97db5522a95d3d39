"""Answers that are lost after the request was carried out: the next try meets the work of the first."""

from __future__ import annotations

from emulator.faults import Action, BadJson, LoseAnswer, Reset, TruncateBody
from tests.e2e.verify import verify
from tests.e2e.world import World

FIRST_RUN = (
    r"lease\.json$",
    r"manifest\.json$",
    r"us-ashburn-1/checkpoint\.json$",
    r"eu-frankfurt-1/checkpoint\.json$",
    r"/shards/",
    r"outcome\.json$",
    r"aggregation\.json$",
    r"inventory\.jsonl\.gz$",
    r"inventory\.csv$",
    r"relationships\.jsonl\.gz$",
    r"run_summary\.json$",
    r"report\.md$",
    r"published\.json$",
    r"latest\.json$",
    r"closed\.json$",
)
SECOND_RUN = (*FIRST_RUN, r"diff\.json$", r"diff_summary\.json$", r"changes\.jsonl\.gz$")


#: Documents that are replaced: of these a later version meets the same.
REPLACED = (r"lease\.json$", r"us-ashburn-1/checkpoint\.json$", r"aggregation\.json$")


def test_every_write_whose_answer_is_lost_after_it_landed_is_recognised_as_our_own(world: World) -> None:
    for number, paths in enumerate((FIRST_RUN, SECOND_RUN)):
        _run_without_answers(world, LoseAnswer(), paths)
        assert len(world.bucket.run_ids()) == number + 1
        world.heal()
        world.mutate(seed=16)


def test_every_write_that_did_not_land_and_was_not_answered_is_made_again(world: World) -> None:
    _run_without_answers(world, Reset(), FIRST_RUN)


def _run_without_answers(world: World, action: Action, paths: tuple[str, ...]) -> None:
    places = [(path, 0) for path in paths] + [(path, 2) for path in REPLACED]
    rules = [
        world.break_requests(action, service="objectstorage", method="PUT", path=path, after=after, times=1)
        for path, after in places
    ]
    run = verify(world, world.run())
    assert [rule.path for rule in rules if not world.fired(rule)] == []
    assert {run.outcome(region)["epochs"] for region in world.regions} == {1}
    assert run.document("aggregation.json")["epoch"] == 1


def test_invocations_searches_and_reads_without_a_usable_answer_change_nothing(world: World) -> None:
    rules = [
        # Asked for again, so that a worker and an aggregator come twice.
        world.break_requests(LoseAnswer(), service="functions", path=world.worker.ocid, times=2),
        world.break_requests(LoseAnswer(), service="functions", path=world.aggregator.ocid, times=1),
        world.break_requests(LoseAnswer(), service="query", after=2, times=2),
        world.break_requests(BadJson(), service="query", after=5, times=2),
        world.break_requests(TruncateBody(), service="iaas", after=3, times=3),
        world.break_requests(LoseAnswer(), service="identity", times=2),
        world.break_requests(
            TruncateBody(), service="objectstorage", method="GET", path=r"\.jsonl\.gz$", times=2
        ),
        world.break_requests(LoseAnswer(), service="notification", times=1),
    ]
    verify(world, world.run())
    assert [rule for rule in rules if world.fired(rule) != rule.times] == []
