"""What could not be read, grouped by what would mend it."""

from __future__ import annotations

import pytest

from inventory.catalog.load import load_catalog
from inventory.catalog.policies import read_statement
from inventory.errors import NotAuthenticated
from inventory.exports.counts import FailedReads, failed_reads_of
from inventory.exports.failures import EnrichmentFailure, enrichment_failures
from tests.unit.exports.facts import ASHBURN, CATALOG, FRANKFURT, change, facts, outcomes, record

REFUSED = "notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)"


def test_a_refused_type_is_told_with_its_call_and_the_statement_that_would_mend_it() -> None:
    assert enrichment_failures(facts().records.failed_reads(), CATALOG) == [
        EnrichmentFailure(
            reason=REFUSED,
            resource_type="Vcn",
            operation="core.get_vcn",
            regions=(ASHBURN,),
            records=1,
            seen=3,
            statement="Allow dynamic-group <name> to read virtual-network-family in tenancy",
        )
    ]


def test_no_statement_mends_a_signature_that_was_refused() -> None:
    reason = NotAuthenticated("no", status=401, code="NotAuthenticated").summary()
    reads = FailedReads(region=ASHBURN, resource_type="Vcn", reason=reason, count=1)
    (told,) = enrichment_failures([reads], CATALOG)
    assert (told.operation, told.statement) == ("core.get_vcn", None)


def test_failures_of_all_regions_stand_together_the_most_frequent_first() -> None:
    told = [
        change(
            "added",
            None,
            record(
                f"{kind}-{region}-{number}",
                resourceType=kind,
                region=region,
                enrichStatus="ERROR",
                enrichError=reason,
            ),
        )
        for kind, region, reason, count in (
            ("Vcn", ASHBURN, "throttled (429)", 1),
            ("Vcn", FRANKFURT, "throttled (429)", 1),
            ("Volume", ASHBURN, "throttled (429)", 3),
            ("Thing", ASHBURN, REFUSED, 1),
        )
        for number in range(count)
    ]
    found = enrichment_failures(facts(told=told).records.failed_reads(), CATALOG)
    assert [(one.reason, one.resource_type, one.regions, one.records, one.seen) for one in found] == [
        (REFUSED, "Thing", (ASHBURN,), 1, 1),
        ("throttled (429)", "Volume", (ASHBURN,), 3, 3),
        ("throttled (429)", "Vcn", (FRANKFURT, ASHBURN), 2, 2),
    ]
    assert [one.operation for one in found] == [None, None, "core.get_vcn"]
    assert [one.statement is not None for one in found] == [True, False, False]


def test_a_run_without_inventory_tells_what_its_workers_counted() -> None:
    (known,) = enrichment_failures(failed_reads_of(outcomes()), CATALOG)
    assert (known.reason, known.records, known.seen, known.operation) == (REFUSED, 1, None, "core.get_vcn")
    (unknown,) = enrichment_failures(failed_reads_of(outcomes()), None)
    assert (unknown.records, unknown.operation, unknown.statement) == (1, None, None)


REAL = load_catalog()


def family(kind: str) -> str:
    return read_statement(REAL.entry(kind)).removeprefix("Allow dynamic-group <name> to read ")


@pytest.mark.parametrize(
    ("kind", "grant"),
    [
        ("Instance", "instance-family in tenancy"),
        ("BootVolume", "volume-family in tenancy"),
        ("Bucket", "buckets in tenancy"),
        ("AutonomousDatabase", "autonomous-database-family in tenancy"),
        ("DbSystem", "database-family in tenancy"),
        ("DynamicGroup", "dynamic-groups in tenancy"),
        ("User", "users in tenancy"),
        ("LogGroup", "log-groups in tenancy"),
        ("Vault", "vaults in tenancy"),
    ],
)
def test_a_statement_names_the_family_that_iam_knows(kind: str, grant: str) -> None:
    assert family(kind) == grant


def test_most_types_that_can_be_read_have_a_family_of_their_own() -> None:
    """The rest gets a statement that is wider than it need be, and still opens no contents."""
    readable = [entry.name for entry in REAL.entries if entry.reason is None]
    wide = [kind for kind in readable if family(kind).startswith("all-resources")]
    assert len(wide) <= len(readable) / 3


def test_where_nothing_narrower_is_known_the_statement_opens_no_contents() -> None:
    assert family("Thing") == (
        "all-resources in tenancy where all "
        "{request.permission != 'OBJECT_READ', request.permission != 'SECRET_BUNDLE_READ'}"
    )


def test_no_statement_opens_objects_or_secrets() -> None:
    for entry in REAL.entries:
        assert not any(
            wide in family(entry.name) for wide in ("object-family", "secret-family", "logging-family")
        )
