"""Where what a request names lies: compartments, one in another, up to the tenancy's root.

Knows the tenancy's resources, the bucket store's buckets and the functions. What none of them knows is taken
to lie in the root, where the emulated cloud has its topics: a service answers for it that it is not there.
"""

from __future__ import annotations

from typing import Protocol

from emulator.functions import Function
from emulator.reads import GeneratedBuckets
from emulator.tenancy.values import Tenancy
from emulator.wire import ServiceError


class Buckets(Protocol):
    """The buckets that hold objects."""

    def compartment_of(self, bucket: str, region: str) -> str | None:
        """The compartment of a bucket, None where the region has none of that name."""
        ...

    def has_object(self, bucket: str, name: str) -> bool:
        """Whether there is such an object now."""
        ...


class Functions(Protocol):
    """The functions that work."""

    def function(self, function_id: str) -> Function:
        """The function of this OCID. Raises `ServiceError` 404."""
        ...


class Places:
    """The compartments of one tenancy and what lies in them, as they are when they are asked."""

    def __init__(self, tenancy: Tenancy, *, buckets: Buckets, functions: Functions) -> None:
        self.tenancy = tenancy
        self.buckets = buckets
        self._functions = functions
        self._generated = GeneratedBuckets(tenancy)
        # Nothing moves or deletes a bucket that holds objects.
        self._buckets: dict[tuple[str, str], str] = {}

    @property
    def version(self) -> int:
        """Grows whenever something may have moved."""
        return self.tenancy.snapshot.version

    def compartment_of(self, ocid: str) -> str | None:
        """The compartment that holds it, a compartment's own OCID, or None where nothing is known of it."""
        if ocid == self.tenancy.tenancy_id:
            return ocid
        found = self.tenancy.resources.get(ocid)
        if found is not None:
            return ocid if found.resource_type == "Compartment" else found.compartment_id
        if ocid.startswith("ocid1.fnfunc."):
            try:
                return self._functions.function(ocid).application.compartment_id
            except ServiceError:
                return None
        return None

    def application_of(self, function_id: str) -> str | None:
        """The application of a function that works, not of a generated one."""
        try:
            return self._functions.function(function_id).application.ocid
        except ServiceError:
            return None

    def compartment_of_bucket(self, name: str, region: str) -> str | None:
        """The compartment of a bucket, one that holds objects or one that is only known by name."""
        found = self._buckets.get((name, region))
        if found is not None:
            return found
        found = self.buckets.compartment_of(name, region)
        if found is not None:
            self._buckets[name, region] = found
            return found
        shown = self._generated.bucket_details(self.tenancy.namespace, name, region)
        return shown["compartmentId"] if shown else None

    def lies_in(self, compartment_id: str, scope: str) -> bool:
        """Whether a compartment is `scope` or below it."""
        within: str | None = compartment_id
        while within is not None and within != scope:
            above = self.tenancy.resources.get(within)
            within = above.compartment_id if above is not None else None
        return within is not None or scope == self.tenancy.tenancy_id

    def named(self, path: str) -> str | None:
        """The compartment of a name in lower case, `a:b` for b in a; None where there is none."""
        found = self.tenancy.tenancy_id
        for name in path.split(":"):
            below = (
                one.ocid
                for one in self.tenancy.compartments
                if one.compartment_id == found and (one.display_name or "").lower() == name
            )
            ocid = next(below, None)
            if ocid is None:
                return None
            found = ocid
        return found
