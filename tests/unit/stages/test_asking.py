"""Which call answers for a record, and what it is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.catalog.entry import GET, LIST, SEARCH, TENANCY
from inventory.catalog.load import load_catalog
from inventory.errors import MalformedAnswer
from inventory.model.read_call import ReadCall
from inventory.model.record import Record
from inventory.stages.asking import Asking, Listing, Owner
from inventory.stages.normalize import normalize_item
from tests.unit.catalog import small

CATALOG = load_catalog()
REGION = "eu-frankfurt-1"
TENANT = "ocid1.tenancy.oc1..t"
COMPARTMENT = "ocid1.compartment.oc1..c"
OTHER = "ocid1.compartment.oc1..other"
NAMESPACE = "axunit"

CALLABLE = sorted(entry.name for entry in CATALOG.entries if entry.get or entry.list)
LISTED = sorted(entry.name for entry in CATALOG.entries if entry.list)
WIDE = sorted(entry.name for entry in CATALOG.entries if entry.list and entry.list.scope == TENANCY)


def asking(depth: str = "full", **options: Any) -> Asking:
    given_options: dict[str, Any] = {
        "region": REGION,
        "tenancy_id": TENANT,
        "namespace": NAMESPACE,
        **options,
    }
    return Asking(given_options.pop("catalog", CATALOG), depth=depth, **given_options)


def record_of(resource_type: str, **item: Any) -> Record:
    given_item = {
        "resourceType": resource_type,
        "identifier": "ocid1.thing.oc1.eu-frankfurt-1.own",
        "compartmentId": COMPARTMENT,
        "displayName": "name",
        **item,
    }
    return normalize_item(
        given_item,
        region=REGION,
        home_region=REGION,
        collected_at="2026-11-23T04:00:00+00:00",
        catalog=CATALOG,
    )


def whole_record(resource_type: str, **item: Any) -> Record:
    """A record that has all that any call of its type needs."""
    entry = CATALOG.entry(resource_type)
    assert entry is not None
    calls = [call for call in (entry.get, entry.list) if call is not None]
    sources = {source for call in calls for source in call.arguments.values()}
    if entry.list is not None:
        sources |= set(entry.list.adds.values())
    if entry.endpoint is not None:
        sources.add(entry.endpoint.identifier)
    contexts: dict[str, dict[str, str]] = {}
    for source in sources:
        context, _, key = source.partition(".")
        if key:
            contexts.setdefault(context, {})[key] = f"ocid1.parent.oc1..{key.lower()}"
    return record_of(resource_type, availabilityDomain="Uocm:FRA-AD-1", **contexts, **item)


# The source


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        ("Vcn", {"search": SEARCH, "bulk": LIST, "full": LIST}),
        ("vcn", {"search": SEARCH, "bulk": LIST, "full": LIST}),
        ("Vnic", {"search": SEARCH, "bulk": SEARCH, "full": GET}),
        ("MySQLDbSystem", {"search": SEARCH, "bulk": SEARCH, "full": GET}),
        ("DynamicGroup", {"search": SEARCH, "bulk": LIST, "full": LIST}),
        ("Tag", {"search": SEARCH, "bulk": SEARCH, "full": SEARCH}),
        ("no such type", {"search": SEARCH, "bulk": SEARCH, "full": SEARCH}),
        ("", {"search": SEARCH, "bulk": SEARCH, "full": SEARCH}),
    ],
)
def test_a_type_has_one_source_at_each_depth(name: str, sources: dict[str, str]) -> None:
    record = record_of(name)
    assert {depth: asking(depth).source(record) for depth in ("search", "bulk", "full")} == sources


@given(
    name=st.sampled_from(sorted(entry.name for entry in CATALOG.entries)),
    depth=st.sampled_from(["search", "bulk", "full"]),
    item=st.dictionaries(
        st.sampled_from(["identifier", "compartmentId", "lifecycleState", "identityContext"]),
        st.none() | st.text(max_size=5),
    ),
)
def test_the_source_is_the_types_own_whatever_the_record_holds(
    name: str, depth: str, item: dict[str, Any]
) -> None:
    source = asking(depth).source(record_of(name, **item))
    assert source == asking(depth).source(whole_record(name))
    entry = CATALOG.entry(name)
    assert entry is not None
    allowed = {"search": {SEARCH}, "bulk": {SEARCH, LIST}, "full": {SEARCH, LIST, GET}}[depth]
    assert source == (entry.source if entry.source in allowed else SEARCH)


# Arguments


def test_a_get_is_asked_by_the_identifier() -> None:
    record = record_of("Vnic")
    assert asking().get_call(record) == ReadCall(
        service="core",
        client="VirtualNetworkClient",
        operation="get_vnic",
        region=REGION,
        arguments={"vnic_id": record["ocid"]},
    )
    assert asking().get_operation(record) == ("core", "get_vnic")
    assert (asking().has_get(record), asking().has_endpoint(record)) == (True, False)


def test_the_region_is_the_run_s_and_not_the_record_s() -> None:
    """A home region's type is met in the home region only; a sighting elsewhere is never asked about."""
    assert asking(region="us-ashburn-1").get_call(record_of("Vnic")).region == "us-ashburn-1"
    assert asking(region="us-ashburn-1").listing(record_of("Vcn")).call.region == "us-ashburn-1"  # type: ignore[union-attr]


