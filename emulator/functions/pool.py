"""The containers of all functions: which one serves a call, and which one has to go.

One thread watches them every 20 ms: timeouts, memory, kill rules, idle containers, credentials. It runs only
while there are containers.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

from emulator.functions.calls import Call, new_ulid
from emulator.functions.container import Answer, Cause, Container, ContainerInitError, Setting
from emulator.functions.definitions import Function
from emulator.functions.rules import Rule, Rules

_WATCH_SECONDS = 0.02


class Pool:
    """Started containers, at most one call in each.

    `log_root` receives `<function name>/<container id>.log`.
    """

    def __init__(
        self, *, setting: Setting, rules: Rules, log_root: Path, idle_timeout_seconds: float
    ) -> None:
        self._setting = setting
        self._rules = rules
        self._log_root = log_root
        self._idle_timeout_seconds = idle_timeout_seconds
        # Not below a caller's directory: a unix socket's path has at most 107 bytes.
        self._directory = Path(tempfile.mkdtemp(prefix="fn-", dir="/tmp"))
        self._changed = threading.Condition()
        self._containers: list[Container] = []
        self._closing = False
        self._watch = threading.Thread(target=self._watch_containers, name="functions-watch", daemon=True)
        self._watch.start()

    def count(self, function: Function | None = None) -> int:
        """How many containers exist, of one function or of all."""
        with self._changed:
            return sum(function is None or each.function.ocid == function.ocid for each in self._containers)

    def acquire(self, function: Function, call: Call) -> Container:
        """A container for the call: a warm one if one is free, else a new one, started and ready.

        Raises `ContainerInitError`.
        """
        with self._changed:
            if self._closing:
                raise ContainerInitError(timed_out=False)
            for container in self._containers:
                if container.call is None and container.function == function and self._usable(container):
                    container.call = call
                    return container
            container = Container(
                container_id=new_ulid(),
                function=function,
                # Names are short and never reused.
                directory=Path(tempfile.mkdtemp(prefix="", dir=self._directory)),
                setting=self._setting,
            )
            container.call = call
            self._containers.append(container)
            self._changed.notify_all()
        try:
            container.start(self._log_root / function.display_name / f"{container.container_id}.log")
        except BaseException:
            container.kill("broken")
            self.release(container)
            raise
        return container

    def process(self, container: Container, headers: dict[str, str], now: datetime) -> Answer | None:
        """Let the container process its call; None if it went away before it answered."""
        call = container.call
        assert call is not None
        container.refresh_credentials()
        call.container_id = container.container_id
        call.begin(now)
        answer = container.exchange(headers, call.body)
        if container.exceeded_memory():  # between two looks of the watching thread
            container.kill("oom")
        if answer is None:
            container.kill("broken")
        return answer

    def release(self, container: Container) -> Cause | None:
        """Take the call from the container; the cause if the container was killed meanwhile."""
        with self._changed:
            container.call = None
            container.free_since = time.monotonic()
            cause = container.cause
        if cause:
            self._remove(container)
        return cause

    def recycle(self, function_id: str) -> None:
        """Remove the function's containers, each as soon as its call is done."""
        with self._changed:
            for container in self._containers:
                container.retired = container.retired or container.function.ocid == function_id

    def close(self) -> None:
        """Kill everything; waits until the threads that wait for answers have let go."""
        with self._changed:
            self._closing = True
            for container in self._containers:
                container.kill("killed")
            self._changed.notify_all()
        self._watch.join()
        self._remove_idle()
        with self._changed:
            self._changed.wait_for(lambda: not self._containers, timeout=10)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _usable(self, container: Container) -> bool:
        return not (container.retired or container.cause or container.ended())

    def _watch_containers(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or bool(self._containers))
                self._changed.wait_for(lambda: self._closing, timeout=_WATCH_SECONDS)
                if self._closing:
                    return
                running = [(each, each.call) for each in self._containers if each.call is not None]
            for container, call in running:
                self._watch_call(container, call)
            self._remove_idle()

    def _watch_call(self, container: Container, call: Call) -> None:
        if call.started is None:
            return
        container.refresh_credentials()
        cause: Cause | None = None
        rule: Rule | None = None
        if call.seconds_running() > call.timeout_seconds:
            cause = "timeout"
        elif container.exceeds_memory():
            cause = "oom"
        elif rule := self._rules.find_kill(call):
            cause = "killed"
        if cause is None:
            return
        with self._changed:
            # The call may have ended since; its container is then not ours to kill.
            if container.call is call and container.cause is None:
                container.kill(cause)
                if rule:
                    self._rules.use(rule)

    def _remove_idle(self) -> None:
        oldest = time.monotonic() - self._idle_timeout_seconds
        with self._changed:
            leaving = [
                each
                for each in self._containers
                if each.call is None and (each.free_since <= oldest or not self._usable(each))
            ]
            for container in leaving:
                container.kill("idle")
        for container in leaving:
            self._remove(container)

    def _remove(self, container: Container) -> None:
        container.remove()
        with self._changed:
            if container in self._containers:
                self._containers.remove(container)
            self._changed.notify_all()
