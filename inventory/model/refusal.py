"""The report of a call that was refused, for those whose callers hear no answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inventory.model.canonical import sha256_hex
from inventory.model.fields import Fields, document_bytes
from inventory.model.timestamps import format_time

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """`refused/<digest>.json`; create-once: which function refused what, and when it first did.

    `code` is the failure's class, `message` names field, value and what is allowed, free of
    secrets.
    """

    role: str
    code: str
    message: str
    first_seen: datetime

    @property
    def digest(self) -> str:
        """The same for the same mistake, whenever it is made."""
        return sha256_hex("\n".join((self.role, self.code, self.message)).encode("utf-8", "replace"))[:32]

    def to_bytes(self) -> bytes:
        return document_bytes(
            {
                "format_version": FORMAT_VERSION,
                "role": self.role,
                "code": self.code,
                "message": self.message,
                "first_seen": format_time(self.first_seen),
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Refusal:
        """Raises InvalidDocument."""
        fields = Fields.parse("refusal.json", body, format_version=FORMAT_VERSION)
        return cls(
            role=fields.text("role"),
            code=fields.text("code"),
            message=fields.text("message"),
            first_seen=fields.time("first_seen"),
        )
