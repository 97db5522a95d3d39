"""Every wrong setting and trigger: told with what is allowed, left word of, and nothing else touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inventory.ports.store import IfAbsent
from tests.fakes.faulty_store import FaultyObjectStore
from tests.unit.entry import CONTROLLER
from tests.unit.settings.test_settings import BAD

POINTER = "inventory/latest.json"
RUN_ID = "20261123T040000Z-1a2b3c4d"

#: Where these are wrong nobody knows where to leave word.
PLACES = ("bucket", "namespace", "prefix", "endpoint_template")
SETTINGS = [case for case in BAD if case[0] not in PLACES]

# (role, body, what the error must tell)
TRIGGERS: list[tuple[str, str, str]] = [
    ("controller", "{", "the body is not JSON; allowed: a JSON object, or nothing"),
    ("controller", "\x00", "the body is not JSON; allowed: a JSON object, or nothing"),
    ("controller", "[]", "the body is a JSON list; allowed: a JSON object, or nothing"),
    ("controller", "7", "the body is a JSON int; allowed: a JSON object, or nothing"),
    ("controller", '"run"', "the body is a JSON str; allowed: a JSON object, or nothing"),
    ("controller", '{"action": "stop"}', "field 'action' is 'stop'; allowed: run, sweep, status"),
    ("controller", '{"action": null}', "field 'action' is None; allowed: run, sweep, status"),
    ("controller", '{"action": ["run"]}', "field 'action' is ['run']; allowed: run, sweep, status"),
    ("controller", '{"trigger_key": 5}', "field 'trigger_key' is 5; allowed: a string of 1 to 256"),
    ("controller", '{"trigger_key": ""}', "field 'trigger_key' is ''; allowed: a string of 1 to 256"),
    ("controller", '{"regions": "us-ashburn-1"}', "field 'regions' is 'us-ashburn-1'; allowed: a list"),
    ("controller", '{"regions": []}', "field 'regions' is []; allowed: a list of region names"),
    ("controller", '{"regions": ["iad"]}', "field 'regions' is ['iad']; allowed: a list of region names"),
    ("controller", '{"query": "all resources"}', "field 'query' is 'all resources'; allowed: a structured"),
    ("controller", '{"query": 3}', "field 'query' is 3; allowed: a structured query"),
    ("controller", '{"types": "Vcn"}', "field 'types' is 'Vcn'; allowed: a list of resource types"),
    ("controller", '{"types": ["a b"]}', "field 'types' is ['a b']; allowed: a list of resource types"),
    ("controller", '{"action": "sweep", "types": ["Vcn"]}', "field 'action' is 'sweep'; allowed: run"),
    ("controller", '{"eventType": "a.b", "eventID": 1}', "field 'eventID' is 1; allowed: a string"),
    ("controller", '{"eventType": null, "eventID": "x"}', "field 'eventType' is None; allowed: a string"),
    (
        "controller",
        '{"dedupeKey": "", "timestampEpochMillis": 1, "type": "REPEAT"}',
        "field 'dedupeKey' is ''; allowed: a string",
    ),
    (
        "controller",
        '{"dedupeKey": "k", "timestampEpochMillis": "now", "type": "REPEAT"}',
        "field 'timestampEpochMillis' is 'now'; allowed: a whole number",
    ),
    (
        "controller",
        '{"dedupeKey": "k", "timestampEpochMillis": 1, "type": "FIRED"}',
        "field 'type' is 'FIRED'; allowed: OK_TO_FIRING, REPEAT, FIRING_TO_OK, RESET",
    ),
    ("region", "", "field 'run_id' is None; allowed: a run id such as"),
    ("region", '{"run_id": "latest", "region": "x"}', "field 'run_id' is 'latest'; allowed: a run id"),
    ("region", f'{{"run_id": "{RUN_ID}"}}', "field 'region' is None; allowed: a region's name"),
    ("region", f'{{"run_id": "{RUN_ID}", "region": 1}}', "field 'region' is 1; allowed: a region's name"),
    ("aggregator", "", "field 'run_id' is None; allowed: a run id such as"),
    ("aggregator", '{"run_id": 5}', "field 'run_id' is 5; allowed: a run id such as"),
]


def _assert_told(
    invoke: Any, bucket: FaultyObjectStore, config: dict[str, str], body: str, *, code: str, says: str
) -> None:
    bucket.put(POINTER, b"as it was", condition=IfAbsent())
    before = dict(bucket.objects)
    _, answer, _ = invoke(config, body.encode())
    assert answer["error"]["code"] == code
    assert says in answer["error"]["message"]
    assert "Traceback" not in json.dumps(answer)
    (left,) = [name for name in bucket.objects if name not in before]
    assert left.startswith("inventory/refused/")
    assert json.loads(bucket.objects[left].body)["message"] == answer["error"]["message"]
    assert {name: bucket.objects[name] for name in before} == before


@pytest.mark.parametrize(("name", "value", "allowed"), SETTINGS)
def test_a_wrong_setting(invoke: Any, bucket: FaultyObjectStore, name: str, value: str, allowed: str) -> None:
    key = f"INVENTORY_{name.upper()}"
    config = {**CONTROLLER, key: value}
    says = f"{key} is {value!r}; allowed: {allowed}"
    _assert_told(invoke, bucket, config, "", code="invalidSettings", says=says)


@pytest.mark.parametrize(("role", "body", "says"), TRIGGERS)
def test_a_wrong_trigger(invoke: Any, bucket: FaultyObjectStore, role: str, body: str, says: str) -> None:
    config = {**CONTROLLER, "INVENTORY_ROLE": role}
    _assert_told(invoke, bucket, config, body, code="invalidTrigger", says=says)
