"""What the generator promises to everything that is tested against it."""

from __future__ import annotations

import importlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tenancy_caller import NOW

from emulator.tenancy import Tenancy, generate
from emulator.tenancy.details import READ_CALLS, is_final
from emulator.tenancy.resource_types import HOME_TYPES
from emulator.truth import truth_records, write_truth

Records = list[dict[str, Any]]
OCID = re.compile(r"ocid1\.[a-z0-9-]+\.oc1\.([a-z0-9-]*)\.[a-z2-7]{60}")


def _truth(tenancy: Tenancy) -> str:
    return "\n".join(json.dumps(record, sort_keys=True) for record in truth_records(tenancy))


def test_the_same_seed_gives_the_same_tenancy_and_another_seed_another(make_tenancy: Any) -> None:
    first, again, other = make_tenancy(seed=3), make_tenancy(seed=3), make_tenancy(seed=4)
    assert _truth(first) == _truth(again)
    assert first.tenancy_id == again.tenancy_id
    assert first.namespace == again.namespace
    assert not set(first.resources) & set(other.resources)


@pytest.mark.parametrize("resources", [12, 20, 100, 1234])
def test_exactly_as_many_resources_as_asked_for(make_tenancy: Any, resources: int) -> None:
    tenancy = make_tenancy(resources=resources)
    assert len(list(truth_records(tenancy))) == resources
    assert len(tenancy.compartments) == 12


@pytest.mark.parametrize("types", [2, 60, 88])
def test_exactly_as_many_types_as_asked_for(make_tenancy: Any, types: int) -> None:
    tenancy = make_tenancy(resources=400, types=types, without_ocid=0)
    assert len({resource.resource_type for resource in tenancy.snapshot}) == types


def test_identity_lives_in_the_home_region_and_the_rest_in_all_four(
    unchanged: Tenancy, truth: Records
) -> None:
    assert {record["region"] for record in truth} == set(unchanged.ready_regions)
    assert len(unchanged.ready_regions) == 4
    identity = [record for record in truth if record["resourceType"] in HOME_TYPES]
    assert {record["region"] for record in identity} == {unchanged.home_region}
    assert {"Compartment", "User", "Group", "Policy", "DynamicResourceGroup", "TagNamespace"} <= {
        record["resourceType"] for record in identity
    }


def test_ocids_spell_the_region_as_that_region_does(truth: Records) -> None:
    spellings: dict[str, set[str]] = {}
    for record in truth:
        if record["ocid"] is None:
            continue
        match = OCID.fullmatch(record["ocid"])
        assert match, record["ocid"]
        key = "identity" if record["resourceType"] in HOME_TYPES else record["region"]
        if record["resourceType"] == "CustomerDnsZone":
            key = "dns"
        spellings.setdefault(key, set()).add(match[1])
    assert spellings == {
        "identity": {""},
        "dns": {""},
        "us-ashburn-1": {"iad"},
        "eu-frankfurt-1": {"fra", "eu-frankfurt-1"},
        "uk-london-1": {"lhr", "uk-london-1"},
        "ap-tokyo-1": {"ap-tokyo-1"},
    }


def test_references_lead_to_live_resources_of_the_same_region(unchanged: Tenancy, truth: Records) -> None:
    named = 0
    for resource in unchanged.snapshot:
        for reference in resource.references.values():
            for ocid in reference if isinstance(reference, tuple) else (reference,):
                target = unchanged.resources[ocid]
                assert target.region == resource.region
                assert not is_final(target)
                named += 1
    assert named > len(unchanged.resources) / 2
    bodies = [record["body"] for record in truth if record["resourceType"] == "Subnet"]
    in_own_vcn = [
        unchanged.resources[body["routeTableId"]].references["vcnId"] == body["vcnId"]
        for body in bodies
        if body and body["routeTableId"]
    ]
    assert in_own_vcn
    assert all(in_own_vcn)


def test_awkward_values_occur(unchanged: Tenancy, truth: Records) -> None:
    names = [record["displayName"] for record in truth]
    assert None in names
    for sign in ("=", "+", "-", "@"):
        assert any(name and name.startswith(sign) for name in names)
    for piece in ("\n", '"', "'", ",", "データ"):
        assert any(name and piece in name for name in names)
    times = Counter(record["timeCreated"] for record in truth if record["timeCreated"])
    assert times.most_common(1)[0][1] > 5
    assert any(record["timeCreated"] is None for record in truth)
    states = {record["lifecycleState"] for record in truth}
    assert {"Running", "AVAILABLE", "Terminated", "TERMINATED", None} <= states
    twins = [record for record in truth if record["ocid"] is None]
    assert len(twins) == 3
    assert len({json.dumps(record) for record in twins}) == 2
    depths = {c.ocid: c.compartment_id for c in unchanged.compartments}
    assert any(parent in depths and depths[parent] in depths for parent in depths.values())
    assert {c.lifecycle_state for c in unchanged.compartments} == {"ACTIVE", "DELETED"}
    lonely = next(c.ocid for c in unchanged.compartments if c.lifecycle_state == "DELETED")
    assert lonely not in {record["compartmentId"] for record in truth}


