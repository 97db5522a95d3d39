"""The tenancy's own facts, from the identity service."""

from __future__ import annotations

from typing import Any

from inventory.errors import MalformedAnswer
from inventory.model.compartments import Compartment, CompartmentTree
from inventory.oci_io.answers import Answer, list_of, object_of
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey
from inventory.ports.tenancy import RegionSubscription

#: The largest page in common use; the service publishes no limit.
COMPARTMENTS_PER_PAGE = 1000


class OciTenancyDirectory:
    """Facts of the tenancy that the credentials belong to, asked in their region."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @property
    def tenancy_id(self) -> str:
        """The tenancy's OCID."""
        return self._caller.clients.credentials.tenancy_id

    def region_subscriptions(self) -> list[RegionSubscription]:
        """All subscriptions in the order of their names; the service has no pages here.

        Raises RetryLater, RecordGap.
        """
        return self._caller.call(
            self._key, "list_region_subscriptions", {"tenancy_id": self.tenancy_id}, accept=_subscriptions_of
        )

    def compartment_tree(self) -> CompartmentTree:
        """All compartments in every state, with the tenancy's name.

        The list leaves the tenancy itself out, and has deleted compartments for as long as the service
        remembers them. Raises RetryLater, RecordGap.
        """
        name = self._caller.call(
            self._key, "get_tenancy", {"tenancy_id": self.tenancy_id}, accept=_tenancy_name_of
        )
        arguments: dict[str, Any] = {
            "compartment_id": self.tenancy_id,
            "compartment_id_in_subtree": True,
            "access_level": "ANY",
            "limit": COMPARTMENTS_PER_PAGE,
        }
        found: dict[str, Compartment] = {}
        passed: set[str] = set()
        while True:
            compartments, page = self._caller.call(
                self._key, "list_compartments", arguments, accept=_compartments_of
            )
            found.update(compartments)
            if page is None:
                return CompartmentTree(tenancy_id=self.tenancy_id, tenancy_name=name, compartments=found)
            if page in passed:
                raise MalformedAnswer("a page of compartments comes again", operation="list_compartments")
            passed.add(page)
            arguments["page"] = page

    @property
    def _key(self) -> ClientKey:
        return ClientKey(
            service="identity", client="IdentityClient", region=self._caller.clients.credentials.region
        )


def _tenancy_name_of(answer: Answer) -> str:
    name = object_of(answer).get("name")
    if not isinstance(name, str) or not name:
        raise MalformedAnswer("the tenancy has no name")
    return name


def _compartments_of(answer: Answer) -> tuple[dict[str, Compartment], str | None]:
    found = dict(_compartment(item) for item in list_of(answer))
    return found, answer.headers.get("opc-next-page") or None


def _compartment(item: dict[str, Any]) -> tuple[str, Compartment]:
    values = [item.get(name) for name in ("id", "name", "compartmentId", "lifecycleState")]
    if not all(isinstance(value, str) for value in values):
        raise MalformedAnswer("a compartment cannot be read: id, name, compartmentId or lifecycleState")
    ocid, name, parent, state = (str(value) for value in values)
    return ocid, Compartment(name=name, parent=parent, state=state)


def _subscriptions_of(answer: Answer) -> list[RegionSubscription]:
    return sorted((_subscription(item) for item in list_of(answer)), key=lambda found: found.name)


def _subscription(item: dict[str, Any]) -> RegionSubscription:
    try:
        return RegionSubscription(
            name=item["regionName"],
            key=item["regionKey"].lower(),
            is_ready=item["status"] == "READY",
            is_home=item["isHomeRegion"],
        )
    except (KeyError, AttributeError) as error:
        raise MalformedAnswer(f"a region subscription cannot be read: {error!r}") from error
