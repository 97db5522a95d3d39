"""Notifications: topics that take messages and hand them to functions.

Decides what a publication must look like and keeps it, one JSON line per message, for tests and people to
read. A subscribed function gets the message's body as its own body, as it is, and the message's id in the
header `x-oci-ns-messageid` (from Oracle's sample functions). Taken for granted: a function's subscription
needs no confirmation.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from emulator.wire import Principal, Request, Response, ServiceError, not_found

# "Message size limit per request: 64KB" (PublishMessage).
_MAX_MESSAGE_BYTES = 64 * 1024

Deliver = Callable[[str, bytes, Mapping[str, str]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One published message; `time` is RFC 3339, `publisher` the principal's OCID."""

    message_id: str
    time: str
    publisher: str
    title: str | None
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A function (`protocol` ORACLE_FUNCTIONS) that gets the messages of a topic."""

    subscription_id: str
    topic_id: str
    endpoint: str
    protocol: str = "ORACLE_FUNCTIONS"


class NotificationsService:
    """Service `notification`: topics live in one region each, their messages in `<root>/notifications/`.

    `deliver(function_id, body, headers)` hands a message to a function; it may do so more than once.
    """

    def __init__(
        self,
        *,
        root: Path,
        clock: Callable[[], datetime],
        realm: str = "oc1",
        deliver: Deliver = lambda _function_id, _body, _headers: None,
    ) -> None:
        self._deliver = deliver
        self._subscriptions: dict[str, Subscription] = {}
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

    def subscribe(self, topic_id: str, function_id: str) -> Subscription:
        """Hand the topic's messages to a function from now on. Raises `ServiceError` 404: no such topic."""
        self._path(topic_id)
        number = uuid4().hex
        subscription = Subscription(
            subscription_id=f"ocid1.onssubscription.{self._realm}..{number}",
            topic_id=topic_id,
            endpoint=function_id,
        )
        with self._lock:
            self._subscriptions[subscription.subscription_id] = subscription
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription."""
        with self._lock:
            self._subscriptions.pop(subscription.subscription_id, None)

    def forget_subscriptions(self) -> None:
        """End all subscriptions."""
        with self._lock:
            self._subscriptions.clear()

    def publish(self, topic_id: str, body: str, *, title: str | None = None, publisher: str) -> Message:
        """Keep a message and hand it to the topic's subscribers. Raises `ServiceError` 404: no such topic."""
        path = self._path(topic_id)
        message = Message(
            message_id=str(uuid4()),
            time=self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            publisher=publisher,
            title=title,
            body=body,
        )
        with self._lock:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(message)) + "\n")
            subscribers = [
                each.endpoint for each in self._subscriptions.values() if each.topic_id == topic_id
            ]
        for function_id in subscribers:
            self._deliver(function_id, body.encode(), {"x-oci-ns-messageid": message.message_id})
        return message

    def handle(self, request: Request, principal: Principal) -> Response:
        """Answer PublishMessage: `POST /20181201/topics/{topicId}/messages`."""
        match request.method, request.segments():
            case "POST", ["20181201", "topics", topic_id, "messages"]:
                return self._publish(request, topic_id, principal)
        raise ServiceError(404, "NotFound", "Not Found")

    def _path(self, topic_id: str) -> Path:
        for (_, known_id), path in self._files.items():
            if known_id == topic_id:
                return path
        raise not_found()

    def _publish(self, request: Request, topic_id: str, principal: Principal) -> Response:
        if (request.region, topic_id) not in self._files:
            raise not_found()
        if len(request.body) > _MAX_MESSAGE_BYTES:
            raise ServiceError(413, "RequestEntityTooLarge", "A message is at most 64 KB.")
        details = request.json()
        if not isinstance(details, dict) or not isinstance(details.get("body"), str):
            raise ServiceError(400, "InvalidParameter", "The message needs a body.")
        title = details.get("title")
        if title is not None and not isinstance(title, str):
            raise ServiceError(400, "InvalidParameter", "The title is a string.")
        message = self.publish(topic_id, details["body"], title=title, publisher=principal.ocid)
        return Response.of_json({"messageId": message.message_id, "timeStamp": message.time}, status=202)
