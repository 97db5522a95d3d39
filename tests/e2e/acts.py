"""What a function might do by itself: requests with its own credentials, through the real SDK.

Whether an act was permitted is read from the cloud's log: the answer to what is refused is that of what is
not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import oci

from emulator.cloud import BUCKET, Cloud
from emulator.functions import Function
from emulator.iam import NOT_PERMITTED
from tests.e2e.bucket import Bucket

ANOTHER_BUCKET = "another-bucket"
METRICS_NAMESPACE = "tenancy_inventory"
MODEL = "meta.llama-3.3-70b-instruct"
_THERE = "somebody/there.json"
_IN_PARTS = "somebody/in-parts"


class Hands:
    """One function's credentials, as the platform mints them, and the SDK's clients with them."""

    def __init__(self, cloud: Cloud, function: Function) -> None:
        self.cloud = cloud
        self.tenancy_id = cloud.tenancy.tenancy_id
        self.namespace = cloud.tenancy.namespace
        self.minted = cloud.emulator.keys.mint_resource_principal(
            function_id=function.ocid, compartment_id=function.application.compartment_id
        )
        self._signer = oci.auth.signers.EphemeralResourcePrincipalSigner(
            session_token=self.minted.rpst, private_key=self.minted.private_key_pem, region=cloud.region
        )
        self._clients: dict[str, Any] = {}

    def client(self, kind: Any, label: str) -> Any:
        """A client at one of the home region's endpoints that asks once and never stops asking."""
        if kind.__name__ not in self._clients:
            self._clients[kind.__name__] = kind(
                {},
                signer=self._signer,
                service_endpoint=self.cloud.endpoint(label),
                retry_strategy=oci.retry.NoneRetryStrategy(),
                circuit_breaker_strategy=oci.circuit_breaker.NoCircuitBreakerStrategy(),
            )
        return self._clients[kind.__name__]

    def of_objects(self, operation: str, *arguments: Any, bucket: str = BUCKET) -> Any:
        """Carry out an operation on a bucket."""
        client = self.client(oci.object_storage.ObjectStorageClient, "objectstorage")
        return getattr(client, operation)(self.namespace, bucket, *arguments)

    def of_compute(self, operation: str, *arguments: Any) -> Any:
        return getattr(self.client(oci.core.ComputeClient, "iaas"), operation)(*arguments)

    def of_identity(self, operation: str, *arguments: Any) -> Any:
        return getattr(self.client(oci.identity.IdentityClient, "identity"), operation)(*arguments)

    def of_functions(self, operation: str, function: Function, *arguments: Any) -> Any:
        client = self.client(oci.functions.FunctionsManagementClient, "functions")
        return getattr(client, operation)(function.ocid, *arguments)

    def invoke(self, function: Function) -> None:
        """Invoke a function without starting it."""
        client = self.client(oci.functions.FunctionsInvokeClient, "functions")
        client.invoke_function(function.ocid, is_dry_run=True)

    def search(self) -> set[str]:
        """The types that Search shows."""
        client = self.client(oci.resource_search.ResourceSearchClient, "query")
        query = oci.resource_search.models.StructuredSearchDetails(query="query all resources")
        return {item.resource_type for item in client.search_resources(query, limit=1000).data.items}

    def instance(self) -> str:
        """An instance of the home region."""
        instances = self.cloud.tenancy.snapshot.of_type("Instance")
        return next(one.ocid or "" for one in instances if one.region == self.cloud.region)

    def refused(self, names: Iterable[str]) -> dict[str, str]:
        """The acts that are not permitted, and why. What is permitted must succeed."""
        reasons = {name: self._reason(name) for name in names}
        return {name: reason for name, reason in reasons.items() if reason is not None}

    def _reason(self, name: str) -> str | None:
        requests = self.cloud.emulator.requests
        before = requests.count()
        try:
            ACTS[name](self)
        except oci.exceptions.ServiceError as error:
            reason = requests.entries()[-1].detail or ""
            if error.status != 404 or not reason.startswith(NOT_PERMITTED):
                raise
            return reason.removeprefix(NOT_PERMITTED)
        assert requests.count() > before, f"{name!r} asked for nothing"
        return None

    def close(self) -> None:
        for client in self._clients.values():
            client.base_client.session.close()


