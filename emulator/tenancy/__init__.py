"""The emulated tenancy: what exists in it, generated from a seed."""

from emulator.tenancy.generate import generate
from emulator.tenancy.values import RegionSubscription, Resource, Snapshot, Tenancy

__all__ = ["RegionSubscription", "Resource", "Snapshot", "Tenancy", "generate"]
