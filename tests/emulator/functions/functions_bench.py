"""A Functions service with one small function that does what a call's body says."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator.functions import Application, Function, FunctionsService
from emulator.wire import ServiceError

TENANCY = "ocid1.tenancy.oc1..t"
REGION = "us-ashburn-1"

# Each order is a JSON object: {"do": ..., ...}. The answer is JSON unless the order says otherwise.
FUNC = """
import json, os, subprocess, sys, time
from pathlib import Path
from fdk import response

print("imported", flush=True)
served = 0

def handler(ctx, data=None):
    global served
    served += 1
    order = json.loads(data.getvalue() or b'{"do": "nothing"}')
    answer = globals()[order.pop("do")](ctx, **order)
    return response.Response(ctx, json.dumps(answer), headers={"content-type": "application/json"})

def nothing(ctx):
    return {"pid": os.getpid(), "served": served}

def look(ctx, path=None):
    seen = {"env": dict(os.environ), "headers": dict(ctx.Headers()), "deadline": ctx.Deadline(),
            "call_id": ctx.CallID(), "function_id": ctx.FnID(), "cwd": os.getcwd(), "argv": sys.argv}
    if path:
        Path(path).write_text(json.dumps(seen))
    return seen

def read(ctx, path):
    return Path(path).read_text()

def wait_for(ctx, path, started=None):
    if started:
        with open(started, "a") as file:
            file.write(ctx.CallID() + "\\n")
    while not os.path.exists(path):
        time.sleep(0.005)
    return {"pid": os.getpid(), "tmp": os.listdir(os.environ["TMPDIR"])}

def note(ctx, path):
    with open(path, "a") as file:
        file.write(ctx.CallID() + "\\n")

def scribble(ctx):
    Path(os.environ["TMPDIR"], "left-behind").write_text("x")
    return sorted(os.listdir(os.environ["TMPDIR"]))

def fail(ctx):
    raise ValueError("a secret detail")

def give_up(ctx):
    raise TimeoutError("too slow")

def die(ctx):
    os._exit(3)

def bulk(ctx, characters):
    return "x" * (characters - 2)

def spike(ctx, over_mb, wait=0):
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    bytearray((int(os.environ["FN_MEMORY"]) + over_mb << 20) - pages * os.sysconf("SC_PAGE_SIZE"))
    time.sleep(wait)
    return "freed"

def spawn(ctx, mb, path):
    code = f"x = bytearray({mb} << 20); import time; time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    Path(path).write_text(str(child.pid))
    child.wait()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    rpst: str
    private_key_pem: str


class CountingIssuer:
    """Mints principals that say for whom and the how-manieth they are."""

    def __init__(self) -> None:
        self.count = 0

    def mint_resource_principal(
        self, *, function_id: str, compartment_id: str, lifetime_seconds: int = 3600
    ) -> Issued:
        self.count += 1
        return Issued(
            rpst=f"{function_id} {compartment_id} {self.count}", private_key_pem=f"key {self.count}"
        )


@dataclass(slots=True)
class Bench:
    """A service, its application and the order-taking function."""

    service: FunctionsService
    issuer: CountingIssuer
    application: Application
    function: Function
    root: Path

    def order(self, do: str, *, detached: bool = False, **more: Any) -> Any:
        """Invoke the function; a sync call's JSON answer, a detached one's call id."""
        body = json.dumps({"do": do, **more}).encode()
        result = self.service.invoke(self.function.ocid, body, detached=detached)
        return result.call_id if detached else json.loads(result.body)

    def look(self, *, detached: bool = False, headers: dict[str, str] | None = None) -> Any:
        """What the function sees of such a call."""
        path = self.root / "seen.json"
        body = json.dumps({"do": "look", "path": str(path)}).encode()
        self.service.invoke(self.function.ocid, body, detached=detached, headers=headers)
        self.service.wait_idle(20)
        return json.loads(path.read_text())

    def in_background(self, work: Callable[[], Any]) -> Background:
        return Background(work)


class Background:
    """A call in a thread of its own; `result()` returns or raises what the call did."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._value: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,))
        self._thread.start()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self._value = work()
        except BaseException as error:
            self._error = error

    def result(self) -> Any:
        self._thread.join(20)
        assert not self._thread.is_alive()
        if self._error:
            raise self._error
        return self._value


def eventually(condition: Callable[[], Any]) -> Any:
    """The condition's first true value; fails after 20 seconds."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.005)
    pytest.fail("did not happen within 20 s")


def is_alive(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return ") Z " not in Path(f"/proc/{pid}/stat").read_text()


def refused(error: pytest.ExceptionInfo[ServiceError]) -> tuple[int, str]:
    """Status and code of what was raised."""
    return error.value.status, error.value.code
