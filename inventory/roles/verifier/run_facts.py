"""What the checks must know of a run, from its documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.model.checkpoint import ALL_TYPES, COMPLETE, UNLISTED, Outcome
from inventory.model.compartments import CompartmentTree
from inventory.model.manifest import Manifest
from inventory.model.publication import Artifact, Published
from inventory.model.search_types import SearchTypes


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineFacts:
    """The published run that this one was compared with."""

    manifest: Manifest
    published: Published

    @property
    def run_id(self) -> str:
        return self.manifest.run_id


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRun:
    """A run's documents, as far as they could be read; `outcomes` and `search_types` are by region.

    `baseline` is None where there is none, or none any more.
    """

    run_id: str
    manifest: Manifest
    outcomes: Mapping[str, Outcome]
    search_types: Mapping[str, SearchTypes]
    published: Published | None
    compartments: CompartmentTree | None
    baseline: BaselineFacts | None

    @property
    def collected_at(self) -> str:
        return self.manifest.collected_at

    def artifact(self, file_name: str) -> Artifact | None:
        """A published artifact's listing."""
        return None if self.published is None else self.published.artifact(file_name)

    def is_complete(self, region: str, resource_type: str) -> bool:
        """Whether everything of a type in a region was seen, by Search and by lists where there are some."""
        outcome = self.outcomes.get(region)
        if outcome is None:
            return False
        states = {part.name: part.state for part in outcome.slices}
        names = [name for name in states if name in (ALL_TYPES, UNLISTED) or resource_type in name.split(",")]
        return bool(names) and all(states[name] == COMPLETE for name in names)

    def is_comparable(self) -> bool:
        """Whether the baseline's run looked at the same, so that nothing may be left uncompared.

        Filters whose answer can change with the resource (compartments, tags) leave room for judgement.
        """
        if self.baseline is None:
            return False
        scope = self.manifest.scope
        return scope == self.baseline.manifest.scope and scope.compartments is None and scope.tags is None
