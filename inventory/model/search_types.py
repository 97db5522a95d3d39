"""What a region's own Search says it can show: the names of its resource types, or why nobody could tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inventory.model.fields import Fields, document_bytes

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTypes:
    """`search_types.json`; create-once, before the region's first commit of a scan.

    `types` are the names as the service spells them, sorted and distinct; None where they could not be
    read, and then `error` is the failure's class.
    """

    run_id: str
    region: str
    types: tuple[str, ...] | None
    error: str | None = None

    def to_bytes(self) -> bytes:
        document: dict[str, Any] = {
            "format_version": FORMAT_VERSION,
            "run_id": self.run_id,
            "region": self.region,
            "types": None if self.types is None else list(self.types),
            "error": self.error,
        }
        return document_bytes(document)

    @classmethod
    def from_bytes(cls, body: bytes) -> SearchTypes:
        """Raises InvalidDocument."""
        fields = Fields.parse("search_types.json", body, format_version=FORMAT_VERSION)
        return cls(
            run_id=fields.text("run_id"),
            region=fields.text("region"),
            types=None if fields.is_null("types") else fields.texts("types"),
            error=fields.optional_text("error"),
        )
