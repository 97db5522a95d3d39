"""Ad-hoc runs: a look at a part of the tenancy that leaves the published inventory alone."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.bucket import PREFIX
from tests.e2e.checks import check_inventory
from tests.e2e.expected import Truth
from tests.e2e.run_files import RunFiles
from tests.e2e.verify import verify, verify_closed
from tests.e2e.world import World


def ask(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Invoke the controller with a body of any JSON values; returns its answer."""
    answer = world.cloud.functions.invoke(world.controller.ocid, json.dumps(body).encode())
    found: dict[str, Any] = json.loads(answer.body)
    return found


def adhoc(world: World, **scope: Any) -> RunFiles:
    """A whole run with a scope of its own."""
    answer = ask(world, {"action": "run", **scope})
    assert answer["status"] == "started"
    world.settle()
    return world.bucket.run(answer["run_id"])


def test_an_adhoc_run_finds_what_it_was_asked_for_and_moves_no_pointer(world: World) -> None:
    region = world.others[0]

    def covers(resource: Truth) -> bool:
        return resource["region"] == region and resource["resourceType"] in ("Instance", "Vcn", "Subnet")

    first = verify(world, world.run())
    pointer = world.bucket.document("latest.json")
    world.mutate(seed=21)
    run = adhoc(world, regions=[region], types=["Instance", "Vcn", "Subnet"])
    verify_closed(world, run, "stored")
    told = world.inventory.expect(world.truth(), collected_at=run.collected_at(), covers=covers)
    check_inventory(run, told.known)
    assert told.known
    assert world.bucket.document("latest.json") == pointer
    assert run.document("manifest.json")["is_adhoc"] is True
    assert run.document("published.json")["baseline_run_id"] == first.run_id

    # The next regular run goes on behind the first one, as if there had been nothing between them.
    third = verify(world, world.run())
    assert third.document("manifest.json")["baseline"]["run_id"] == first.run_id


def test_a_wrong_scope_starts_nothing_and_leaves_word_in_the_bucket(world: World) -> None:
    answer = ask(world, {"action": "run", "regions": "all", "types": []})
    assert answer["status"] == "refused"
    message = answer["error"]["message"]
    assert message == (
        "field 'regions' is 'all'; allowed: a list of region names such as us-ashburn-1; "
        "field 'types' is []; allowed: a list of resource types as Search names them, such as Instance"
    )
    assert world.bucket.run_ids() == []
    (name,) = world.bucket.names()
    assert name.startswith(f"{PREFIX}/refused/")
    assert world.bucket.document(name.removeprefix(f"{PREFIX}/"))["message"] == message
