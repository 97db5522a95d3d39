"""What a real fdk process writes on its standard error, where fdk itself has set the root logger to DEBUG."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emulator.functions.container import UnixConnection

#: A function that does what the SDK and urllib3 do (log at DEBUG) and then handles the call as deployed.
FUNCTION = """
import logging
import warnings
import inventory.entry as entry

def _noisy(settings, request, log):
    for name in ("oci.base_client", "oci._vendor.urllib3.connectionpool", "urllib3.connectionpool",
                 "requests", "fdk.async_http.app", "fdk", "asyncio", "some.library", "jwt"):
        logging.getLogger(name).debug("a library's detail")
        logging.getLogger(name).info("a library's detail")
    logging.getLogger("urllib3.connectionpool").warning("two\\nlines")
    log.info("seen", run_id="r")
    raise ValueError("a record's value")

entry._ROLES = dict.fromkeys(entry._ROLES, _noisy)
handler = entry.handler
"""
CONFIGURATION = {
    "INVENTORY_ROLE": "aggregator",
    "INVENTORY_BUCKET": "bucket",
    "INVENTORY_LOG_LEVEL": "DEBUG",
}


@pytest.fixture
def directory() -> Iterator[Path]:
    # Not pytest's: the path of a unix socket may have 107 characters.
    path = Path(tempfile.mkdtemp(prefix="fdk"))
    yield path
    shutil.rmtree(path)


@contextmanager
def fdk_process(directory: Path, configuration: dict[str, str]) -> Iterator[Path]:
    """A running function; the value is its socket. Its output is in `stderr`."""
    (directory / "func.py").write_text(FUNCTION)
    listener = directory / "lsnr.sock"
    with (directory / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            [
                sys.executable,
                str(Path(sys.executable).with_name("fdk")),
                str(directory / "func.py"),
                "handler",
            ],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(Path(__file__).parents[3]),
                "FN_FORMAT": "http-stream",
                "FN_LISTENER": f"unix:{listener}",
                **configuration,
            },
            stdout=stderr,
            stderr=stderr,
        )
    try:
        give_up = time.monotonic() + 30
        while not listener.is_socket():
            assert process.poll() is None, (directory / "stderr").read_text()
            assert time.monotonic() < give_up
            time.sleep(0.01)
        yield listener
    finally:
        process.terminate()
        process.wait()


def invoke(listener: Path, call_id: str) -> None:
    connection = UnixConnection(listener, timeout_seconds=30)
    connection.request("POST", "/call", body=b"{}", headers={"fn-call-id": call_id})
    with connection.getresponse() as response:
        assert response.status == 502
        assert b"a record's value" not in response.read()
    connection.close()


def test_every_line_of_a_function_is_one_json_object_and_none_a_librarys_detail(directory: Path) -> None:
    with fdk_process(directory, CONFIGURATION) as listener:
        invoke(listener, "call-1")
        invoke(listener, "call-2")
    lines = [json.loads(line) for line in (directory / "stderr").read_text().splitlines()]
    told = [(line["event"], line.get("call_id")) for line in lines]
    assert told == [
        ("library_warning", None),
        ("seen", "call-1"),
        ("call_broken", "call-1"),
        ("library_warning", None),
        ("seen", "call-2"),
        ("call_broken", "call-2"),
    ]
    assert (lines[0]["logger"], lines[0]["message"]) == ("urllib3.connectionpool", "two\nlines")
    assert (lines[1]["role"], lines[1]["run_id"]) == ("aggregator", "r")
    assert "a record's value" not in json.dumps(lines)


def test_plain_lines_are_asked_for_by_a_setting(directory: Path) -> None:
    with fdk_process(directory, {**CONFIGURATION, "INVENTORY_LOG_FORMAT": "plain"}) as listener:
        invoke(listener, "call-1")
    warned, seen, bug = (directory / "stderr").read_text().splitlines()
    assert 'WARNING library_warning logger=urllib3.connectionpool message="two\\nlines"' in warned
    assert "INFO seen call_id=call-1 role=aggregator run_id=r" in seen
    assert "ERROR call_broken " in bug
