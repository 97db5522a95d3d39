"""What the controller asks about the tenancy itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from inventory.model.compartments import CompartmentTree


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSubscription:
    """A subscribed region: its name (`us-ashburn-1`), its key in lower case (`iad`), and its state."""

    name: str
    key: str
    is_ready: bool
    is_home: bool


class TenancyDirectory(Protocol):
    """The tenancy's own facts."""

    @property
    def tenancy_id(self) -> str:
        """The tenancy's OCID."""
        ...

    def region_subscriptions(self) -> list[RegionSubscription]:
        """All subscriptions in the order of their names. Raises RetryLater, RecordGap."""
        ...

    def compartment_tree(self) -> CompartmentTree:
        """All compartments in every state, with the tenancy's name. Raises RetryLater, RecordGap."""
        ...
