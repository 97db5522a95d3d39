"""What an SDK call answered, and the checks that make it what the caller expects."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from inventory.errors import MalformedAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A 2xx answer: header names in any case; `data` is parsed JSON, text that is not JSON, or a stream."""

    status: int
    headers: Mapping[str, str]
    data: Any


def header_of(answer: Answer, name: str) -> str:
    """A header that must be there. Raises MalformedAnswer."""
    value = answer.headers.get(name)
    if not value:
        raise MalformedAnswer(f"the answer has no {name} header")
    return value


def object_of(answer: Answer) -> dict[str, Any]:
    """The answer's JSON object. Raises MalformedAnswer."""
    value = _json_of(answer)
    if not isinstance(value, dict):
        raise MalformedAnswer(f"the answer is not a JSON object but {type(value).__name__}")
    return value


def objects_of(value: object) -> list[dict[str, Any]]:
    """A JSON value that must be a list of objects. Raises MalformedAnswer."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise MalformedAnswer("the answer has no list of JSON objects where one must be")
    return value


def list_of(answer: Answer) -> list[dict[str, Any]]:
    """The answer's JSON list of objects. Raises MalformedAnswer."""
    return objects_of(_json_of(answer))


def _json_of(answer: Answer) -> object:
    if not isinstance(answer.data, str):
        return answer.data
    # The SDK hands over as text what it could not parse; parse again for the reason.
    try:
        return json.loads(answer.data)
    except ValueError as error:
        raise MalformedAnswer(f"the answer is not JSON: {error}") from error


def announced_bytes(answer: Answer) -> int | None:
    """The content-length header, if there is one. Raises MalformedAnswer."""
    value = answer.headers.get("content-length")
    if value is None:
        return None
    if not value.isdecimal():
        raise MalformedAnswer(f"content-length is {value!r}")
    return int(value)


def body_of(answer: Answer) -> bytes:
    """All bytes of a streamed answer, as many as announced. Raises MalformedAnswer, and the SDK's errors."""
    with closing(answer.data):
        body: bytes = answer.data.content
    announced = announced_bytes(answer)
    # A body that was encoded on its way is announced with its encoded length.
    if announced is not None and "content-encoding" not in answer.headers and announced != len(body):
        raise MalformedAnswer(f"the body has {len(body)} bytes, announced were {announced}")
    return body


def md5_base64(body: bytes) -> str:
    """The body's MD5 as OCI's headers carry it; a checksum against damage, not against attack."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode("ascii")


def check_md5(answer: Answer, body: bytes) -> None:
    """Compare a body with the checksum that the service tells, if it tells one. Raises MalformedAnswer."""
    for name in ("opc-content-md5", "content-md5"):
        expected = answer.headers.get(name)
        if expected is not None and expected != md5_base64(body):
            raise MalformedAnswer(f"the body does not match its {name}")
