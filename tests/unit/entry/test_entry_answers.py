"""What a caller of a function gets: JSON that tells its own mistakes in full, and of ours the class alone.

Every call goes through fdk's own runner, as in a container.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import func
from inventory import entry
from inventory.assembly import deadline_of
from inventory.entry import Request
from inventory.errors import (
    ArtifactConflict,
    CredentialsUnusable,
    InvalidDocument,
    InvalidTrigger,
    InventoryError,
    LostOwnership,
    NotAuthorizedOrNotFound,
    StopRun,
    Throttled,
)
from inventory.logs import EventLog
from inventory.settings import Settings
from tests.fakes.faulty_store import FaultyObjectStore
from tests.unit.entry import CONTROLLER

SECRET = "opc-request-id-and-other-details"
REGION = {**CONTROLLER, "INVENTORY_ROLE": "region"}
AGGREGATOR = {**CONTROLLER, "INVENTORY_ROLE": "aggregator"}

Role = Callable[[Settings, Request, EventLog], dict[str, Any]]


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Callable[[Role], None]:
    """Replaces the controller's role."""

    def play(role: Role) -> None:
        monkeypatch.setattr(entry, "_ROLES", {**entry._ROLES, "controller": role})

    return play


def raising(error: Exception) -> Role:
    def role(settings: Settings, request: Request, log: EventLog) -> dict[str, Any]:
        raise error

    return role


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]


def test_a_wrong_body_is_refused_with_what_is_allowed(invoke: Any, capsys: Any) -> None:
    status, answer, response = invoke(CONTROLLER, b'{"action": "stop"}')
    assert status == 200, "a wrong request must not be delivered again"
    assert answer == {
        "status": "refused",
        "error": {
            "code": "invalidTrigger",
            "message": "field 'action' is 'stop'; allowed: run, sweep, status",
        },
    }
    assert response.context().GetResponseHeaders()["content-type"] == "application/json"
    (line,) = logged(capsys)
    assert (line["event"], line["call_id"]) == ("trigger_refused", "call-1")


@pytest.mark.parametrize("config", [REGION, AGGREGATOR])
@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b'{"run_id": "latest", "region": "x"}'])
def test_workers_refuse_what_is_no_task(invoke: Any, config: dict[str, str], body: bytes) -> None:
    status, answer, _ = invoke(config, body)
    assert (status, answer["status"], answer["error"]["code"]) == (200, "refused", "invalidTrigger")
    assert "allowed: " in answer["error"]["message"]


def test_a_wrong_configuration_is_told_in_full(invoke: Any, capsys: Any) -> None:
    config = {**CONTROLLER, "INVENTORY_WORKERS": "many", "INVENTORY_BUCKET": ""}
    status, answer, _ = invoke(config)
    assert status == 502
    assert answer == {
        "status": "failed",
        "error": {
            "code": "invalidSettings",
            "message": (
                "the configuration is wrong: "
                "INVENTORY_WORKERS is 'many'; allowed: a whole number from 1 to 64; "
                "INVENTORY_BUCKET is missing; allowed: the name of a bucket"
            ),
        },
    }
    (line,) = logged(capsys)
    assert line["event"] == "settings_refused"


def reports(bucket: Any) -> dict[str, Any]:
    """What lies in the bucket: name to JSON."""
    return {name: json.loads(stored.body) for name, stored in bucket.objects.items()}


def test_a_refused_call_leaves_word_in_the_bucket_once_for_each_mistake(
    invoke: Any, bucket: FaultyObjectStore
) -> None:
    """Nobody hears the answer to a detached call."""
    for _ in range(2):
        invoke(CONTROLLER, b'{"action": "stop"}')
    ((name, report),) = reports(bucket).items()
    assert re.fullmatch(r"inventory/refused/[0-9a-f]{32}\.json", name)
    assert report == {
        "format_version": 1,
        "role": "controller",
        "code": "invalidTrigger",
        "message": "field 'action' is 'stop'; allowed: run, sweep, status",
        "first_seen": "2026-11-23T04:00:00+00:00",
    }
    invoke(REGION, b'{"action": "stop"}')
    assert len(reports(bucket)) == 2


@pytest.mark.parametrize(
    ("config", "body"),
    [
        (CONTROLLER, b'{"trigger_key": {"password": "hunter2-Secret"}}'),
        ({**CONTROLLER, "INVENTORY_ENDPOINT_TEMPLATE": "https://user:hunter2-Secret@example.com"}, b""),
        ({**CONTROLLER, "INVENTORY_INVOKE_ENDPOINT": "ftp://user:hunter2-Secret@example.com"}, b""),
    ],
)
def test_a_refusal_repeats_no_secret_in_answer_report_or_log(
    invoke: Any, bucket: FaultyObjectStore, capsys: Any, config: dict[str, str], body: bytes
) -> None:
    _, answer, response = invoke(config, body)
    assert "allowed: " in answer["error"]["message"]
    for report in reports(bucket).values():
        assert report["message"] == answer["error"]["message"]
    told = response.body() + json.dumps(reports(bucket)) + capsys.readouterr().err
    assert "hunter2" not in told
    assert "[REDACTED]" in response.body()


