"""Publishing to a topic through the SDK, behind both doors."""

from __future__ import annotations

from typing import Any

import oci
import pytest

from emulator.app import Emulator
from emulator.notifications import NotificationsService


def publish(client: Any, topic_id: str, *, title: str | None = None, body: str | None = "text") -> Any:
    details = oci.ons.models.MessageDetails(title=title, body=body)
    return client.publish_message(topic_id, details)


def failure(client: Any, topic_id: str, **message: Any) -> tuple[int, str]:
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        publish(client, topic_id, **message)
    return caught.value.status, caught.value.code


@pytest.fixture
def client(clients: Any) -> Any:
    return clients(oci.ons.NotificationDataPlaneClient, "notification")


def test_a_message_is_accepted_and_kept(notifications: NotificationsService, client: Any) -> None:
    topic_id = notifications.create_topic("inventory", region="us-ashburn-1")
    answer = publish(client, topic_id, title="Run published", body='{"added": 1}\nü')
    assert answer.status == 202
    [message] = notifications.messages(topic_id)
    assert (message.title, message.body) == ("Run published", '{"added": 1}\nü')
    assert (message.message_id, message.publisher) == (answer.data.message_id, "ocid1.user.oc1..aaaauser")
    assert answer.data.time_stamp.isoformat() == "2026-11-23T04:00:00.123000+00:00"


def test_messages_survive_a_restart(
    emulator: Emulator, notifications: NotificationsService, client: Any
) -> None:
    topic_id = notifications.create_topic("inventory", region="us-ashburn-1")
    for number in range(3):
        publish(client, topic_id, body=str(number))
    again = NotificationsService(root=emulator.root, clock=emulator.now)
    assert again.create_topic("inventory", region="us-ashburn-1") == topic_id
    assert [message.body for message in again.messages(topic_id)] == ["0", "1", "2"]


def test_a_topic_is_known_in_its_region_only(
    notifications: NotificationsService, clients: Any, client: Any
) -> None:
    topic_id = notifications.create_topic("inventory", region="us-ashburn-1")
    elsewhere = clients(oci.ons.NotificationDataPlaneClient, "notification", region="eu-frankfurt-1")
    assert failure(elsewhere, topic_id) == (404, "NotAuthorizedOrNotFound")
    assert failure(client, topic_id + "x") == (404, "NotAuthorizedOrNotFound")
    assert notifications.messages(topic_id) == []


def test_a_message_has_64_kb_at_most_and_a_body(notifications: NotificationsService, client: Any) -> None:
    topic_id = notifications.create_topic("inventory", region="us-ashburn-1")
    publish(client, topic_id, body="x" * 64_000)
    assert failure(client, topic_id, body="x" * 65_536) == (413, "RequestEntityTooLarge")
    assert failure(client, topic_id, body=None) == (400, "InvalidParameter")
    assert len(notifications.messages(topic_id)) == 1
