"""Telling people that a run has ended, through one topic of OCI Notifications."""

from __future__ import annotations

from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey


class OciNotifier:
    """One topic; the service takes 64 KB a message."""

    def __init__(self, caller: Caller, *, region: str, topic_id: str) -> None:
        self._caller = caller
        self._key = ClientKey(service="ons", client="NotificationDataPlaneClient", region=region)
        self._topic_id = topic_id

    def publish(self, *, title: str, body: str) -> None:
        """Send one message; after a lost answer it may arrive twice. Raises RetryLater, RecordGap."""
        arguments = {"topic_id": self._topic_id, "message_details": {"title": title, "body": body}}
        self._caller.call(self._key, "publish_message", arguments, accept=lambda _answer: None)