@pytest.mark.parametrize(
    ("config", "role"),
    [
        ({**CONTROLLER, "INVENTORY_WORKERS": "many"}, "controller"),
        ({**CONTROLLER, "INVENTORY_ROLE": "worker"}, "worker"),
        ({"INVENTORY_BUCKET": "bucket"}, "unknown"),
    ],
)
def test_a_wrong_configuration_leaves_word_where_the_bucket_is_right(
    invoke: Any, bucket: FaultyObjectStore, config: dict[str, str], role: str
) -> None:
    _, answer, _ = invoke({**config, "INVENTORY_PREFIX": "a/b"})
    ((name, report),) = reports(bucket).items()
    assert name.startswith("a/b/refused/")
    assert (report["role"], report["code"]) == (role, "invalidSettings")
    assert report["message"] == answer["error"]["message"]


@pytest.mark.parametrize("wrong", [{"INVENTORY_BUCKET": ""}, {"INVENTORY_PREFIX": "/"}])
def test_where_the_bucket_is_wrong_the_answer_is_all_there_is(
    invoke: Any, bucket: FaultyObjectStore, wrong: dict[str, str]
) -> None:
    status, answer, _ = invoke({**CONTROLLER, **wrong})
    assert (status, answer["error"]["code"]) == (502, "invalidSettings")
    assert reports(bucket) == {}


def test_a_document_that_stops_a_call_is_reported_without_a_stack(
    invoke: Any, played: Any, bucket: FaultyObjectStore
) -> None:
    played(raising(InvalidDocument("lease.json: not JSON")))
    invoke(CONTROLLER)
    ((_, report),) = reports(bucket).items()
    assert (report["code"], report["message"]) == ("invalidDocument", "lease.json: not JSON")


@pytest.mark.parametrize("error", [Throttled("x"), NotAuthorizedOrNotFound("x"), ValueError("x")])
def test_what_may_go_well_next_time_and_bugs_leave_no_word(
    invoke: Any, played: Any, bucket: FaultyObjectStore, error: Exception
) -> None:
    played(raising(error))
    invoke(CONTROLLER)
    assert reports(bucket) == {}


@pytest.mark.parametrize("failure", [Throttled(SECRET), NotAuthorizedOrNotFound(SECRET), KeyError(SECRET)])
def test_a_store_that_fails_does_not_change_the_answer(
    invoke: Any, bucket: FaultyObjectStore, capsys: Any, failure: Exception
) -> None:
    bucket.writes[".json"] = [failure]
    status, answer, response = invoke(CONTROLLER, b'{"action": "stop"}')
    assert (status, answer["error"]["code"]) == (200, "invalidTrigger")
    assert SECRET not in response.body()
    assert [line["event"] for line in logged(capsys)] == ["trigger_refused", "refusal_not_reported"]


def test_a_wrong_log_level_is_a_mistake_like_any_other(invoke: Any) -> None:
    status, answer, _ = invoke({**CONTROLLER, "INVENTORY_LOG_LEVEL": "LOUD"})
    assert (status, answer["error"]["code"]) == (502, "invalidSettings")
    assert "INVENTORY_LOG_LEVEL is 'LOUD'" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StopRun(SECRET), "internalError"),
        (InvalidDocument(SECRET), "invalidDocument"),
        (ArtifactConflict(SECRET), "artifactConflict"),
        (Throttled(SECRET, request_id=SECRET, status=429, code=SECRET), "throttled"),
        (NotAuthorizedOrNotFound(SECRET, operation=SECRET), "notAuthorizedOrNotFound"),
        (LostOwnership(SECRET), "lostOwnership"),
        (CredentialsUnusable(SECRET), "credentialsUnusable"),
        (ValueError(SECRET), "internalError"),
        (KeyError(SECRET), "internalError"),
        (RecursionError(SECRET), "internalError"),
    ],
)
def test_any_other_failure_is_told_by_its_class_alone(
    invoke: Any, played: Any, capsys: Any, error: Exception, code: str
) -> None:
    played(raising(error))
    status, answer, response = invoke(CONTROLLER)
    assert (status, answer) == (502, {"status": "failed", "error": {"code": code}})
    assert SECRET not in response.body()
    assert "Traceback" not in response.body()
    (line,) = logged(capsys)
    is_ours = isinstance(error, InventoryError)
    assert (SECRET in json.dumps(line)) is is_ours, "a bug's message may quote anything, a record too"


