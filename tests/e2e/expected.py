"""What a perfect inventory holds after each run, worked out from the generator's truth alone.

It keeps what is known of every resource from run to run, as a tenancy owner who sees everything would, and is
told what a run could not see. Nothing here reads what the product wrote; of the product it asks only which
types its catalog has a get call for.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inventory.catalog.load import load_catalog

Truth = Mapping[str, Any]
#: The OCID, or for a resource without one everything that tells it apart and a number among equal ones.
Identity = tuple[Any, ...]

REDACTED = "[REDACTED]"
FINAL_STATES = ("TERMINATED", "DELETED")

#: Where the generator hides secrets: JSON pointers into the bodies of GET.
SECRETS: Mapping[str, tuple[str, ...]] = {
    "Instance": (
        "/metadata/ssh_authorized_keys",
        "/metadata/user_data",
        "/extendedMetadata/service/clientSecret",
    ),
    "AutonomousDatabase": ("/additionalAttributes/walletPassword",),
    "Bucket": ("/metadata/db_password",),
    "DbSystem": ("/sshPublicKeys/0",),
}
#: And inside of texts: only the word after the equals sign is one.
SECRET_TEXTS: Mapping[str, tuple[str, re.Pattern[str]]] = {
    "Alarm": ("body", re.compile(r"(?<=password=)\w+"))
}

#: The references that the generator writes at the top of bodies, and what they mean.
RELATIONS = {
    "defaultDhcpOptionsId": "USES_DHCP_OPTIONS",
    "defaultRouteTableId": "USES_ROUTE_TABLE",
    "defaultSecurityListId": "USES_SECURITY_LIST",
    "dhcpOptionsId": "USES_DHCP_OPTIONS",
    "imageId": "USES_IMAGE",
    "kmsKeyId": "ENCRYPTED_BY",
    "networkSecurityGroupIds": "USES_NSG",
    "nsgIds": "USES_NSG",
    "routeTableId": "USES_ROUTE_TABLE",
    "securityListIds": "USES_SECURITY_LIST",
    "subnetId": "IN_SUBNET",
    "subnetIds": "IN_SUBNET",
    "vaultId": "USES_VAULT",
    "vcnId": "IN_VCN",
}
#: Those that mean something else in resources of one type.
RELATIONS_OF_TYPES = {
    "BootVolumeAttachment": {"bootVolumeId": "ATTACHED_TO", "instanceId": "ATTACHED_TO"},
    "BootVolumeBackup": {"bootVolumeId": "BACKUP_OF"},
    "DrgAttachment": {"drgId": "ATTACHED_TO", "vcnId": "ATTACHED_TO"},
    "UserGroupMembership": {"groupId": "MEMBER_OF", "userId": "MEMBERSHIP_OF"},
    "VnicAttachment": {"instanceId": "ATTACHED_TO", "vnicId": "ATTACHED_TO"},
    "VolumeAttachment": {"instanceId": "ATTACHED_TO", "volumeId": "ATTACHED_TO"},
    "VolumeBackup": {"volumeId": "BACKUP_OF"},
    "VolumeGroupBackup": {"volumeGroupId": "BACKUP_OF"},
}

_SEARCH_ITEM = (
    "resourceType",
    "compartmentId",
    "displayName",
    "availabilityDomain",
    "lifecycleState",
    "freeformTags",
    "definedTags",
    "systemTags",
)


def types_read_by(*sources: str) -> frozenset[str]:
    """The types whose details come from one of the sources `list` and `get`, by all their names."""
    return frozenset(
        name
        for entry in load_catalog().entries
        if entry.source in sources
        for name in (entry.name, *entry.aliases)
    )


def readable_types() -> frozenset[str]:
    """The types that the product reads, by all their names."""
    return types_read_by("list", "get")


_READABLE = readable_types()
#: Their list's items have every field of the get, and may have more.
LISTED = types_read_by("list")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One resource as last seen: in the run of `seen_at`, its details in the run of `details_seen_at`."""

    truth: Truth
    seen_at: str
    status: str
    body: Mapping[str, Any] | None
    details_seen_at: str
    #: What the body says that it hangs on.
    targets: frozenset[str]

    def view(self) -> dict[str, Any]:
        """What of its record may count as a change, in the shape of the record."""
        details: dict[str, Any] = {}
        if self.truth["searched"]:
            details["searchSummary"] = {name: self.truth[name] for name in _SEARCH_ITEM}
        if self.body is not None:
            details["metadata"] = self.body
        own = ("displayName", "compartmentId", "region", "lifecycleState", "timeCreated")
        return {name: self.truth[name] for name in (*own, "freeformTags", "definedTags")} | {
            "details": details
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDiff:
    """What a run should say about each resource of the inventory before and after it."""

    added: frozenset[Identity]
    removed: frozenset[Identity]
    changed: Mapping[Identity, frozenset[str]]
    unchanged: frozenset[Identity]
    not_compared_before: frozenset[Identity]
    not_compared_now: frozenset[Identity]
    previous: Mapping[Identity, Known]
    current: Mapping[Identity, Known]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What one run should publish; `diff` is None where there is nothing to compare with.

    `regions` are those that it, or a run before it, has seen to their end.
    """

    known: Mapping[Identity, Known]
    regions: frozenset[str]
    diff: ExpectedDiff | None


def _everything(_truth: Truth) -> bool:
    return True


def _nothing(_truth: Truth) -> bool:
    return False


@dataclass(slots=True, kw_only=True)
class PerfectInventory:
    """What is known after the runs so far; `covers` is what the last run was asked to look at, `regions` are
    those that were ever seen to their end: only there is a resource that was not known before news.
    `readable` types are read at the depth of the runs."""

    known: Mapping[Identity, Known] = field(default_factory=dict)
    regions: frozenset[str] = frozenset()
    runs: int = 0
    covers: Callable[[Truth], bool] = _everything
    readable: frozenset[str] = _READABLE

    def expect(
        self,
        truth: Iterable[Truth],
        *,
        collected_at: str,
        incomplete: Iterable[str] = (),
        seen: Callable[[Truth], bool] | None = None,
        covers: Callable[[Truth], bool] = _everything,
        unreadable: Callable[[Truth], bool] = _nothing,
        without_baseline: bool = False,
    ) -> Expectation:
        """What the next run should publish.

        `incomplete` regions were not seen to their end; of them only what `seen` says was seen at all, by
        default nothing. The services of `unreadable` resources did not show them.
        """
        truth = list(truth)
        missed = frozenset(incomplete)
        before = {} if without_baseline else self.known
        covered = frozenset(resource["region"] for resource in truth if covers(resource))
        regions = covered - missed
        if not without_baseline:
            regions |= self.regions & covered
        known: dict[Identity, Known] = {}
        for identity, resource in identified(truth):
            if covers(resource) and (
                resource["region"] not in missed or (seen is not None and seen(resource))
            ):
                shown = {**resource, "body": None} if unreadable(resource) else resource
                known[identity] = self._see(shown, before.get(identity), collected_at)
        for identity, old in before.items():
            if identity not in known and old.truth["region"] in missed and covers(old.truth):
                known[identity] = old
        if without_baseline or not self.runs:
            return Expectation(known=known, regions=regions, diff=None)
        diff = _diff(
            before,
            known,
            collected_at=collected_at,
            covered_before=lambda resource: resource["region"] in self.regions and self.covers(resource),
            covered_now=covers,
        )
        return Expectation(known=known, regions=regions, diff=diff)

    def _see(self, resource: Truth, before: Known | None, collected_at: str) -> Known:
        body = None
        status = "NOT_IMPLEMENTED"
        details_seen_at = collected_at
        targets: frozenset[str] = frozenset()
        if resource["resourceType"] in self.readable:
            body = _redacted(resource["resourceType"], resource["body"])
            if is_final(resource) and resource["searched"]:
                # What is deleted keeps the details that it had.
                body = None
            status = "OK" if body is not None else "ERROR"
            if body is not None:
                targets = frozenset(target for _, target in resource["edges"])
            if body is None and before is not None and before.body is not None:
                body, details_seen_at, targets = before.body, before.details_seen_at, before.targets
        return Known(
            truth=resource,
            seen_at=collected_at,
            status=status,
            body=body,
            details_seen_at=details_seen_at,
            targets=targets,
        )

    def accept(self, expectation: Expectation, *, covers: Callable[[Truth], bool] = _everything) -> None:
        """Make a published run the one that the next is compared with."""
        self.known = expectation.known
        self.regions = expectation.regions
        self.covers = covers
        self.runs += 1


def identified(resources: Iterable[Truth]) -> Iterable[tuple[Identity, Truth]]:
    """Resources, or records, with their identities."""
    twins: Counter[Identity] = Counter()
    for resource in resources:
        if resource["ocid"] is not None:
            yield (resource["ocid"],), resource
        else:
            names = ("resourceType", "region", "compartmentId", "displayName", "timeCreated")
            # The product leaves out microseconds where there are none.
            looks = tuple(_comparable(name, resource[name]) for name in names)
            twins[looks] += 1
            yield ("", *looks, twins[looks]), resource


def _comparable(name: str, value: Any) -> str:
    return str(value or "").replace(".000000+", "+") if name == "timeCreated" else str(value or "")


def is_planted(resource_type: str) -> bool:
    """Whether secrets of a type are planted where `SECRETS` says, and nowhere else."""
    return resource_type in SECRETS or resource_type in SECRET_TEXTS


def is_final(resource: Truth) -> bool:
    """Whether the resource is deleted and only lingers in Search."""
    return str(resource["lifecycleState"] or "").upper() in FINAL_STATES


def _redacted(resource_type: str, body: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if body is None or not is_planted(resource_type):
        return body
    clean: dict[str, Any] = copy.deepcopy(dict(body))
    for pointer in SECRETS.get(resource_type, ()):
        *parents, last = pointer.split("/")[1:]
        holder: Any = clean
        for parent in parents:
            holder = holder[parent]
        place = int(last) if isinstance(holder, list) else last
        if holder[place] is not None:
            holder[place] = REDACTED
    if resource_type in SECRET_TEXTS:
        name, pattern = SECRET_TEXTS[resource_type]
        clean[name] = pattern.sub(REDACTED, clean[name])
    return clean


def _diff(
    before: Mapping[Identity, Known],
    now: Mapping[Identity, Known],
    *,
    collected_at: str,
    covered_before: Callable[[Truth], bool],
    covered_now: Callable[[Truth], bool],
) -> ExpectedDiff:
    found: dict[str, set[Identity]] = {
        kind: set() for kind in ("added", "removed", "unchanged", "not_compared_before", "not_compared_now")
    }
    changed: dict[Identity, frozenset[str]] = {}
    for identity in {*before, *now}:
        old, new = before.get(identity), now.get(identity)
        if old is None:
            assert new is not None
            found["added" if covered_before(new.truth) else "not_compared_now"].add(identity)
        elif new is None:
            found["removed" if covered_now(old.truth) else "not_compared_before"].add(identity)
        elif new.seen_at != collected_at:
            found["not_compared_before"].add(identity)
            found["not_compared_now"].add(identity)
        elif fields := changed_fields(old, new):
            changed[identity] = fields
        else:
            found["unchanged"].add(identity)
    return ExpectedDiff(
        changed=changed,
        previous=before,
        current=now,
        **{kind: frozenset(identities) for kind, identities in found.items()},
    )


def changed_fields(old: Known, new: Known) -> frozenset[str]:
    """The fields that differ: of the record, of the search item, and of the service's answer."""
    one, other = old.view(), new.view()
    details = one.pop("details"), other.pop("details")
    found = {f"/{name}" for name in one if one[name] != other[name]}
    for part in ("searchSummary", "metadata"):
        was, now = (each.get(part) for each in details)
        # Details that are there on one side only say how the run went, not what the resource is.
        if was is not None and now is not None:
            names = {*was, *now}
            found |= {f"/details/{part}/{name}" for name in names if was.get(name) != now.get(name)}
    return frozenset(found)
