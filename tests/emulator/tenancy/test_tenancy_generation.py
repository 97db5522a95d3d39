"""What the generator promises to everything that is tested against it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emulator.tenancy import Tenancy, generate
from emulator.tenancy.details import is_final
from emulator.tenancy.mix import DEFAULT_MIX
from emulator.tenancy.oddities import MEANINGS, Oddities
from emulator.tenancy.resource_types import HOME_TYPES, TYPES, is_offered
from emulator.truth import truth_domain_members, truth_records, write_truth
from tests.fakes.service_caller import NOW

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


@pytest.mark.parametrize("types", [2, 60, 120, None])
def test_exactly_as_many_types_as_asked_for(make_tenancy: Any, types: int | None) -> None:
    tenancy = make_tenancy(resources=400, types=types, oddities=Oddities(without_ocid=0))
    found = {record["resourceType"] for record in truth_records(tenancy)}
    assert found == set(list(DEFAULT_MIX.weights)[:types])
    assert found == set(tenancy.type_names)


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
                assert target.region == resource.region or target.is_identity
                assert target != resource
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


def test_compartments_that_end_still_hold_resources(unchanged: Tenancy, truth: Records) -> None:
    states = Counter(c.lifecycle_state for c in unchanged.compartments)
    assert states == {"ACTIVE": 10, "DELETING": 1, "DELETED": 1}
    ending = {c.ocid for c in unchanged.compartments if c.lifecycle_state != "ACTIVE"}
    held = [record for record in truth if record["compartmentId"] in ending]
    assert {record["compartmentId"] for record in held} == ending
    assert all("inEndingCompartment" in record["oddities"] for record in held)
    assert len(held) == _odd(truth, "inEndingCompartment")
    assert any(record["lifecycleState"] != "DELETED" for record in held)


def _odd(truth: Records, name: str) -> int:
    return sum(name in record["oddities"] for record in truth)


def test_every_oddity_occurs_and_those_that_cost_an_inventory_something_only_when_asked_for(
    truth: Records, make_tenancy: Any
) -> None:
    costly = {"gone", "unreadableType"}
    asked_for = {*costly, "unsearchedType"}
    assert {name for record in truth for name in record["oddities"]} == set(MEANINGS) - asked_for
    assert all(record["readable"] for record in truth)
    asked = Oddities(
        gone=0.1,
        unreadable_types=frozenset({"Instance", "Bucket"}),
        unsearched_types=frozenset({"Vcn"}),
    )
    odder = list(truth_records(make_tenancy(oddities=asked)))
    assert {name for record in odder for name in record["oddities"]} == set(MEANINGS)
    for record in odder:
        assert record["readable"] is not bool(costly & set(record["oddities"]))
        if not record["readable"]:
            assert record["body"] is None


def test_oddities_are_what_their_names_say(unchanged: Tenancy) -> None:
    for resource in unchanged.snapshot:
        assert ("deleted" in resource.oddities) == is_final(
            resource
        ) or resource.resource_type == "Compartment"
        assert ("noOcid" in resource.oddities) == (resource.ocid is None)
        assert ("nullName" in resource.oddities) == (resource.display_name is None)
        assert ("nullTime" in resource.oddities) == (resource.time_created is None)
        if "hugeTags" in resource.oddities:
            assert len(resource.freeform_tags) == 10
            assert sum(map(len, resource.defined_tags.values())) == 64
            assert max(len(key) for key in resource.freeform_tags) == 100
            assert max(len(value) for value in resource.freeform_tags.values()) == 256


def test_a_tenancy_can_be_without_any_oddity(make_tenancy: Any) -> None:
    shares = {name: 0 for name in Oddities.__slots__ if not name.endswith("_types")}
    tenancy = make_tenancy(oddities=Oddities(**shares))
    odd = {name for resource in tenancy.snapshot for name in resource.oddities}
    assert odd == {"deleted"}, "the deleted compartment"
    assert {r.resource_type for r in tenancy.snapshot if not r.is_searchable} == {"Domain"}


def test_members_of_other_domains_come_on_top_and_are_not_in_the_truth(
    unchanged: Tenancy, truth: Records
) -> None:
    domains = {d.ocid: d.display_name for d in unchanged.snapshot.of_type("Domain")}
    assert list(domains.values()) == ["Default", "Partners", "Kunden"]
    members = [r for r in unchanged.snapshot if not r.is_searchable and r.resource_type != "Domain"]
    assert Counter((r.resource_type, domains[r.domain_id]) for r in members) == {
        ("User", "Partners"): 6,
        ("Group", "Partners"): 2,
        ("User", "Kunden"): 6,
        ("Group", "Kunden"): 2,
    }
    hidden = {r.ocid for r in unchanged.snapshot if not r.is_searchable}
    assert not hidden & {record["ocid"] for record in truth}
    named = {ocid for r in unchanged.snapshot for ocid in r.references.values()}
    assert not hidden & named


def test_members_of_other_domains_have_a_truth_of_their_own(unchanged: Tenancy) -> None:
    members = list(truth_domain_members(unchanged))
    assert Counter(record["resourceType"] for record in members) == {"User": 12, "Group": 4}
    assert [record["ocid"] for record in members] == sorted(record["ocid"] for record in members)
    for record in members:
        resource, body = unchanged.resources[record["ocid"]], record["body"]
        assert record["lifecycleState"] == (
            resource.lifecycle_state if record["resourceType"] == "User" else None
        )
        assert record["timeCreated"] == f"{body['meta']['created'][:-1]}000+00:00"
        assert (record["compartmentId"], record["region"]) == (unchanged.tenancy_id, unchanged.home_region)
        assert record["displayName"] == body["displayName"] == resource.display_name


def test_domains_lie_below_the_root_where_asked_for(make_tenancy: Any) -> None:
    """With their members, and nothing else of the tenancy is another one for it."""
    ordinary, moved = make_tenancy(), make_tenancy(oddities=Oddities(domains_below_root=True))
    assert [r.ocid for r in ordinary.snapshot] == [r.ocid for r in moved.snapshot]
    domains = {domain.ocid: domain for domain in moved.snapshot.of_type("Domain")}
    assert [d.compartment_id == moved.tenancy_id for d in domains.values()] == [True, False, False]
    active = {c.ocid for c in moved.compartments if c.lifecycle_state == "ACTIVE"}
    for record in truth_domain_members(moved):
        domain = domains[record["body"]["domainOcid"]]
        assert record["compartmentId"] == domain.compartment_id in active
    differing = [r for r, other in zip(ordinary.snapshot, moved.snapshot, strict=True) if r != other]
    assert all(r.domain_id is not None for r in differing)


def test_users_groups_and_dynamic_groups_lie_in_the_root(truth: Records, unchanged: Tenancy) -> None:
    places = {
        record["compartmentId"]
        for record in truth
        if record["resourceType"] in ("User", "Group", "DynamicResourceGroup", "IdentityProvider")
    }
    assert places == {unchanged.tenancy_id}


def test_the_mix_for_figures_is_spread_evenly() -> None:
    tenancy = generate(resources=20_000, now=NOW)
    assert DEFAULT_MIX.regions == 4
    assert DEFAULT_MIX.compartments == len(tenancy.compartments) == 40
    places: dict[str, Counter[tuple[str, str]]] = {}
    for resource in tenancy.snapshot:
        if not resource.is_identity and not {"inEndingCompartment", "noOcid"} & set(resource.oddities):
            place = (resource.region, resource.compartment_id)
            places.setdefault(resource.resource_type, Counter())[place] += 1
    assert len(places) > 150
    for type_name in ("Instance", "Vnic", "Volume"):
        many = places[type_name]
        assert len(many) == 4 * 39, "the root and 38 compartments in each region"
        assert max(many.values()) - min(many.values()) <= 3
    total = sum(many.total() for many in places.values())
    by_weight = DEFAULT_MIX.weights["Instance"] / sum(DEFAULT_MIX.weights.values())
    assert places["Instance"].total() / total == pytest.approx(by_weight, rel=0.05)


def test_a_mix_can_be_left_to_chance() -> None:
    tenancy = generate(resources=4000, now=NOW, mix=replace(DEFAULT_MIX, is_even=False))
    regions = Counter(r.region for r in tenancy.snapshot if not r.is_identity)
    assert regions.most_common(1)[0][0] == tenancy.home_region
    assert regions[tenancy.home_region] > regions.total() / 3


def test_every_type_that_search_can_know_occurs_wherever_it_is_offered() -> None:
    tenancy = generate(resources=2500, now=NOW, every_type=True, regions=3)
    found = {(r.resource_type, r.region) for r in tenancy.snapshot if r.is_searchable}
    regions = tenancy.ready_regions
    expected = {
        (name, region)
        for name, row in TYPES.items()
        for number, region in enumerate(regions)
        if name != "Domain" and is_offered(name, number) and (not row.home or number == 0)
    }
    assert found == expected
    assert len(TYPES) >= 490
    with pytest.raises(ValueError, match="every type in 3 regions needs 1"):
        generate(resources=500, now=NOW, every_type=True, regions=3)


def test_what_cannot_be_read_without_another_resource_names_one() -> None:
    tenancy = generate(resources=2500, now=NOW, every_type=True, regions=3)
    needing = 0
    for resource in tenancy.snapshot:
        for reference in TYPES[resource.resource_type].references:
            if reference.parent and resource.ocid:
                needing += 1
                assert reference.field in resource.references, resource
    assert needing > 20


def test_figures_can_be_had_at_any_size() -> None:
    """The kinds of a small tenancy are those of a large one, and their shares too."""
    small, large = (generate(resources=size, now=NOW) for size in (1000, 30_000))
    assert set(small.type_names) == set(large.type_names)
    vnics = [
        sum(r.resource_type == "Vnic" for r in tenancy.snapshot) / len(tenancy.resources)
        for tenancy in (small, large)
    ]
    assert vnics[0] == pytest.approx(vnics[1], rel=0.25)


def test_secrets_stand_where_people_leave_them(truth: Records) -> None:
    bodies = {record["resourceType"]: record["body"] for record in truth if record["body"]}
    assert bodies["Instance"]["metadata"]["user_data"]
    assert bodies["Instance"]["metadata"]["ssh_authorized_keys"].startswith("ssh-rsa ")
    assert bodies["Instance"]["extendedMetadata"]["service"]["clientSecret"]
    assert bodies["Bucket"]["metadata"]["db_password"]
    assert bodies["AutonomousDatabase"]["additionalAttributes"]["walletPassword"]


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
        {"compartments": 0},
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
