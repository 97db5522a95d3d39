"""What hangs together over several services, through the SDK's real clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import oci
import pytest

from emulator.app import Emulator
from emulator.door_responses import ResponsesDoor
from emulator.monitoring import MonitoringService
from emulator.object_storage import ObjectStorageService
from emulator.reads import GeneratedBuckets
from emulator.tenancy import Resource, Tenancy, generate
from emulator.tenancy.details import details
from emulator.tenancy.oddities import Oddities
from emulator.tenancy_services import tenancy_services
from emulator.truth import truth_domain_members
from emulator.wire import Service
from tests.fakes.service_caller import NOW

MakeClient = Callable[..., Any]
ByType = dict[str, list[Resource]]


@pytest.fixture(scope="module")
def services(tenancy: Tenancy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    storage = ObjectStorageService(
        root=tmp_path_factory.mktemp("sdk"),
        namespace=tenancy.namespace,
        clock=lambda: NOW,
        other_buckets=GeneratedBuckets(tenancy).bucket_details,
    )
    yield tenancy_services(tenancy, clock=lambda: NOW, owned={"objectstorage": storage})
    storage.close()


@pytest.fixture(scope="module")
def emulator(tenancy: Tenancy, services: dict[str, Service], tmp_path_factory: Any) -> Iterator[Emulator]:
    root: Path = tmp_path_factory.mktemp("sdk")
    emulator = Emulator(root=root, tenancy_id=tenancy.tenancy_id, clock=lambda: NOW)
    for label, service in services.items():
        emulator.register(label, service)
    with ResponsesDoor(emulator):
        yield emulator


@pytest.fixture(scope="module")
def make_client(emulator: Emulator, tenancy: Tenancy) -> MakeClient:
    key = emulator.keys.mint_api_key(user_id="ocid1.user.oc1..aaaatester")

    def make(kind: type, region: str | None = None, **rest: Any) -> Any:
        config = key.config(region or tenancy.home_region)
        return kind(config, retry_strategy=oci.retry.NoneRetryStrategy(), **rest)

    return make


def test_lists_page_through_the_sdks_own_pagination(make_client: MakeClient, by_type: ByType) -> None:
    vcn = by_type["Vcn"][0]
    client = make_client(oci.core.VirtualNetworkClient, vcn.region)
    found = oci.pagination.list_call_get_all_results(client.list_vcns, vcn.compartment_id, limit=1).data
    alike = [r for r in by_type["Vcn"] if (r.region, r.compartment_id) == (vcn.region, vcn.compartment_id)]
    assert {each.id for each in found} == {r.ocid for r in alike}
    assert client.get_vcn(vcn.ocid).data == next(each for each in found if each.id == vcn.ocid)


def test_a_key_is_read_where_its_vault_says(make_client: MakeClient, by_type: ByType) -> None:
    key = by_type["Key"][0]
    vaults = make_client(oci.key_management.KmsVaultClient, key.region)
    endpoint = vaults.get_vault(key.references["vaultId"]).data.management_endpoint
    keys = make_client(oci.key_management.KmsManagementClient, key.region, service_endpoint=endpoint)
    assert keys.get_key(key.ocid).data.vault_id == key.references["vaultId"]
    assert key.ocid in {each.id for each in keys.list_keys(key.compartment_id).data}


def test_generated_buckets_are_listed_and_read(
    make_client: MakeClient, by_type: ByType, tenancy: Tenancy
) -> None:
    bucket = by_type["Bucket"][0]
    client = make_client(oci.object_storage.ObjectStorageClient, bucket.region)
    listed = client.list_buckets(tenancy.namespace, bucket.compartment_id).data
    assert bucket.display_name in {each.name for each in listed}
    assert client.get_bucket(tenancy.namespace, bucket.display_name).data.id == bucket.ocid
    with pytest.raises(oci.exceptions.ServiceError) as error:
        client.get_bucket(tenancy.namespace, "no-such-bucket")
    assert error.value.code == "BucketNotFound"


def test_domains_lead_to_their_own_users(make_client: MakeClient, tenancy: Tenancy) -> None:
    """Members of other domains are at their domain's endpoint, and not in identity's list."""
    identity = make_client(oci.identity.IdentityClient)
    domains = identity.list_domains(tenancy.tenancy_id).data
    assert {domain.type for domain in domains} == {"DEFAULT", "SECONDARY"}
    ordinary = oci.pagination.list_call_get_all_results(identity.list_users, tenancy.tenancy_id).data
    for domain in domains:
        client = make_client(oci.identity_domains.IdentityDomainsClient, service_endpoint=domain.url)
        members = []
        while True:
            answer = client.list_users(start_index=len(members) + 1, count=3).data
            members += answer.resources
            if len(members) >= answer.total_results:
                break
        owner = None if domain.type == "DEFAULT" else domain.id
        truth = {r.ocid for r in tenancy.snapshot.of_type("User") if r.domain_id == owner}
        assert {member.ocid for member in members} == truth
        assert ({member.id for member in ordinary} == truth) == (owner is None)
        groups = client.list_groups(limit=2)
        assert len(groups.data.resources) <= 2
        one = members[0]
        assert client.get_user(one.id).data.ocid == one.ocid
        named = client.list_users(filter=f'userName eq "{one.user_name}"').data
        assert one.ocid in {each.ocid for each in named.resources}


def test_domains_are_listed_in_their_compartment_and_read_as_a_reader_would(make_client: MakeClient) -> None:
    """By pages of `limit` or of `count`, with every attribute; what is read is what the truth says."""
    tenancy = generate(
        resources=900, compartments=12, seed=5, now=NOW, oddities=Oddities(domains_below_root=True)
    )
    emulator = Emulator(root=Path("unused"), tenancy_id=tenancy.tenancy_id, clock=lambda: NOW)
    for label, service in tenancy_services(tenancy, clock=lambda: NOW).items():
        emulator.register(label, service)
    key = emulator.keys.mint_api_key(user_id="ocid1.user.oc1..aaaatester")

    def client(kind: type, **rest: Any) -> Any:
        return kind(key.config(tenancy.home_region), **rest, skip_deserialization=True)

    with ResponsesDoor(emulator):
        identity = client(oci.identity.IdentityClient)
        domains = []
        for place in (tenancy.tenancy_id, *(c.ocid for c in tenancy.compartments)):
            found = identity.list_domains(place, limit=1000).data
            assert {domain["compartmentId"] for domain in found} <= {place}
            domains += found
        assert sorted(domain["type"] for domain in domains) == ["DEFAULT", "SECONDARY", "SECONDARY"]
        assert len({domain["compartmentId"] for domain in domains}) == 3
        read: list[Any] = []
        for domain in domains:
            if domain["type"] == "DEFAULT":
                continue
            scim = client(oci.identity_domains.IdentityDomainsClient, service_endpoint=domain["url"])
            for call in (scim.list_users, scim.list_groups):
                by_limit, page = [], None
                while True:
                    more = {"page": page} if page else {}
                    answer = call(limit=2, attribute_sets=["all"], **more)
                    by_limit += answer.data["Resources"]
                    page = answer.next_page
                    if page is None:
                        break
                by_count = call(count=1000, start_index=1, attribute_sets=["all"]).data
                assert by_count["Resources"] == by_limit
                assert by_count["totalResults"] == by_count["itemsPerPage"] == len(by_limit)
                read += by_limit
    truth = [record["body"] for record in truth_domain_members(tenancy)]
    assert sorted(read, key=lambda body: str(body["ocid"])) == truth


def test_chat_quotes_the_figures_of_its_prompt(make_client: MakeClient, tenancy: Tenancy) -> None:
    models = oci.generative_ai_inference.models
    client = make_client(oci.generative_ai_inference.GenerativeAiInferenceClient)

    def ask(model_id: str, request: Any) -> Any:
        mode = models.OnDemandServingMode(model_id=model_id)
        asked = models.ChatDetails(compartment_id=tenancy.tenancy_id, serving_mode=mode, chat_request=request)
        return client.chat(asked).data.chat_response

    content = [models.TextContent(text="1207 resources, 31 removed, $9.50")]
    generic = models.GenericChatRequest(messages=[models.UserMessage(content=content)])
    answer = ask("meta.llama-3.3-70b-instruct", generic)
    text = answer.choices[0].message.content[0].text
    assert all(figure in text for figure in ("1207", "31", "9.50"))
    assert answer.choices[0].finish_reason == "stop"
    again = ask("meta.llama-3.3-70b-instruct", generic)
    assert again.choices[0].message.content[0].text == text
    cohere = models.CohereChatRequest(message="42 changes", max_tokens=3)
    short = ask("cohere.command-r-08-2024", cohere)
    assert (short.finish_reason, len(short.text.split())) == ("MAX_TOKENS", 3)
    for model_id, request, status in (
        ("no.such-model", generic, 404),
        ("cohere.command-r-08-2024", generic, 400),
    ):
        with pytest.raises(oci.exceptions.ServiceError) as error:
            ask(model_id, request)
        assert error.value.status == status


def _metric(tenancy: Tenancy, **changed: Any) -> Any:
    models = oci.monitoring.models
    values = {
        "namespace": "inventory",
        "compartment_id": tenancy.tenancy_id,
        "name": "resources",
        "dimensions": {"run": "20261123"},
        "datapoints": [models.Datapoint(timestamp=NOW, value=12.5)],
    }
    return models.MetricDataDetails(**{**values, **changed})


@pytest.fixture(scope="module")
def metrics_client(make_client: MakeClient, tenancy: Tenancy) -> Any:
    endpoint = f"https://telemetry-ingestion.{tenancy.home_region}.oraclecloud.com"
    return make_client(oci.monitoring.MonitoringClient, service_endpoint=endpoint)


def test_accepted_metrics_are_listed_and_summed_up(
    metrics_client: Any, make_client: MakeClient, services: dict[str, Service], tenancy: Tenancy
) -> None:
    models = oci.monitoring.models
    points = [models.Datapoint(timestamp=NOW - timedelta(minutes=1), value=value) for value in (2, 3)]
    metric = _metric(tenancy, name="calls", datapoints=points)
    answer = metrics_client.post_metric_data(models.PostMetricDataDetails(metric_data=[metric])).data
    assert answer.failed_metrics_count == 0
    service = services["telemetry"]
    assert isinstance(service, MonitoringService)
    assert [point.value for point in service.points() if point.name == "calls"] == [2, 3]
    client = make_client(oci.monitoring.MonitoringClient)
    listed = client.list_metrics(
        tenancy.tenancy_id, models.ListMetricsDetails(namespace="inventory", name="calls")
    ).data
    assert [metric.dimensions for metric in listed] == [{"run": "20261123"}]
    query = models.SummarizeMetricsDataDetails(
        namespace="inventory", query='calls[1h]{run = "20261123"}.sum()'
    )
    summed = client.summarize_metrics_data(tenancy.tenancy_id, query).data
    assert [point.value for metric in summed for point in metric.aggregated_datapoints] == [5]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"namespace": "oci_mine"}, "oci_"),
        ({"namespace": "my-space"}, "namespace"),
        ({"name": "1st"}, "name"),
        ({"dimensions": {}}, "dimensions"),
        ({"dimensions": {"a b": "x"}}, "dimension"),
        ({"dimensions": {"empty": ""}}, "dimension"),
        ({"datapoints": []}, "datapoints"),
    ],
)
def test_a_wrong_metric_is_refused_with_its_reason(
    metrics_client: Any, tenancy: Tenancy, wrong: dict[str, Any], told: str
) -> None:
    posted = oci.monitoring.models.PostMetricDataDetails(metric_data=[_metric(tenancy, **wrong)])
    with pytest.raises(oci.exceptions.ServiceError) as error:
        metrics_client.post_metric_data(posted)
    assert (error.value.status, error.value.code) == (400, "InvalidParameter")
    assert told in error.value.message


def test_old_points_and_too_many_streams_are_refused(metrics_client: Any, tenancy: Tenancy) -> None:
    """One wrong metric among good ones is named in the answer; more than 50 streams are none at all."""
    models = oci.monitoring.models
    old = models.Datapoint(timestamp=NOW - timedelta(hours=3), value=1)
    mixed = [_metric(tenancy), _metric(tenancy, name="old", datapoints=[old])]
    answer = metrics_client.post_metric_data(models.PostMetricDataDetails(metric_data=mixed)).data
    assert [failed.metric_data.name for failed in answer.failed_metrics] == ["old"]
    atomic = models.PostMetricDataDetails(metric_data=mixed, batch_atomicity="ATOMIC")
    many = [_metric(tenancy, dimensions={"n": str(number)}) for number in range(51)]
    for refused in (atomic, models.PostMetricDataDetails(metric_data=many)):
        with pytest.raises(oci.exceptions.ServiceError) as error:
            metrics_client.post_metric_data(refused)
        assert error.value.status == 400


def _usage(make_client: MakeClient, tenancy: Tenancy, **asked: Any) -> list[Any]:
    client = make_client(oci.usage_api.UsageapiClient)
    query = oci.usage_api.models.RequestSummarizedUsagesDetails(
        **{
            "tenant_id": tenancy.tenancy_id,
            "time_usage_started": datetime(2026, 11, 1, tzinfo=UTC),
            "time_usage_ended": datetime(2026, 11, 4, tzinfo=UTC),
            "granularity": "DAILY",
            "query_type": "COST",
            **asked,
        }
    )
    found: list[Any] = []
    page = None
    while True:
        answer = client.request_summarized_usages(query, limit=300, **({"page": page} if page else {}))
        found += answer.data.items
        page = answer.next_page
        if page is None:
            return found


def test_costs_add_up_however_they_are_grouped(make_client: MakeClient, tenancy: Tenancy) -> None:
    (total,) = _usage(make_client, tenancy, granularity="TOTAL")
    assert total.computed_amount > 0
    for group_by in (["service"], ["compartmentPath", "region"], ["skuName"]):
        rows = _usage(make_client, tenancy, group_by=group_by)
        assert sum(row.computed_amount for row in rows) == pytest.approx(total.computed_amount)
        assert len({row.time_usage_started for row in rows}) == 3
    paths = {row.compartment_path for row in _usage(make_client, tenancy, group_by=["compartmentPath"])}
    assert tenancy.name in paths
    assert all(path.startswith(tenancy.name) for path in paths)


def test_costs_are_filtered_and_wrong_questions_refused(make_client: MakeClient, tenancy: Tenancy) -> None:
    models = oci.usage_api.models
    region = models.Dimension(key="region", value=tenancy.home_region)
    inside = models.Filter(operator="AND", dimensions=[region], tags=[], filters=[])
    outside = models.Filter(operator="NOT", dimensions=[region], tags=[], filters=[])
    amounts = [
        sum(row.computed_amount for row in _usage(make_client, tenancy, granularity="TOTAL", filter=wanted))
        for wanted in (None, inside, outside)
    ]
    assert amounts[1] > 0
    assert amounts[0] == pytest.approx(amounts[1] + amounts[2])
    for wrong, status in (
        ({"tenant_id": "ocid1.tenancy.oc1..other"}, 404),
        ({"group_by": ["colour"]}, 400),
        ({"time_usage_ended": datetime(2026, 11, 1, 5, tzinfo=UTC)}, 400),
    ):
        with pytest.raises(oci.exceptions.ServiceError) as error:
            _usage(make_client, tenancy, **wrong)
        assert error.value.status == status


def test_bodies_name_hosts_of_the_emulator_where_it_has_some(tenancy: Tenancy, by_type: ByType) -> None:
    """With an endpoint template the vault's endpoints lead through it, so other processes can follow."""
    vault = by_type["Vault"][0]
    before = tenancy.endpoint_template
    tenancy.endpoint_template = "http://127.0.0.1:1/{service}/{region}"
    try:
        body = details(vault, tenancy)
    finally:
        tenancy.endpoint_template = before
    assert body is not None
    assert body["managementEndpoint"].startswith("http://127.0.0.1:1/")
    assert body["managementEndpoint"].endswith(f"-management.kms/{vault.region}")
