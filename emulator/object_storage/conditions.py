"""If-Match and If-None-Match, as Object Storage reads them.

Decides whether a request's conditions hold for an ETag; the caller makes test and write one step. Codes:
IfNoneMatchFailed is named by the SDK's base client, IfMatchFailed by Oracle's own CLI tests. The 400s for
headers that make no sense are named in Oracle's error list without a description: their use here is a
reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.wire import ServiceError


class NotModifiedError(ServiceError):
    """304: the reader's copy is current."""

    def __init__(self, etag: str) -> None:
        super().__init__(304, "NotModified", "", {"etag": etag})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The conditions of one request; ETags are compared without quotes."""

    if_match: str | None = None
    if_none_match: str | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Conditions:
        """The conditions in lower-case headers."""
        return cls(
            if_match=_unquoted(headers.get("if-match")), if_none_match=_unquoted(headers.get("if-none-match"))
        )

    def check_write(self, current: str | None) -> None:
        """Raise unless a write over ETag `current` (None: nothing there) is allowed."""
        if self.if_match is not None and self.if_none_match is not None:
            raise ServiceError(
                400, "InvalidConditionalHeaders", "If-Match and If-None-Match cannot be used together."
            )
        if self.if_none_match not in (None, "*"):
            raise ServiceError(400, "IfNoneMatchDisallowed", "The only valid value of If-None-Match is '*'.")
        if self.if_none_match == "*" and current is not None:
            raise ServiceError(
                412, "IfNoneMatchFailed", "The If-None-Match header is '*' but there is an existing entity."
            )
        self._check_match(current)

    def check_read(self, current: str) -> None:
        """Raise unless ETag `current` may be answered; `NotModifiedError` where the reader has it."""
        if self.if_none_match == "*":
            raise ServiceError(400, "IfNoneMatchDisallowed", "Wildcards are not allowed in If-None-Match.")
        self._check_match(current)
        if self.if_none_match == current:
            raise NotModifiedError(current)

    def _check_match(self, current: str | None) -> None:
        if self.if_match is None or (self.if_match == "*" and current is not None):
            return
        if self.if_match != current:
            raise ServiceError(
                412, "IfMatchFailed", "The If-Match header does not match the ETag of the existing entity."
            )


def _unquoted(value: str | None) -> str | None:
    return value if value is None else value.strip().strip('"')