def _as_owner_put(hands: Hands) -> None:
    Bucket(hands.cloud).overwrite(_THERE, b"{}")


def _overwrite(hands: Hands) -> None:
    _as_owner_put(hands)
    hands.of_objects("put_object", _THERE, b"[]")


def _delete(hands: Hands) -> None:
    _as_owner_put(hands)
    hands.of_objects("delete_object", _THERE)


def _look_at(hands: Hands) -> None:
    _as_owner_put(hands)
    hands.of_objects("head_object", _THERE)


def _read(hands: Hands) -> None:
    _as_owner_put(hands)
    hands.of_objects("get_object", _THERE)


def _begin_upload(hands: Hands) -> tuple[str, str]:
    """An upload with one part: its id, and the part's ETag."""
    details = oci.object_storage.models.CreateMultipartUploadDetails(object=_IN_PARTS)
    upload_id = hands.of_objects("create_multipart_upload", details).data.upload_id
    part = hands.of_objects("upload_part", _IN_PARTS, upload_id, 1, b"x")
    return upload_id, part.headers["etag"]


def _upload(hands: Hands) -> None:
    upload_id, etag = _begin_upload(hands)
    part = oci.object_storage.models.CommitMultipartUploadPartDetails(part_num=1, etag=etag)
    details = oci.object_storage.models.CommitMultipartUploadDetails(parts_to_commit=[part])
    hands.of_objects("commit_multipart_upload", _IN_PARTS, upload_id, details)


def _discard(hands: Hands) -> None:
    hands.of_objects("abort_multipart_upload", _IN_PARTS, _begin_upload(hands)[0])


def _elsewhere(operation: str) -> Callable[[Hands], None]:
    def act(hands: Hands) -> None:
        cloud = hands.cloud
        cloud.storage.create_bucket(ANOTHER_BUCKET, hands.tenancy_id, region=cloud.region)
        Bucket(cloud, name=ANOTHER_BUCKET).overwrite(_THERE, b"{}")
        more = (b"{}",) if operation == "put_object" else ()
        hands.of_objects(operation, _THERE, *more, bucket=ANOTHER_BUCKET)

    return act


def _create_bucket(hands: Hands) -> None:
    client = hands.client(oci.object_storage.ObjectStorageClient, "objectstorage")
    details = oci.object_storage.models.CreateBucketDetails(name="new", compartment_id=hands.tenancy_id)
    client.create_bucket(hands.namespace, details)


def _create_network(hands: Hands) -> None:
    details = oci.core.models.CreateVcnDetails(compartment_id=hands.tenancy_id, cidr_block="10.0.0.0/16")
    hands.client(oci.core.VirtualNetworkClient, "iaas").create_vcn(details)


def _change_function(hands: Hands) -> None:
    details = oci.functions.models.UpdateFunctionDetails(config={})
    hands.of_functions("update_function", hands.cloud.deployment.aggregator, details)


def _list_secrets(hands: Hands) -> None:
    hands.client(oci.vault.VaultsClient, "vaults").list_secrets(hands.tenancy_id)


def _read_secret(hands: Hands) -> None:
    client = hands.client(oci.secrets.SecretsClient, "secrets.vaults")
    client.get_secret_bundle("ocid1.vaultsecret.oc1.iad.secret")


def _publish(hands: Hands) -> None:
    client = hands.client(oci.ons.NotificationDataPlaneClient, "notification")
    client.publish_message(hands.cloud.topic_id, oci.ons.models.MessageDetails(title="t", body="b"))


