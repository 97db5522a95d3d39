"""The cases of `tests/data/redaction`: made-up secrets and look-alikes, where they stand in a record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from inventory.stages.secrets import REDACTED

_FILE = Path(__file__).parents[2] / "data" / "redaction" / "cases.yaml"

# Where each place is in a record; the log has no record.
LOG = "log"
_PLACES = {
    "details.metadata": ("details", "metadata"),
    "searchSummary": ("details", "searchSummary"),
    "additionalDetails": ("details", "searchSummary", "additionalDetails"),
    "freeformTags": ("freeformTags",),
    "definedTags": ("definedTags",),
    "enrichError": ("enrichError",),
    LOG: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A value at a path, what stands there afterwards, and the words of a secret that no one may see."""

    place: str
    path: tuple[str, ...]
    value: Any
    becomes: Any

    @property
    def name(self) -> str:
        return f"{self.place}:{'/'.join(self.path[-1:])}:{self.value}"[:60]

    def record(self, value: Any) -> dict[str, Any]:
        """A record, or an event's fields, with the value at the path among others that are no secrets."""
        around: dict[str, Any] = {"operation": "get_thing"} if self.place == LOG else _record()
        _put(around, self.path, value)
        return around


def read_cases(kind: str) -> list[Case]:
    """The cases of a kind, `secrets` or `look_alikes`, in the file's order."""
    cases = yaml.safe_load(_FILE.read_text("utf-8"))[kind]
    return [_case(fields, kind) for fields in cases]


def texts_of(value: Any) -> list[str]:
    """All texts in a value."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts_of(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    return [value] if isinstance(value, str) else []


def _case(fields: dict[str, Any], kind: str) -> Case:
    assert fields.keys() <= {"place", "at", "value", "becomes"}, fields
    below = fields.get("at", "")
    value = _whole(fields["value"])
    return Case(
        place=fields["place"],
        path=(*_PLACES[fields["place"]], *below.split("/")[1:]),
        value=value,
        becomes=fields.get("becomes", REDACTED) if kind == "secrets" else value,
    )


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value.replace("~~", "") if isinstance(value, str) else value


def _put(around: Any, path: tuple[str, ...], value: Any) -> None:
    """Put a value at a path; what is missing on the way is made, a digit for an index is a list of one."""
    first, *rest = path
    if not rest:
        around[first] = value
    elif rest[0] == "0":
        item: dict[str, Any] = {}
        if len(rest) == 1:
            around[first] = [value]
        else:
            around[first] = [item, {"position": 1}]
            _put(item, tuple(rest[1:]), value)
    else:
        _put(around.setdefault(first, {}), tuple(rest), value)


def _record() -> dict[str, Any]:
    return {
        "ocid": "ocid1.thing.oc1.iad.amaaaaaa7q",
        "resourceType": "Thing",
        "displayName": "secret-project",
        "definedTags": {"Oracle-Tags": {"CreatedOn": "2026-01-01T00:00:00.000Z"}},
        "freeformTags": {"env": "prod"},
        "enrichStatus": "OK",
        "enrichError": None,
        "details": {
            "searchSummary": {
                "identifier": "ocid1.thing.oc1.iad.amaaaaaa7q",
                "additionalDetails": {"shape": "VM.Standard.E5.Flex"},
            },
            "metadata": {
                "id": "ocid1.thing.oc1.iad.amaaaaaa7q",
                "contentType": "text/plain",
                "subnetIds": ["ocid1.subnet.oc1.iad.aaaaaaaa7q"],
                "tokenExpiryInSeconds": 3600,
            },
        },
        "relationships": [],
    }
