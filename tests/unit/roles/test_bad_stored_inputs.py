"""A run whose stored parts are not what they should be: it ends as failed, says which part is wrong and why,
and the last published inventory stays where it is.

Each case spoils one object of a second run behind everybody's back and then lets the platform and the sweep
go on as they would.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from inventory.errors import InventoryError, Throttled
from inventory.model.canonical import canonical_line
from inventory.ports.store import StoredObject
from inventory.triggers import SWEEP
from tests.fakes.installation import FRANKFURT, HOME, NAMES, Installation, item
from tests.unit.roles.aggregated_runs import changed, closed, inhabited

Spoil = Callable[[bytes], bytes]

#: More than the sweeps that any cause may take, each behind the grace of the one before.
SWEEPS = 12


def _edited(change: Callable[[dict[str, Any]], None]) -> Spoil:
    def spoil(body: bytes) -> bytes:
        document = json.loads(body)
        change(document)
        return canonical_line(document)

    return spoil


def _without(name: str) -> Spoil:
    return _edited(lambda document: document.pop(name))


def _with(name: str, value: Any) -> Spoil:
    return _edited(lambda document: document.update({name: value}))


def cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


def emptied(_: bytes) -> bytes:
    return b""


def binary(_: bytes) -> bytes:
    return b"\xff\xfe\x00"


def in_a_list(body: bytes) -> bytes:
    return b"[" + body.strip() + b"]"


FOREIGN = _with("format_version", 99)
UNVERSIONED = _without("format_version")

# (what is spoiled, how, what the error must name)
DOCUMENTS: list[tuple[str, Spoil, str]] = [
    ("manifest", cut, "not JSON"),
    ("manifest", emptied, "not JSON"),
    ("manifest", binary, "not JSON"),
    ("manifest", in_a_list, "expected a JSON object"),
    ("manifest", FOREIGN, "'format_version' is 99; allowed: "),
    ("manifest", UNVERSIONED, "'format_version' is None; allowed: an integer"),
    ("manifest", _without("run_id"), "'run_id' is None; allowed: a string"),
    ("manifest", _with("regions", "us-ashburn-1"), "'regions' is 'us-ashburn-1'; allowed: a JSON array"),
    ("manifest", _with("regions", [1]), "'regions' is [1]; allowed: an array of strings"),
    ("manifest", _with("depth", "deep"), "'depth' is 'deep'; allowed: search"),
    ("manifest", _with("close_by", "soon"), "'close_by' is 'soon'; allowed: an RFC 3339 time"),
    ("manifest", _with("scope", None), "scope: expected a JSON object"),
    ("checkpoint", cut, "not JSON"),
    ("checkpoint", in_a_list, "expected a JSON object"),
    ("checkpoint", FOREIGN, "'format_version' is 99; allowed: "),
    ("checkpoint", _without("slices"), "'slices' is None; allowed: a JSON array"),
    ("checkpoint", _with("epoch", "one"), "'epoch' is 'one'; allowed: an integer"),
    ("checkpoint", _with("epoch", True), "'epoch' is True; allowed: an integer"),
    ("checkpoint", _with("state", "done"), "'state' is 'done'; allowed: open, final"),
    ("checkpoint", _with("valid_until", 5), "'valid_until' is 5; allowed: a string"),
    ("outcome", cut, "not JSON"),
    ("outcome", FOREIGN, "'format_version' is 99; allowed: "),
    ("outcome", _with("status", "fine"), "'status' is 'fine'; allowed: complete, partial, failed"),
    ("outcome", _without("slices"), "'slices' is None; allowed: a JSON array"),
    ("aggregation", cut, "not JSON"),
    ("aggregation", FOREIGN, "'format_version' is 99; allowed: "),
    ("aggregation", _with("state", "idle"), "'state' is 'idle'; allowed: "),
]


def _lines(change: Callable[[list[bytes]], list[bytes]]) -> Spoil:
    def spoil(body: bytes) -> bytes:
        lines = gzip.decompress(body).splitlines(keepends=True)
        return gzip.compress(b"".join(change(lines)), mtime=0)

    return spoil


def _second_line(change: Callable[[dict[str, Any]], Any]) -> Spoil:
    def edited(lines: list[bytes]) -> list[bytes]:
        record = json.loads(lines[1])
        answer = change(record)
        return [lines[0], canonical_line(record if answer is None else answer), *lines[2:]]

    return _lines(edited)


# Damage that the listing does not know of: the hash differs, or the file breaks off before that is known.
SHARDS: list[tuple[str, Spoil, str]] = [
    ("truncated", lambda body: body[:-20], "ends after"),
    ("zeros at the end", lambda body: body[:-20] + bytes(20), "ends too early"),
    ("no gzip", lambda body: b"x" * len(body), "gzip"),
    ("empty", lambda _: b"", "ends after 0 of"),
    ("a byte flipped", lambda body: body[:4] + bytes([body[4] ^ 1]) + body[5:], "sha256"),
]

# Damage under a listing that agrees with it (hash, size): the content itself is wrong.
RELISTED: list[tuple[str, Spoil, str]] = [
    ("not JSON", _lines(lambda lines: [lines[0], b"{not json}\n", *lines[2:]]), "line 2: not JSON"),
    ("not UTF-8", _lines(lambda lines: [lines[0], b'{"a":"\xff"}\n', *lines[2:]]), "line 2: not JSON"),
    ("a blank line", _lines(lambda lines: [lines[0], b"\n", *lines[1:]]), "line 2: "),
    ("not an object", _lines(lambda lines: [lines[0], b"[]\n", *lines[2:]]), "line 2: not a JSON object"),
    ("wrong order", _lines(lambda lines: [lines[1], lines[0], *lines[2:]]), "line 2: "),
    ("a line too few", _lines(lambda lines: lines[:-1]), "number of records is 3"),
    ("a line too many", _lines(lambda lines: [*lines, lines[-1]]), "number of records is 5"),
    (
        "cut in a line",
        _lines(lambda lines: [*lines[:-1], lines[-1][:-30]]),
        "the last line does not end in a newline",
    ),
    ("no type", _second_line(lambda r: r.pop("resourceType") and None), "fields missing: resourceType"),
    ("no details", _second_line(lambda r: r.update(details=None)), "field 'details' is of type NoneType"),
    ("an OCID that is a number", _second_line(lambda r: r.update(ocid=7)), "field 'ocid' is of type int"),
    (
        "a region that is a list",
        _second_line(lambda r: r.update(region=[])),
        "field 'region' is of type list",
    ),
    ("relationships of strings", _second_line(lambda r: r.update(relationships=["a"])), "'relationships'"),
    (
        "a relationship without target",
        _second_line(lambda r: r.update(relationships=[{"source_ocid": "a", "relation_type": "b"}])),
        "'relationships'",
    ),
]


def _overwrite(here: Installation, name: str, body: bytes) -> None:
    here.memory.objects[name] = StoredObject(body=body, etag=here.memory.objects[name].etag)


def _shard(here: Installation, run_id: str) -> str:
    prefix = f"{here.names(run_id).root}/regions/{FRANKFURT}/shards/"
    return next(name for name in here.memory.objects if name.startswith(prefix))


def _end(here: Installation, run_id: str) -> None:
    """Let platform and schedule go on until the run is closed."""
    for _ in range(SWEEPS):
        if here.has(here.names(run_id).closed):
            return
        here.clock.advance(400)
        here.control(SWEEP)
        for invocation in here.invoker.take():
            try:
                if "region" in invocation.body:
                    here.work(run_id, invocation.body["region"])
                else:
                    here.aggregate(run_id)
            except InventoryError:
                pass  # a call that fails answers its caller; what matters is what the next sweep makes of it


def _assert_failed(here: Installation, run_id: str, pointer: StoredObject, *, names: str, says: str) -> None:
    assert closed(here, run_id)[0] == "failed"
    reason = closed(here, run_id)[1]
    assert names in reason
    assert says in reason
    assert here.memory.get(NAMES.latest) == pointer
    report = here.artifact(run_id, "report.md").decode().replace("\\", "")
    assert "**failed**" in report
    assert says.split("; allowed")[0].split("<")[0] in report
    assert any("failed" in title for title, _ in here.topic.messages)


def _next_run_is_published(here: Installation) -> None:
    run_id = here.run("afterwards")
    assert here.json(NAMES.latest)["run_id"] == run_id


@pytest.mark.parametrize(("document", "spoil", "says"), DOCUMENTS)
def test_run_with_a_spoiled_document_fails_and_says_which(document: str, spoil: Spoil, says: str) -> None:
    here = inhabited()
    here.run("first")
    pointer = here.memory.get(NAMES.latest)
    changed(here)
    here.clock.advance(100)
    run_id = here.start("second")
    names = here.names(run_id)
    if document != "manifest":
        here.work(run_id, FRANKFURT)
        here.invoker.take()
    if document in ("outcome", "aggregation"):
        here.work(run_id, HOME)
        here.invoker.take()
    if document == "checkpoint":
        here.memory.objects.pop(names.outcome(FRANKFURT))
    if document == "aggregation":
        here.store.writes[names.artifact("inventory.jsonl.gz")] = [Throttled("slow down", status=429)]
        with pytest.raises(Throttled):
            here.aggregate(run_id)
    name = {
        "manifest": names.manifest,
        "checkpoint": names.checkpoint(FRANKFURT),
        "outcome": names.outcome(FRANKFURT),
        "aggregation": names.aggregation,
    }[document]
    _overwrite(here, name, spoil(here.memory.get(name).body))
    _end(here, run_id)
    _assert_failed(here, run_id, pointer, names=f"{document}.json", says=says)
    _next_run_is_published(here)


@pytest.mark.parametrize(("spoil", "says"), [case[1:] for case in SHARDS], ids=[case[0] for case in SHARDS])
def test_run_with_a_damaged_shard_fails_and_says_which(spoil: Spoil, says: str) -> None:
    here = inhabited()
    here.run("first")
    pointer = here.memory.get(NAMES.latest)
    changed(here)
    run_id = here.scan("second")
    name = _shard(here, run_id)
    _overwrite(here, name, spoil(here.memory.get(name).body))
    _end(here, run_id)
    _assert_failed(here, run_id, pointer, names=name, says=says)
    _next_run_is_published(here)


@pytest.mark.parametrize(
    ("spoil", "says"), [case[1:] for case in RELISTED], ids=[case[0] for case in RELISTED]
)
def test_run_with_a_shard_of_wrong_content_fails_and_says_where(spoil: Spoil, says: str) -> None:
    here = inhabited()
    here.run("first")
    pointer = here.memory.get(NAMES.latest)
    here.regions[FRANKFURT].items.append(item(FRANKFURT, "e"))
    run_id = here.scan("second")
    name = _shard(here, run_id)
    body = spoil(here.memory.get(name).body)
    _overwrite(here, name, body)
    outcome_name = here.names(run_id).outcome(FRANKFURT)
    outcome = here.json(outcome_name)
    (listed,) = outcome["slices"][0]["shards"]
    listed |= {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
    _overwrite(here, outcome_name, canonical_line(outcome))
    _end(here, run_id)
    _assert_failed(here, run_id, pointer, names=name, says=says)
    _next_run_is_published(here)