def test_where_a_bug_is_stands_in_the_log(invoke: Any, played: Any, capsys: Any) -> None:
    played(raising(ZeroDivisionError("a bug")))
    invoke(CONTROLLER)
    (line,) = logged(capsys)
    assert line["event"] == "call_broken"
    assert line["exception"]["type"] == "ZeroDivisionError"
    assert "inventory/entry.py:" in line["exception"]["frames"][0]
    assert "a bug" not in json.dumps(line)
    assert (line["call_id"], line["level"]) == ("call-1", "ERROR")


def test_a_trigger_that_a_role_refuses_is_refused(invoke: Any, played: Any) -> None:
    played(raising(InvalidTrigger("field 'run_id' is 'x'; allowed: y")))
    status, answer, _ = invoke(CONTROLLER)
    assert (status, answer["status"]) == (200, "refused")


def test_an_answer_is_the_roles_own(invoke: Any, played: Any) -> None:
    played(lambda settings, request, log: {"status": "started", "run_id": "r-ü"})
    status, answer, response = invoke(CONTROLLER)
    assert (status, answer) == (200, {"status": "started", "run_id": "r-ü"})
    assert response.body_bytes().endswith(b"\n")


def test_a_role_gets_the_call_as_it_was_delivered(invoke: Any, played: Any) -> None:
    got: list[tuple[Settings, Request]] = []

    def role(settings: Settings, request: Request, log: EventLog) -> dict[str, Any]:
        got.append((settings, request))
        log.info("seen")
        return {}

    played(role)
    deadline = (datetime.now(tz=UTC) + timedelta(seconds=300)).isoformat()
    headers = {"X-OCI-NS-MessageId": "m1", "fn-deadline": deadline}
    invoke(CONTROLLER, b'{"action": "sweep"}', headers)
    ((settings, request),) = got
    assert settings.bucket == "bucket"
    assert request.body == b'{"action": "sweep"}'
    assert request.headers["x-oci-ns-messageid"] == "m1"
    assert request.call_id == "call-1"
    assert request.config["INVENTORY_ROLE"] == "controller"


def test_events_carry_call_and_role(invoke: Any, played: Any, capsys: Any) -> None:
    def role(settings: Settings, request: Request, log: EventLog) -> dict[str, Any]:
        log.info("seen")
        return {}

    played(role)
    invoke(CONTROLLER)
    (line,) = logged(capsys)
    assert (line["event"], line["call_id"], line["role"]) == ("seen", "call-1", "controller")


def test_a_call_without_body_and_call_id_is_a_call(invoke: Any, played: Any) -> None:
    got: list[Request] = []

    def role(settings: Settings, request: Request, log: EventLog) -> dict[str, Any]:
        got.append(request)
        return {}

    played(role)
    invoke(CONTROLLER, None, {"fn-call-id": ""})
    invoke(CONTROLLER, None, {"fn-call-id": ""})
    assert [request.body for request in got] == [b"", b""]
    assert len({request.call_id for request in got} - {""}) == 2


def test_the_platforms_deadline_is_carried_on_by_a_clock_that_is_not_set() -> None:
    text = (datetime.now(tz=UTC) + timedelta(hours=1)).isoformat()
    assert 3000 < deadline_of(text).remaining_seconds() <= 3600
    past = (datetime.now(tz=UTC) - timedelta(hours=1)).isoformat()
    assert deadline_of(past).remaining_seconds() < 0


@pytest.mark.parametrize("text", [None, "", "soon"])
def test_a_platform_that_names_no_deadline_lets_a_call_run_as_long_as_a_synchronous_one(
    text: str | None,
) -> None:
    assert 200 < deadline_of(text).remaining_seconds() <= 300


def test_the_function_is_the_handler_and_nothing_else() -> None:
    assert func.handler is entry.handler
    assert func.__all__ == ["handler"]


@pytest.mark.parametrize("failure", [StopRun("x"), Throttled("x"), ValueError("x")])
def test_a_failed_call_names_its_run_and_region_in_the_log(
    invoke: Any, played: Any, capsys: Any, failure: Exception
) -> None:
    played(raising(failure))
    invoke(CONTROLLER, b'{"run_id": "20261123T040000Z-1a2b3c4d", "region": "us-ashburn-1", "more": 1}')
    line = logged(capsys)[0]
    told = {key: line[key] for key in ("call_id", "role", "run_id", "region")}
    assert told == {
        "call_id": "call-1",
        "role": "controller",
        "run_id": "20261123T040000Z-1a2b3c4d",
        "region": "us-ashburn-1",
    }


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[1]", b'{"run_id": 7, "region": null}', b"\xff"])
def test_a_body_that_names_no_run_is_no_trouble_for_the_log(
    invoke: Any, played: Any, capsys: Any, body: bytes
) -> None:
    played(raising(StopRun("x")))
    invoke(CONTROLLER, body)
    line = logged(capsys)[0]
    assert "run_id" not in line
    assert "region" not in line