def test_secrets_stand_where_people_leave_them(truth: Records) -> None:
    bodies = {record["resourceType"]: record["body"] for record in truth if record["body"]}
    assert bodies["Instance"]["metadata"]["user_data"]
    assert bodies["Instance"]["metadata"]["ssh_authorized_keys"].startswith("ssh-rsa ")
    assert bodies["Instance"]["extendedMetadata"]["service"]["clientSecret"]
    assert bodies["Bucket"]["metadata"]["db_password"]
    assert bodies["AutonomousDatabase"]["additionalAttributes"]["walletPassword"]


_MODELS = {
    "Instance": "core.models.Instance",
    "Image": "core.models.Image",
    "Volume": "core.models.Volume",
    "BootVolume": "core.models.BootVolume",
    "Vcn": "core.models.Vcn",
    "Subnet": "core.models.Subnet",
    "RouteTable": "core.models.RouteTable",
    "SecurityList": "core.models.SecurityList",
    "DHCPOptions": "core.models.DhcpOptions",
    "NetworkSecurityGroup": "core.models.NetworkSecurityGroup",
    "InternetGateway": "core.models.InternetGateway",
    "NatGateway": "core.models.NatGateway",
    "ServiceGateway": "core.models.ServiceGateway",
    "Drg": "core.models.Drg",
    "Vnic": "core.models.Vnic",
    "Vault": "key_management.models.Vault",
    "NetworkLoadBalancer": "network_load_balancer.models.NetworkLoadBalancer",
    "LoadBalancer": "load_balancer.models.LoadBalancer",
    "Compartment": "identity.models.Compartment",
    "User": "identity.models.User",
    "Group": "identity.models.Group",
    "Policy": "identity.models.Policy",
    "DynamicResourceGroup": "identity.models.DynamicGroup",
    "TagNamespace": "identity.models.TagNamespace",
    "AutonomousDatabase": "database.models.AutonomousDatabase",
    "DbSystem": "database.models.DbSystem",
    "LogGroup": "logging.models.LogGroup",
    "Alarm": "monitoring.models.Alarm",
    "Bucket": "object_storage.models.Bucket",
}


def test_bodies_speak_the_language_of_the_sdk_models_and_one_word_more(truth: Records) -> None:
    """Every field but one is known to the SDK, and no value is outside a field's enumeration."""
    assert set(_MODELS) == set(READ_CALLS)
    unknown = set()
    for record in truth:
        if record["body"] is None:
            continue
        module, _, name = _MODELS[record["resourceType"]].rpartition(".")
        model = getattr(importlib.import_module(f"oci.{module}"), name)()
        attribute_of = {wire: attribute for attribute, wire in model.attribute_map.items()}
        for wire, value in record["body"].items():
            if wire not in attribute_of:
                unknown.add((record["resourceType"], wire))
                continue
            setattr(model, attribute_of[wire], value)
            assert getattr(model, attribute_of[wire]) == value, (record["resourceType"], wire, value)
    assert unknown == {("Instance", "opticalLinkProfile")}


def test_a_region_in_progress_is_subscribed_and_empty(unchanged: Tenancy, truth: Records) -> None:
    waiting = [region for region in unchanged.regions if region.status == "IN_PROGRESS"]
    assert [region.key for region in waiting] == ["PHX"]
    assert waiting[0].name not in {record["region"] for record in truth}


def test_other_realms_have_their_own_names() -> None:
    tenancy = generate(seed=1, resources=100, regions=2, realm="oc19", now=NOW)
    assert tenancy.ready_regions == ("eu-frankfurt-2", "eu-madrid-2")
    assert all(".oc19." in ocid for ocid in tenancy.resources)


@pytest.mark.parametrize(
    "numbers",
    [
        {"resources": 5},
        {"regions": 15},
        {"types": 1000},
        {"realm": "oc999"},
        {"regions": 14, "region_in_progress": True},
    ],
)
def test_numbers_that_do_not_fit_are_refused(numbers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"realm|types"):
        generate(**{"seed": 1, "resources": 100, "now": NOW, **numbers})


def test_truth_is_written_in_order(unchanged: Tenancy, tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    write_truth(unchanged, path)
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert records == list(truth_records(unchanged))
    keys = [(record["ocid"] or "", record["resourceType"]) for record in records]
    assert keys == sorted(keys)
