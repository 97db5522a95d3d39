"""Enrichment never breaks the stream: four fields come out, whatever went in."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import errors
from inventory.catalog.load import load_catalog, parse_catalog
from inventory.model.canonical import canonical_line
from inventory.model.read_call import ReadCall
from inventory.model.record import ENRICH_STATUSES, RECORD_FIELDS, SEARCH_FIELDS, Record
from inventory.stages.enrich import (
    DefaultEnricher,
    Enricher,
    Enrichers,
    Enrichment,
    GetEnricher,
    enrich_record,
)
from inventory.stages.normalize import normalize_item

CATALOG = load_catalog()
ENRICHERS = Enrichers(CATALOG, namespace="tenancyspace")
WITH_GET = sorted(entry.name for entry in CATALOG.entries if entry.get)
WITHOUT_GET = sorted(entry.name for entry in CATALOG.entries if not entry.get)
HOME, REGION = "us-ashburn-1", "eu-frankfurt-1"

LET_THROUGH = (
    errors.StopRun, errors.InvalidSettings, errors.InvalidTrigger, errors.InvalidDocument,
    errors.InvalidCatalog, errors.ArtifactConflict, errors.LostOwnership, errors.DeadlineNear,
)  # fmt: skip


def record_of(resource_type: str, **item: Any) -> Record:
    given_item = {
        "resourceType": resource_type,
        "identifier": "ocid1.thing.oc1.eu-frankfurt-1.own",
        "compartmentId": "ocid1.compartment.oc1..c",
        "displayName": "name",
        **item,
    }
    return normalize_item(
        given_item, region=REGION, home_region=HOME, collected_at="2026-11-23T04:00:00+00:00", catalog=CATALOG
    )


class Service:
    """Answers every read the same way and remembers what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[ReadCall] = []

    def __call__(self, call: ReadCall) -> Any:
        self.asked.append(call)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def enrich(record: Record, read: Callable[[ReadCall], Any], **options: Any) -> Record:
    """Enrich and check what always holds: the search fields stand and the input is as it was."""
    before = copy.deepcopy(record)
    enriched = enrich_record(record, ENRICHERS.for_record(record), read, **options)
    assert record == before
    assert tuple(enriched) == RECORD_FIELDS
    assert [enriched[field] for field in SEARCH_FIELDS] == [record[field] for field in SEARCH_FIELDS]
    assert enriched["enrichStatus"] in ENRICH_STATUSES
    assert (enriched["enrichError"] is None) is (enriched["enrichStatus"] != "ERROR")
    assert enriched["details"]["searchSummary"] == record["details"]["searchSummary"]
    return enriched


def test_an_answer_becomes_metadata_with_every_field_of_it_and_makes_edges() -> None:
    subnet = "ocid1.subnet.oc1.eu-frankfurt-1.s"
    answer = {"id": "x", "newerThanTheSdk": {"a": None}, "subnetId": subnet}
    service = Service(answer)
    record = record_of("Instance")
    enriched = enrich(record, service)
    assert service.asked == [
        ReadCall(
            service="core",
            client="ComputeClient",
            operation="get_instance",
            region=REGION,
            arguments={"instance_id": "ocid1.thing.oc1.eu-frankfurt-1.own"},
        )
    ]
    assert enriched["enrichStatus"] == "OK"
    assert enriched["details"]["metadata"] == answer
    assert enriched["relationships"] == [
        {"source_ocid": record["ocid"], "relation_type": "IN_SUBNET", "target_ocid": subnet}
    ]


def test_a_global_resource_is_read_in_the_home_region() -> None:
    service = Service({})
    enrich(record_of("Policy"), service)
    assert [call.region for call in service.asked] == [HOME]


def test_a_bucket_is_read_by_namespace_and_name() -> None:
    service = Service({})
    enrich(record_of("Bucket", displayName="logs"), service)
    assert service.asked[0].arguments == {"namespace_name": "tenancyspace", "bucket_name": "logs"}


@pytest.mark.parametrize("context", ["identityContext", "identity_context"])
def test_an_argument_can_come_from_the_search_item_s_context(context: str) -> None:
    text = """
    - name: Key
      get:
        service: s
        client: C
        operation: get_key
        arguments: {key_id: identifier, vault_id: identityContext.vaultId}
    """
    enricher = Enrichers(parse_catalog(text), namespace=None).for_record({"resourceType": "key"})
    record = record_of("Key", **{context: {"vaultId": "ocid1.vault.oc1..v"}})
    service = Service({})
    assert enrich_record(record, enricher, service)["enrichStatus"] == "OK"
    assert service.asked[0].arguments == {"key_id": record["ocid"], "vault_id": "ocid1.vault.oc1..v"}


@pytest.mark.parametrize(
    ("record", "namespace", "missing"),
    [
        (record_of("Instance", identifier=None), "ns", "identifier"),
        (record_of("Bucket", displayName=None), "ns", "displayName"),
        (record_of("Bucket", displayName=""), "ns", "displayName"),
        (record_of("Bucket"), None, "namespace"),
    ],
)
def test_a_record_without_an_argument_is_an_error_that_names_it_and_nothing_is_asked(
    record: Record, namespace: str | None, missing: str
) -> None:
    service = Service({})
    enricher = Enrichers(CATALOG, namespace=namespace).for_record(record)
    enriched = enrich_record(record, enricher, service)
    assert (enriched["enrichStatus"], enriched["enrichError"]) == ("ERROR", f"malformed (missing {missing})")
    assert service.asked == []


