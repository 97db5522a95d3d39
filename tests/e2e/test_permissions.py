"""Least privilege: what each role may do, what it is refused, and that it needs every statement it has."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping

import oci
import pytest

from emulator.cloud import BUCKET
from emulator.iam import NotPermittedError
from inventory.coordination.retry import Retry
from inventory.oci_io.caller import Caller
from inventory.oci_io.calls import CallCounts
from inventory.oci_io.clients import Clients
from inventory.oci_io.object_store import MIN_PART_BYTES, OciObjectStore
from inventory.oci_io.signer import resource_principal
from inventory.ports.deadline import Deadline
from inventory.ports.store import Refused
from tests.e2e.acts import ACTS, METRICS_NAMESPACE, MODEL, Hands
from tests.e2e.bucket import Bucket
from tests.e2e.ruled import Ruled
from tests.e2e.verify import verify
from tests.e2e.world import World

_WRITING = {"create an object", "overwrite an object", "upload an object"}
_OBJECTS = {"list objects", "look at an object", "read an object", *_WRITING}
_INVOKING = {"invoke the region worker", "invoke the aggregator"}

#: What each role may do of all acts; it is refused the rest.
PERMITTED: Mapping[str, frozenset[str]] = {
    "controller": frozenset(
        {
            "see the tenancy",
            "see the regions",
            "see the compartments",
            *_OBJECTS,
            "discard an upload",
            "delete an object",
            *_INVOKING,
            "publish a message",
            "post metrics",
        }
    ),
    "region": frozenset(
        {
            "see the tenancy",
            "see the regions",
            "see the compartments",
            "list instances",
            "read an instance",
            "list secrets",
            "read the bucket",
            *_OBJECTS,
            "look at an object elsewhere",
            *_INVOKING,
            "look the controller up",
            "look the aggregator up",
            "publish a message",
            "ask for costs",
        }
    ),
    "aggregator": frozenset(
        {
            *_OBJECTS,
            "invoke the aggregator",
            "look the aggregator up",
            "publish a message",
            "post metrics",
            "chat with a model",
        }
    ),
}

#: By role: words that one statement has, and what is refused without it.
NEEDED: Mapping[str, Mapping[str, set[str]]] = {
    "controller": {
        "inspect tenancies": {"see the tenancy", "see the regions"},
        "inspect compartments": {"see the compartments"},
        "manage objects": {*_OBJECTS, "discard an upload", "delete an object"},
        "use fn-invocation": _INVOKING,
        "use ons-topics": {"publish a message"},
        "use metrics": {"post metrics"},
    },
    "region": {
        # Reading includes it. It stands there because how Search reads conditions is not documented, and the
        # two together are what was seen to work in a tenancy.
        "inspect all-resources": set(),
        "read all-resources": {
            "list instances",
            "read an instance",
            "read the bucket",
            "look the controller up",
            "look the aggregator up",
            "ask for costs",
        },
        # Listing and looking are reading all resources, too.
        "manage objects": {"read an object", *_WRITING},
        "use fn-invocation": _INVOKING,
        "use ons-topics": {"publish a message"},
    },
    "aggregator": {
        "manage objects": _OBJECTS,
        "use fn-invocation": {"invoke the aggregator"},
        "read fn-function": {"look the aggregator up"},
        "use ons-topics": {"publish a message"},
        "use metrics": {"post metrics"},
        "use generative-ai-chat": {"chat with a model"},
    },
    "schedules": {
        "use fn-invocation": {"start the controller"},
        "read fn-function": {"start the controller"},
    },
    "services": {
        "manage object-family": {"delete old versions"},
        "use keys": {"encrypt the bucket"},
        "read objects": {"fetch the code"},
        "use functions-family": {"deliver an event"},
        "use apm-domains": {"hand traces over"},
    },
}
_ROLES = ("controller", "region", "aggregator")
_NAMED = [(role, words) for role, statements in NEEDED.items() for words in statements]


@pytest.fixture(scope="module")
def hands(shared_world: World) -> Iterator[dict[str, Hands]]:
    """Each role's credentials; RSA keys take long to make."""
    cloud = shared_world.cloud
    made = {role: Hands(cloud, cloud.deployment.function(role)) for role in _ROLES}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture
def ruled(shared_world: World, hands: dict[str, Hands]) -> Ruled:
    shared_world.reset()
    return Ruled(shared_world.cloud, hands)


@pytest.mark.parametrize("role", _ROLES)
def test_role_may_do_what_it_needs_and_is_refused_all_else(ruled: Ruled, role: str) -> None:
    refused = ruled.hands[role].refused(ACTS)
    assert ACTS.keys() - refused.keys() == PERMITTED[role]


def test_what_nobody_of_the_product_may_do() -> None:
    """Nothing is created, changed or ended in the tenancy, and no contents are read but the product's own."""
    by_anyone = frozenset().union(*PERMITTED.values())
    assert ACTS.keys() - by_anyone == {
        "terminate an instance",
        "create a network",
        "create a bucket",
        "read a secret",
        "read an object elsewhere",
        "overwrite an object elsewhere",
        "delete an object elsewhere",
        "invoke the controller",
        "change a function",
        "post metrics elsewhere",
    }


