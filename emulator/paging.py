"""Opaque page tokens that are bound to the request they continue."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from emulator.wire import Request, ServiceError


def fingerprint(*parts: object) -> str:
    """A short digest of what a token must be used with again."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]


def write_token(**content: Any) -> str:
    """An opaque token with this content."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def read_token(token: str, *, bound_to: str) -> dict[str, Any]:
    """The content of a token whose `bound_to` must be this one.

    Raises: ServiceError 400 InvalidParameter for anything else.
    """
    try:
        content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if content["bound_to"] == bound_to:
            return dict(content)
    except (ValueError, KeyError, TypeError):
        pass
    raise invalid_token()


def invalid_token() -> ServiceError:
    """The answer to a page token that is malformed, expired, or of another request."""
    return ServiceError(400, "InvalidParameter", "The page token is invalid or has expired.")


def limit_of(request: Request, *, default: int, maximum: int = 1000) -> int:
    """The `limit` parameter. Raises: ServiceError 400 InvalidParameter outside 1..maximum."""
    text = request.parameter("limit")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= maximum):
        raise ServiceError(400, "InvalidParameter", f"limit must be a number between 1 and {maximum}.")
    return int(text)
