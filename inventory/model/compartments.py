"""The tenancy's compartments: names for people, and which compartment lies below which.

The tree is read once per run, before the manifest, so that everything in a run names and filters alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inventory.model.fields import Fields, document_bytes

FORMAT_VERSION = 1
FILE_NAME = "compartments.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compartment:
    """A compartment: its name, the OCID it lies directly below, and its lifecycle state."""

    name: str
    parent: str
    state: str

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "parent": self.parent, "state": self.state}

    @classmethod
    def from_fields(cls, fields: Fields) -> Compartment:
        return cls(name=fields.text("name"), parent=fields.text("parent"), state=fields.text("state"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CompartmentTree:
    """`compartments.json`; create-once: every compartment by its OCID, without the tenancy itself."""

    tenancy_id: str
    tenancy_name: str
    compartments: Mapping[str, Compartment]

    def knows(self, ocid: str | None) -> bool:
        """Whether an OCID is the tenancy or one of its compartments."""
        return ocid == self.tenancy_id or ocid in self.compartments

    def path(self, ocid: str) -> str:
        """The names from the tenancy to a compartment, joined by `/`; an unknown OCID stands for itself."""
        names = []
        for above in self._upwards(ocid):
            if above == self.tenancy_id:
                names.append(self.tenancy_name)
            else:
                known = self.compartments.get(above)
                names.append(known.name if known is not None else above)
        return "/".join(reversed(names))

    def is_below(self, ocid: str | None, roots: Collection[str]) -> bool:
        """Whether an OCID is one of the roots or a compartment somewhere below one; unknown ones are not."""
        return self.knows(ocid) and any(above in roots for above in self._upwards(str(ocid)))

    def _upwards(self, ocid: str) -> Iterator[str]:
        """The OCID and those above it, up to the tenancy, or to one that is unknown or was there already."""
        passed: set[str] = set()
        while ocid not in passed:
            passed.add(ocid)
            yield ocid
            known = self.compartments.get(ocid)
            if known is None:
                return
            ocid = known.parent

    def to_bytes(self) -> bytes:
        return document_bytes(
            {
                "format_version": FORMAT_VERSION,
                "tenancy_id": self.tenancy_id,
                "tenancy_name": self.tenancy_name,
                "compartments": {ocid: known.to_dict() for ocid, known in self.compartments.items()},
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> CompartmentTree:
        """Raises InvalidDocument."""
        fields = Fields.parse(FILE_NAME, body, format_version=FORMAT_VERSION)
        return cls(
            tenancy_id=fields.text("tenancy_id"),
            tenancy_name=fields.text("tenancy_name"),
            compartments=fields.by_key(
                "compartments", lambda part, ocid: Compartment.from_fields(part.part(ocid))
            ),
        )