def test_a_bucket_is_asked_by_namespace_and_name() -> None:
    call = asking().get_call(record_of("Bucket", displayName="logs"))
    assert call.arguments == {"namespace_name": NAMESPACE, "bucket_name": "logs"}


def test_a_listing_takes_compartment_and_availability_domain() -> None:
    record = record_of("BootVolumeAttachment", availabilityDomain="Uocm:FRA-AD-1")
    listing = asking().listing(record)
    assert listing == Listing(
        call=ReadCall(
            service="core",
            client="ComputeClient",
            operation="list_boot_volume_attachments",
            region=REGION,
            arguments={"availability_domain": "Uocm:FRA-AD-1", "compartment_id": COMPARTMENT},
        ),
        key="id",
        adds={},
        is_tenancy_wide=False,
    )
    snake = record_of("BootVolumeAttachment", availability_domain="Uocm:FRA-AD-1")
    assert asking().listing(snake) == listing


def test_a_wide_listing_takes_the_tenancy_and_what_widens_it() -> None:
    listing = asking().listing(record_of("LogGroup"))
    assert listing is not None
    assert listing.is_tenancy_wide
    assert listing.call.arguments == {"compartment_id": TENANT, "is_compartment_id_in_subtree": True}


def test_items_may_be_known_by_another_field() -> None:
    listing = asking().listing(record_of("OnsTopic"))
    assert listing is not None
    assert listing.key == "topicId"


@pytest.mark.parametrize(
    "place", ["identityContext", "identity_context", "additionalDetails", "additional_details"]
)
def test_either_context_of_a_search_item_names_the_parent(place: str) -> None:
    record = record_of("IpSecConnectionTunnel", **{place: {"ipscId": "ocid1.ipsec.oc1..i"}})
    listing = asking().listing(record)
    assert listing is not None
    assert listing.call.arguments == {"ipsc_id": "ocid1.ipsec.oc1..i"}


def test_the_context_that_the_catalog_names_goes_first() -> None:
    contexts = {"additionalDetails": {"ipscId": "other"}, "identityContext": {"ipscId": "named"}}
    listing = asking().listing(record_of("IpSecConnectionTunnel", **contexts))
    assert listing is not None
    assert listing.call.arguments == {"ipsc_id": "named"}


def test_an_empty_context_is_stood_in_for() -> None:
    contexts = {"identityContext": {"ipscId": ""}, "additionalDetails": {"ipscId": "other"}}
    listing = asking().listing(record_of("IpSecConnectionTunnel", **contexts))
    assert listing is not None
    assert listing.call.arguments == {"ipsc_id": "other"}


@pytest.mark.parametrize(
    ("record", "namespace", "missing"),
    [
        (record_of("Vnic", identifier=None), NAMESPACE, "identifier"),
        (record_of("Bucket", displayName=None), NAMESPACE, "displayName"),
        (record_of("Bucket", displayName=""), NAMESPACE, "displayName"),
        (record_of("Bucket"), None, "namespace"),
        ({**record_of("Vnic", identifier=None), "details": {}}, NAMESPACE, "identifier"),
    ],
)
def test_a_get_without_an_argument_names_what_is_missing(
    record: Record, namespace: str | None, missing: str
) -> None:
    with pytest.raises(MalformedAnswer, match=f"needs {missing}, which the record lacks") as caught:
        asking(namespace=namespace).get_call(record)
    assert caught.value.summary() == f"malformed (missing {missing})"


@pytest.mark.parametrize(
    ("record", "missing"),
    [
        (record_of("Vcn", compartmentId=None), "compartmentId"),
        (record_of("BootVolumeAttachment"), "availabilityDomain"),
        (record_of("BootVolumeAttachment", availabilityDomain=["AD-1"]), "availabilityDomain"),
        (record_of("IpSecConnectionTunnel"), "identityContext.ipscId"),
        (record_of("IpSecConnectionTunnel", identityContext="text"), "identityContext.ipscId"),
        (record_of("IpSecConnectionTunnel", identityContext={"ipscId": 7}), "identityContext.ipscId"),
        ({**record_of("IpSecConnectionTunnel"), "details": {}}, "identityContext.ipscId"),
    ],
)
def test_a_listing_without_an_argument_names_what_is_missing(record: Record, missing: str) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        asking().listing(record)
    assert caught.value.summary() == f"malformed (missing {missing})"


