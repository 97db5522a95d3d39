"""The tenancy's own facts, from the identity service."""

from __future__ import annotations

from typing import Any

from inventory.errors import MalformedAnswer
from inventory.oci_io.answers import Answer, list_of
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey
from inventory.ports.tenancy import RegionSubscription


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
        key = ClientKey(
            service="identity", client="IdentityClient", region=self._caller.clients.credentials.region
        )
        return self._caller.call(
            key, "list_region_subscriptions", {"tenancy_id": self.tenancy_id}, accept=_subscriptions_of
        )


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
