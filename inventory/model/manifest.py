"""The manifest: a run's plan and everything that its result depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inventory.model.fields import Fields, document_bytes
from inventory.model.timestamps import format_time

FORMAT_VERSION = 1
DEFAULT_QUERY = "query all resources"
SEARCH = "search"
BULK = "bulk"
FULL = "full"
DEPTHS = (SEARCH, BULK, FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the run was asked to look at; None stands for no restriction.

    `types` and `exclude_types` are resource types in any letter case. `compartments` are OCIDs, each with
    all below it. Of `tags` any one suffices.
    """

    query: str
    regions: tuple[str, ...] | None
    include_terminated: bool
    types: tuple[str, ...] | None = None
    exclude_types: tuple[str, ...] = ()
    compartments: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "regions": self.regions,
            "include_terminated": self.include_terminated,
            "types": self.types,
            "exclude_types": self.exclude_types,
            "compartments": self.compartments,
            "tags": self.tags,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Scope:
        # A manifest from before there were filters has none of them.
        return cls(
            query=fields.text("query"),
            regions=fields.optional_texts("regions"),
            include_terminated=fields.boolean("include_terminated"),
            types=fields.optional_texts("types"),
            exclude_types=fields.optional_texts("exclude_types") or (),
            compartments=fields.optional_texts("compartments"),
            tags=fields.optional_texts("tags"),
        )

    def covers_region(self, region: str) -> bool:
        """Whether the scope asks for a region at all (it may still be unavailable)."""
        return self.regions is None or region in self.regions


@dataclass(frozen=True, slots=True, kw_only=True)
class UnavailableRegion:
    """A region in scope that cannot be searched, and why."""

    region: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The pointer as it stood when the run started."""

    run_id: str
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`manifest.json`; create-once.

    `regions` are searched, in the order of their names. `region_keys` maps the key of every subscribed
    region (lower case) to its name. `collected_at` is the run's start. `close_by` is when whatever is not
    done is closed as it is. An ad-hoc run never moves the pointer. `compartments_sha256` is that of the
    run's `compartments.json`, or None where the tree could not be read; `compartments_error` says why.
    `parquet` says whether `inventory.parquet` is made; None, in manifests from before it was pinned, lets it
    be made and promises nothing. `budgets` are the requests per second and region that details may cost,
    by the SDK's service, `*` for all others; empty where none is told.
    """

    run_id: str
    trigger_kind: str
    trigger_key: str
    collected_at: str
    close_by: datetime
    tenancy_id: str
    home_region: str
    regions: tuple[str, ...]
    unavailable_regions: tuple[UnavailableRegion, ...]
    region_keys: dict[str, str]
    scope: Scope
    depth: str
    catalog_fingerprint: str
    redaction_fingerprint: str
    volatile_fields: tuple[str, ...]
    code_version: str
    baseline: Baseline | None
    is_adhoc: bool = False
    compartments_error: str | None = None
    compartments_sha256: str | None = None
    parquet: bool | None = None
    budgets: Mapping[str, float] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        return document_bytes(
            {
                "format_version": FORMAT_VERSION,
                "run_id": self.run_id,
                "trigger_kind": self.trigger_kind,
                "trigger_key": self.trigger_key,
                "collectedAt": self.collected_at,
                "close_by": format_time(self.close_by),
                "tenancy_id": self.tenancy_id,
                "home_region": self.home_region,
                "regions": list(self.regions),
                "unavailable_regions": [
                    {"region": gap.region, "reason": gap.reason} for gap in self.unavailable_regions
                ],
                "region_keys": self.region_keys,
                "scope": self.scope.to_dict(),
                "depth": self.depth,
                "catalog_fingerprint": self.catalog_fingerprint,
                "redaction_fingerprint": self.redaction_fingerprint,
                "volatile_fields": list(self.volatile_fields),
                "code_version": self.code_version,
                "baseline": (
                    None
                    if self.baseline is None
                    else {"run_id": self.baseline.run_id, "etag": self.baseline.etag}
                ),
                "is_adhoc": self.is_adhoc,
                "compartments_error": self.compartments_error,
                "compartments_sha256": self.compartments_sha256,
                "parquet": self.parquet,
                "budgets": dict(self.budgets),
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Manifest:
        """Raises InvalidDocument."""
        fields = Fields.parse("manifest.json", body, format_version=FORMAT_VERSION)
        baseline = fields.optional_part("baseline")
        return cls(
            run_id=fields.text("run_id"),
            trigger_kind=fields.text("trigger_kind"),
            trigger_key=fields.text("trigger_key"),
            collected_at=fields.text("collectedAt"),
            close_by=fields.time("close_by"),
            tenancy_id=fields.text("tenancy_id"),
            home_region=fields.text("home_region"),
            regions=fields.texts("regions"),
            unavailable_regions=tuple(
                UnavailableRegion(region=part.text("region"), reason=part.text("reason"))
                for part in fields.parts("unavailable_regions")
            ),
            region_keys=fields.by_key("region_keys", Fields.text),
            scope=Scope.from_fields(fields.part("scope")),
            depth=fields.choice("depth", DEPTHS),
            catalog_fingerprint=fields.text("catalog_fingerprint"),
            redaction_fingerprint=fields.text("redaction_fingerprint"),
            volatile_fields=fields.texts("volatile_fields"),
            code_version=fields.text("code_version"),
            baseline=(
                None
                if baseline is None
                else Baseline(run_id=baseline.text("run_id"), etag=baseline.text("etag"))
            ),
            is_adhoc=False if fields.is_null("is_adhoc") else fields.boolean("is_adhoc"),
            compartments_error=fields.optional_text("compartments_error"),
            compartments_sha256=fields.optional_text("compartments_sha256"),
            parquet=None if fields.is_null("parquet") else fields.boolean("parquet"),
            budgets={} if fields.is_null("budgets") else fields.by_key("budgets", Fields.number),
        )