def _post_metrics(namespace: str) -> Callable[[Hands], None]:
    def act(hands: Hands) -> None:
        models = oci.monitoring.models
        metric = models.MetricDataDetails(
            namespace=namespace,
            compartment_id=hands.tenancy_id,
            name="Runs",
            dimensions={"status": "published"},
            datapoints=[models.Datapoint(timestamp=hands.cloud.emulator.now(), value=1.0)],
        )
        client = hands.client(oci.monitoring.MonitoringClient, "telemetry-ingestion")
        client.post_metric_data(models.PostMetricDataDetails(metric_data=[metric]))

    return act


def _chat(hands: Hands) -> None:
    models = oci.generative_ai_inference.models
    prompt = models.UserMessage(content=[models.TextContent(text="How many?")])
    details = models.ChatDetails(
        compartment_id=hands.tenancy_id,
        serving_mode=models.OnDemandServingMode(model_id=MODEL),
        chat_request=models.GenericChatRequest(messages=[prompt]),
    )
    client = oci.generative_ai_inference.GenerativeAiInferenceClient
    hands.client(client, "inference.generativeai").chat(details)


def _ask_for_costs(hands: Hands) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    details = oci.usage_api.models.RequestSummarizedUsagesDetails(
        tenant_id=hands.tenancy_id,
        time_usage_started=today - timedelta(days=1),
        time_usage_ended=today,
        granularity="DAILY",
    )
    hands.client(oci.usage_api.UsageapiClient, "usageapi").request_summarized_usages(details)


ACTS: Mapping[str, Callable[[Hands], None]] = {
    "see the tenancy": lambda hands: hands.of_identity("get_tenancy", hands.tenancy_id),
    "see the regions": lambda hands: hands.of_identity("list_region_subscriptions", hands.tenancy_id),
    "see the compartments": lambda hands: hands.of_identity("list_compartments", hands.tenancy_id),
    "list instances": lambda hands: hands.of_compute("list_instances", hands.tenancy_id),
    "read an instance": lambda hands: hands.of_compute("get_instance", hands.instance()),
    "terminate an instance": lambda hands: hands.of_compute("terminate_instance", hands.instance()),
    "create a network": _create_network,
    "list secrets": _list_secrets,
    "read a secret": _read_secret,
    "read the bucket": lambda hands: hands.of_objects("get_bucket"),
    "create a bucket": _create_bucket,
    "list objects": lambda hands: hands.of_objects("list_objects"),
    "look at an object": _look_at,
    "read an object": _read,
    "create an object": lambda hands: hands.of_objects("put_object", f"somebody/{uuid4().hex}", b"{}"),
    "overwrite an object": _overwrite,
    "upload an object": _upload,
    "discard an upload": _discard,
    "delete an object": _delete,
    "look at an object elsewhere": _elsewhere("head_object"),
    "read an object elsewhere": _elsewhere("get_object"),
    "overwrite an object elsewhere": _elsewhere("put_object"),
    "delete an object elsewhere": _elsewhere("delete_object"),
    "invoke the controller": lambda hands: hands.invoke(hands.cloud.deployment.controller),
    "invoke the region worker": lambda hands: hands.invoke(hands.cloud.deployment.region),
    "invoke the aggregator": lambda hands: hands.invoke(hands.cloud.deployment.aggregator),
    "look the controller up": lambda hands: hands.of_functions(
        "get_function", hands.cloud.deployment.controller
    ),
    "look the aggregator up": lambda hands: hands.of_functions(
        "get_function", hands.cloud.deployment.aggregator
    ),
    "change a function": _change_function,
    "publish a message": _publish,
    "post metrics": _post_metrics(METRICS_NAMESPACE),
    "post metrics elsewhere": _post_metrics("another_namespace"),
    "chat with a model": _chat,
    "ask for costs": _ask_for_costs,
}