@pytest.mark.parametrize(
    ("error", "written"),
    [
        (
            errors.Throttled("m", status=429, code="TooManyRequests", request_id="REQ"),
            "throttled (429 TooManyRequests)",
        ),
        (errors.ServerFault("m", status=503, request_id="REQ"), "serverError (503)"),
        (errors.RequestTimeout("no answer from REQ"), "timeout"),
        (errors.ConnectionFailed("m"), "connectionFailed"),
        (errors.MalformedAnswer("m"), "malformed"),
        (
            errors.NotAuthorizedOrNotFound("m", status=404, code="NotAuthorizedOrNotFound", request_id="REQ"),
            "notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)",
        ),
        (
            errors.RequestRefused("m", status=400, code="InvalidParameter"),
            "requestRefused (400 InvalidParameter)",
        ),
        (errors.ObjectNotFound("m"), "objectNotFound"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_failed_read_is_an_error_by_class_status_and_code_and_nothing_that_varies(
    error: errors.InventoryError, written: str
) -> None:
    enriched = enrich(record_of("Vcn"), Service(error))
    assert (enriched["enrichStatus"], enriched["enrichError"]) == ("ERROR", written)
    assert "metadata" not in enriched["details"]
    assert enriched["relationships"] == []


@pytest.mark.parametrize("kind", LET_THROUGH)
def test_what_ends_the_work_is_not_swallowed(kind: type[errors.InventoryError]) -> None:
    with pytest.raises(kind):
        enrich(record_of("Vcn"), Service(kind("over")))


def test_a_bug_costs_one_record_its_details_and_is_told() -> None:
    told: list[tuple[str, str]] = []
    record = record_of("Vcn")
    enriched = enrich(
        record, Service(KeyError("oops")), on_bug=lambda of, bug: told.append((of["ocid"], repr(bug)))
    )
    assert (enriched["enrichStatus"], enriched["enrichError"]) == ("ERROR", "internalError")
    assert told == [(record["ocid"], "KeyError('oops')")]
    assert enrich(record, Service(KeyError("oops"))) == enriched


class BuggyEnricher(DefaultEnricher):
    """Breaks its contract in one of its methods."""

    def __init__(self, where: str) -> None:
        self._where = where

    def plan(self, record: Mapping[str, Any]) -> ReadCall | None:
        if self._where == "plan":
            raise RuntimeError
        return ReadCall(service="s", client="C", operation="get_x", region="r")

    def apply(self, record: Mapping[str, Any], answer: Mapping[str, Any] | None) -> Enrichment:
        raise ZeroDivisionError

    def fail(self, record: Mapping[str, Any], error: errors.InventoryError) -> Enrichment:
        raise TypeError


@pytest.mark.parametrize(
    ("where", "answer", "bug"),
    [
        ("plan", {}, RuntimeError),
        ("apply", {}, ZeroDivisionError),
        ("fail", errors.Throttled("m"), TypeError),
    ],
)
def test_a_bug_anywhere_in_an_enricher_is_survived(where: str, answer: Any, bug: type[Exception]) -> None:
    told: list[Exception] = []
    record = record_of("Vcn")
    enriched = enrich_record(
        record, BuggyEnricher(where), Service(answer), on_bug=lambda _, error: told.append(error)
    )
    assert enriched["enrichError"] == "internalError"
    assert [type(error) for error in told] == [bug]


@pytest.mark.parametrize("answer", [None, [], "text", 7, [{"id": "x"}]])
def test_an_answer_that_is_no_object_is_malformed(answer: Any) -> None:
    assert enrich(record_of("Vcn"), Service(answer))["enrichError"] == "malformed"


@pytest.mark.parametrize("resource_type", [*WITHOUT_GET, "MediaAsset", "", "no such type"])
def test_a_type_without_a_call_keeps_its_search_summary_and_asks_nothing(resource_type: str) -> None:
    service = Service({})
    enriched = enrich(record_of(resource_type), service)
    assert enriched["enrichStatus"] == "NOT_IMPLEMENTED"
    assert set(enriched["details"]) == {"searchSummary"}
    assert service.asked == []


def test_an_entry_without_a_call_has_no_get_enricher() -> None:
    entry = CATALOG.entry("TagNamespace")
    assert entry is not None
    with pytest.raises(ValueError, match="TagNamespace has no get call"):
        GetEnricher(entry)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["vcnId", "subnetIds", "id", "freeformTags", "x"]), children, max_size=3
        )
    ),
    max_leaves=6,
)
failures = st.sampled_from(
    [errors.Throttled("m", status=429), errors.NotAuthorizedOrNotFound("m"), KeyError("bug"), OSError(5)]
)
items = st.dictionaries(
    st.sampled_from(["identifier", "displayName", "compartmentId", "identityContext", "additionalDetails"]),
    json_values,
)


@pytest.mark.parametrize("name", sorted(entry.name for entry in CATALOG.entries))
@given(item=items, answer=json_values | failures)
@settings(max_examples=25, deadline=None)
def test_every_entry_gives_four_fields_never_raises_and_changes_nothing(
    name: str, item: dict[str, Any], answer: Any
) -> None:
    record = normalize_item(
        {**item, "resourceType": name},
        region=REGION,
        home_region=HOME,
        collected_at="2026-11-23T04:00:00+00:00",
        catalog=CATALOG,
    )
    answer_before = copy.deepcopy(answer)
    enriched = enrich(record, Service(answer))
    if not isinstance(answer, Exception):
        assert answer == answer_before
    canonical_line(enriched)


@pytest.mark.parametrize("name", WITH_GET)
def test_every_entry_with_a_call_reaches_ok(name: str) -> None:
    enricher: Enricher = ENRICHERS.for_record(record_of(name))
    assert isinstance(enricher, GetEnricher)
    enriched = enrich(record_of(name), Service({"lifecycleState": "ACTIVE"}))
    assert (enriched["enrichStatus"], enriched["details"]["metadata"]) == ("OK", {"lifecycleState": "ACTIVE"})