def test_what_items_lack_and_is_known_comes_with_the_listing() -> None:
    listing = asking().listing(whole_record("Log"))
    assert listing is not None
    assert listing.adds == {"tenancyId": TENANT}


# Sharing and narrowing


def test_records_that_agree_share_a_listing_and_others_do_not() -> None:
    one, other = record_of("Vcn", identifier="a"), record_of("Vcn", identifier="b", displayName="x")
    elsewhere = record_of("Vcn", identifier="c", compartmentId=OTHER)
    assert asking().listing(one) == asking().listing(other)
    assert asking().listing(one) != asking().listing(elsewhere)


@pytest.mark.parametrize("name", WIDE)
def test_records_of_the_whole_tenancy_share_a_wide_listing(name: str) -> None:
    one, other = whole_record(name), whole_record(name, identifier="b", compartmentId=OTHER)
    assert asking().listing(one) == asking().listing(other)


def test_a_wide_listing_is_narrowed_to_the_record_s_compartment_without_what_widens_it() -> None:
    listing = asking().listing(record_of("LogGroup"), by_compartment=True)
    assert listing is not None
    assert listing.call.operation == "list_log_groups"
    assert listing.call.arguments == {"compartment_id": COMPARTMENT}
    volumes = asking().listing(record_of("Volume"), by_compartment=True)
    assert volumes is not None
    assert volumes.call.arguments == {"compartment_id": COMPARTMENT}
    assert not volumes.is_tenancy_wide, "there is nothing narrower than that"


@pytest.mark.parametrize("name", ["Vcn", "IpSecConnectionTunnel", "PrivateIp"])
def test_where_there_is_nothing_narrower_there_is_no_listing(name: str) -> None:
    """A compartment's own, a parent's, and a wide one that knows no compartments."""
    assert asking().listing(whole_record(name), by_compartment=True) is None


# Endpoints


def test_the_owner_of_a_key_s_endpoint_is_its_vault() -> None:
    record = record_of("Key", additionalDetails={"vaultId": "ocid1.vault.oc1..v"})
    assert asking().has_endpoint(record)
    assert asking().owner_of(record) == Owner(
        ocid="ocid1.vault.oc1..v",
        call=ReadCall(
            service="key_management",
            client="KmsVaultClient",
            operation="get_vault",
            region=REGION,
            arguments={"vault_id": "ocid1.vault.oc1..v"},
        ),
        field="managementEndpoint",
    )
    call = asking().get_call(record, endpoint="https://v.example.com")
    assert (call.operation, call.endpoint) == ("get_key", "https://v.example.com")


def test_a_key_of_no_known_vault_cannot_be_asked_for() -> None:
    with pytest.raises(MalformedAnswer, match=r"get_vault needs identityContext\.vaultId"):
        asking().owner_of(record_of("Key"))


def test_other_types_answer_at_the_region_s_endpoint() -> None:
    assert asking().owner_of(record_of("Vnic")) is None
    assert asking().get_call(record_of("Vnic")).endpoint is None


# Catalogs


def test_a_type_that_is_listed_and_not_got_cannot_be_asked_for_by_itself() -> None:
    listed = (
        "{operation: list_x, scope: compartment, arguments: {compartment_id: compartmentId}, complete: true}"
    )
    catalog = small.parse(f"- {{name: X, {small.SDK}, list: {listed}}}")
    here = asking(catalog=catalog)
    assert here.source(record_of("X")) == LIST
    assert not here.has_get(record_of("X"))


def checked(call: ReadCall) -> None:
    """The call is one that its operation takes."""
    facts = CATALOG.operations[f"{call.service}.{call.client}.{call.operation}"]
    assert set(facts.required) <= call.arguments.keys()
    assert call.arguments.keys() <= facts.path_parameters.keys() | facts.query_parameters.keys()
    assert set(facts.path_parameters) == set(facts.path_parameters) & call.arguments.keys()
    assert all(
        value is True or (isinstance(value, str) and value.strip()) for value in call.arguments.values()
    )
    assert call.region == REGION


@pytest.mark.parametrize("name", CALLABLE)
def test_every_type_can_be_asked_about_with_what_its_operation_requires(name: str) -> None:
    entry = CATALOG.entry(name)
    assert entry is not None
    record = whole_record(name)
    if entry.list is not None:
        for by_compartment in (False, True):
            listing = asking().listing(record, by_compartment=by_compartment)
            assert listing is not None or by_compartment
            if listing is not None:
                checked(listing.call)
                assert listing.key == entry.list.key
                assert listing.call.endpoint is None
    if entry.get is not None:
        owner = asking().owner_of(record)
        checked(asking().get_call(record, endpoint=None if owner is None else "https://x.example.com"))
        if owner is not None:
            checked(owner.call)


@pytest.mark.parametrize("name", LISTED)
def test_no_listing_is_for_one_record_alone(name: str) -> None:
    one = asking().listing(whole_record(name))
    assert asking().listing(whole_record(name, identifier="another", displayName="another")) == one
