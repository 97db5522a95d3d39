"""What a single run may be asked to look at instead of what the settings say, and its document.

A run with such a scope is ad hoc: its results stay in its own folder, and the pointer is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from inventory.model.fields import Fields
from inventory.model.manifest import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class AdhocScope:
    """What one run is asked to look at; None leaves the settings' own."""

    regions: tuple[str, ...] | None = None
    query: str | None = None
    types: tuple[str, ...] | None = None

    def narrow(self, scope: Scope) -> Scope:
        """The settings' scope with what is asked for here in its place."""
        if self.regions is not None:
            scope = replace(scope, regions=self.regions)
        if self.query is not None:
            scope = replace(scope, query=self.query)
        if self.types is not None:
            # Who names a type wants it, also where every other run leaves it out.
            scope = replace(scope, types=self.types, exclude_types=())
        return scope

    def to_dict(self) -> dict[str, Any]:
        return {"regions": self.regions, "query": self.query, "types": self.types}

    @classmethod
    def from_fields(cls, fields: Fields) -> AdhocScope:
        return cls(
            regions=fields.optional_texts("regions"),
            query=fields.optional_text("query"),
            types=fields.optional_texts("types"),
        )