def test_log_tells_the_permission_that_was_missing_and_the_answer_does_not(ruled: Ruled) -> None:
    hands = ruled.hands["aggregator"]
    with pytest.raises(oci.exceptions.ServiceError) as there:
        hands.of_compute("get_instance", hands.instance())
    entry = ruled.cloud.emulator.requests.entries()[-1]
    assert entry.detail == "not permitted: INSTANCE_READ for core.ComputeClient.get_instance"
    with pytest.raises(oci.exceptions.ServiceError) as nowhere:
        hands.of_compute("get_instance", "ocid1.instance.oc1.iad.nowhere")
    shown, unknown = there.value, nowhere.value
    assert (shown.status, shown.code, shown.message) == (unknown.status, unknown.code, unknown.message)
    assert shown.code == "NotAuthorizedOrNotFound"


@pytest.mark.parametrize("role", ["region", "aggregator"])
def test_upload_that_comes_too_late_leaves_its_parts_to_the_bucket(ruled: Ruled, role: str) -> None:
    """To discard an upload is to delete; a role that may not ends as well as one that may."""
    cloud, minted = ruled.cloud, ruled.hands[role].minted
    environment = {
        "OCI_RESOURCE_PRINCIPAL_VERSION": "2.2",
        "OCI_RESOURCE_PRINCIPAL_RPST": minted.rpst,
        "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM": minted.private_key_pem,
        "OCI_RESOURCE_PRINCIPAL_REGION": cloud.region,
    }
    retry = Retry(
        deadline=Deadline(time.monotonic() + 60, time.monotonic), sleep=time.sleep, uniform=random.uniform
    )
    name = "somebody/large"
    with Clients(resource_principal(environment), endpoint_template=cloud.door.endpoint_template) as clients:
        caller = Caller(clients=clients, retry=retry, counts=CallCounts())
        store = OciObjectStore(caller, region=cloud.region, bucket=BUCKET, monotonic=time.monotonic)
        upload = store.start_upload(name)
        upload.write(b"x" * (MIN_PART_BYTES + 1))
        Bucket(cloud).overwrite(name, b"{}")
        assert isinstance(upload.commit(), Refused)
    last = cloud.emulator.requests.entries()[-1]
    assert (last.method, last.status) == ("DELETE", 404)
    assert (last.detail or "").startswith("not permitted: OBJECT_DELETE")


def test_search_shows_each_role_what_it_may_list(ruled: Ruled) -> None:
    everything = {one.resource_type for one in ruled.cloud.tenancy.snapshot if one.is_searchable}
    shown = {role: hands.search() for role, hands in ruled.hands.items()}
    assert len(shown["region"]) > 20
    assert shown["region"] <= everything
    assert shown["controller"] == {"Compartment"}
    assert shown["aggregator"] == set()


def test_schedule_may_start_the_controller_and_no_other_function(ruled: Ruled) -> None:
    deployment = ruled.cloud.deployment
    ruled.start(deployment.controller)
    for function in (deployment.region, deployment.aggregator):
        with pytest.raises(NotPermittedError):
            ruled.start(function)
    ruled.cloud.functions.wait_idle(60)
    assert [call.function_id for call in ruled.cloud.functions.calls[-1:]] == [deployment.controller.ocid]


def test_schedule_that_is_not_of_the_deployments_group_starts_nothing(ruled: Ruled) -> None:
    stranger = ruled.make_schedule(ruled.cloud.deployment.controller)
    with pytest.raises(NotPermittedError):
        ruled.cloud.schedules.fire(stranger)


def test_everything_is_permitted_to_whom_the_policies_name(ruled: Ruled) -> None:
    for role in NEEDED:
        assert ruled.refused(role, PERMITTED.get(role, ())) == set()


@pytest.mark.parametrize(("role", "words"), _NAMED, ids=[f"{role}: {words}" for role, words in _NAMED])
def test_without_a_statement_its_role_cannot_do_what_it_is_for(ruled: Ruled, role: str, words: str) -> None:
    ruled.apply(without=(role, words))
    assert ruled.refused(role, PERMITTED.get(role, ())) == NEEDED[role][words]


def test_every_statement_is_known_to_be_needed(ruled: Ruled) -> None:
    for role, found in ruled.roles().items():
        known = [
            [words for words in NEEDED.get(role, {}) if f" to {words} " in text] for text in found.statements
        ]
        assert [len(words) for words in known] == [1] * len(known), (role, found.statements)
        assert len(known) == len(NEEDED[role])


def test_whole_run_with_every_feature_asks_for_nothing_that_is_refused(
    world: World, hands: dict[str, Hands]
) -> None:
    """With messages, metrics and a summary; twice, for then there is something to compare with."""
    tenancy_id = world.tenancy.tenancy_id
    metrics = {"metrics_compartment_id": tenancy_id, "metrics_namespace": METRICS_NAMESPACE}
    summary = {"executive_summary": "true", "genai_compartment_id": tenancy_id, "genai_model_id": MODEL}
    world.configure(world.controller, **metrics)
    world.configure(world.aggregator, **metrics, **summary)
    Ruled(world.cloud, hands)
    verify(world, world.run())
    world.mutate(seed=3)
    verify(world, world.run())
    entries = world.cloud.emulator.requests.entries()
    asked = {(entry.service, entry.principal) for entry in entries if entry.status < 300}
    for service in ("notification", "telemetry-ingestion", "inference.generativeai"):
        assert (service, world.aggregator.ocid) in asked
    assert world.refusals() == []
