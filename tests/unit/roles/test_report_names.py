"""Compartments are told by their names, in the reports of good runs and of failed ones."""

from __future__ import annotations

from inventory.errors import ServerFault
from inventory.ports.store import StoredObject
from tests.fakes.installation import FRANKFURT, HOME, Installation
from tests.unit.roles.aggregated_runs import closed, gaps, inhabited, rescanned, summary

NETWORKS = "ocid1.compartment.oc1..c"


def report(here: Installation, run_id: str) -> str:
    return here.artifact(run_id, "report.md").decode()


def test_a_report_and_its_changes_name_compartments() -> None:
    here, _, run_id = rescanned()
    here.aggregate(run_id)
    told = report(here, run_id)
    assert f"| acme/c | 7 | {NETWORKS} |" in told
    assert "| added | Vcn | d | acme/c | eu-frankfurt-1 |" in told
    assert summary(here, run_id)["counts_by_compartment"] == [
        {"compartmentId": NETWORKS, "path": "acme/c", "records": 7}
    ]


def test_a_run_that_could_not_read_the_tree_tells_ocids_and_a_gap() -> None:
    here = inhabited()
    here.directory.compartments_failure = ServerFault("503", status=503)
    run_id = here.run()
    for _ in range(3):
        here.control("sweep")
        here.deliver()
    assert closed(here, run_id)[0] == "published"
    assert gaps(here, run_id) == [
        ("compartments", here.directory.tenancy_id, "serverError (503)"),
        # Identity domains may lie in any compartment.
        ("slice", f"{HOME}/Domain,Group,User", "notAuthorizedOrNotFound (compartments unknown)"),
    ]
    assert f"| {NETWORKS} | 7 | {NETWORKS} |" in report(here, run_id)


def test_a_damaged_tree_costs_the_names_and_nothing_else() -> None:
    here = inhabited()
    run_id = here.scan()
    name = here.names(run_id).compartments
    here.memory.objects[name] = StoredObject(body=b"{", etag=here.memory.objects[name].etag)
    here.aggregate(run_id)
    assert closed(here, run_id)[0] == "published"
    assert f"| {NETWORKS} | 7 | {NETWORKS} |" in report(here, run_id)


def test_the_report_of_a_failed_run_names_the_compartments_that_were_asked_for() -> None:
    here = inhabited(compartments=(NETWORKS,))
    for region in (FRANKFURT, HOME):
        here.regions[region].is_down = True
    run_id = here.run()
    assert closed(here, run_id)[0] == "failed"
    assert f"| Compartments, with all below | acme/c ({NETWORKS}) |" in report(here, run_id)


def test_the_report_of_a_run_that_was_given_up_names_them_too() -> None:
    here = inhabited(compartments=(NETWORKS,), max_invocations=1)
    run_id = here.scan()
    for _ in range(4):
        here.clock.advance(here.settings.start_grace_seconds + 1)
        here.control("sweep")
        here.invoker.take()
    assert closed(here, run_id) == ("failed", "the aggregator did not finish")
    assert f"| Compartments, with all below | acme/c ({NETWORKS}) |" in report(here, run_id)
