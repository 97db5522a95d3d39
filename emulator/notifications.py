"""Notifications: topics that take messages.

Decides what a publication must look like and keeps it, one JSON line per message, for tests and people to
read. Delivery to subscribers is not emulated.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from emulator.wire import Principal, Request, Response, ServiceError, not_found

# "Message size limit per request: 64KB" (PublishMessage).
_MAX_MESSAGE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One published message; `time` is RFC 3339, `publisher` the principal's OCID."""

    message_id: str
    time: str
    publisher: str
    title: str | None
    body: str


class NotificationsService:
    """Service `notification`: topics live in one region each, their messages in `<root>/notifications/`."""

    def __init__(self, *, root: Path, clock: Callable[[], datetime], realm: str = "oc1") -> None:
        self._directory = root / "notifications"
        self._clock = clock
        self._realm = realm
        self._lock = threading.Lock()
        self._files: dict[tuple[str, str], Path] = {}

    def create_topic(self, name: str, *, region: str) -> str:
        """The OCID of a topic; the same name in the same region is the same topic, also after a restart."""
        unique = hashlib.sha256(f"{region}/{name}".encode()).hexdigest()[:60]
        topic_id = f"ocid1.onstopic.{self._realm}.{region}.{unique}"
        self._directory.mkdir(parents=True, exist_ok=True)
        self._files[region, topic_id] = self._directory / f"{region}-{name}.jsonl"
        return topic_id

    def messages(self, topic_id: str) -> list[Message]:
        """The messages published to a topic, oldest first."""
        found = [path for (_, known_id), path in self._files.items() if known_id == topic_id]
        with self._lock:
            lines = [line for path in found if path.exists() for line in path.read_text("utf-8").splitlines()]
        return [Message(**json.loads(line)) for line in lines]

    def handle(self, request: Request, principal: Principal) -> Response:
        """Answer PublishMessage: `POST /20181201/topics/{topicId}/messages`."""
        match request.method, request.segments():
            case "POST", ["20181201", "topics", topic_id, "messages"]:
                return self._publish(request, topic_id, principal)
        raise ServiceError(404, "NotFound", "Not Found")

    def _publish(self, request: Request, topic_id: str, principal: Principal) -> Response:
        path = self._files.get((request.region, topic_id))
        if path is None:
            raise not_found()
        if len(request.body) > _MAX_MESSAGE_BYTES:
            raise ServiceError(413, "RequestEntityTooLarge", "A message is at most 64 KB.")
        details = request.json()
        if not isinstance(details, dict) or not isinstance(details.get("body"), str):
            raise ServiceError(400, "InvalidParameter", "The message needs a body.")
        title = details.get("title")
        if title is not None and not isinstance(title, str):
            raise ServiceError(400, "InvalidParameter", "The title is a string.")
        message = Message(
            message_id=str(uuid4()),
            time=self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            publisher=principal.ocid,
            title=title,
            body=details["body"],
        )
        with self._lock, path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(message)) + "\n")
        return Response.of_json({"messageId": message.message_id, "timeStamp": message.time}, status=202)
