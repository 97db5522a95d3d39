"""One container: a real `fdk func.py handler` process, its private directory and its unix socket.

It decides what a function sees of the world (environment, files, headers) and leaves to the pool when a
container is started, reused, killed and removed.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from emulator.functions.calls import Call
from emulator.functions.definitions import Function
from emulator.functions.processes import kill_tree, peak_bytes, resident_bytes

MAX_BODY_BYTES = 6 * 1024 * 1024

# What fdk's command does, wherever it was installed.
_START = "import sys; from fdk.scripts.fdk import main; sys.exit(main())"

Cause = Literal["timeout", "oom", "killed", "idle", "broken"]


class ResourcePrincipal(Protocol):
    """A function's credentials: a signed token and the key that belongs to it."""

    @property
    def rpst(self) -> str: ...

    @property
    def private_key_pem(self) -> str: ...


class PrincipalIssuer(Protocol):
    """Whoever mints resource principals, in the emulator its key ring."""

    def mint_resource_principal(
        self, *, function_id: str, compartment_id: str, lifetime_seconds: int = 3600
    ) -> ResourcePrincipal: ...


class ContainerInitError(Exception):
    """The process did not open its socket: it ended, or it took too long (`timed_out`)."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("timed out" if timed_out else "the process ended")
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is the same for all containers of a service.

    `renewal_seconds()` is the age at which credentials are replaced.
    """

    principals: PrincipalIssuer
    realm: str
    realm_domain: str
    region_keys: Mapping[str, str]
    init_timeout_seconds: float
    principal_lifetime_seconds: int
    renewal_seconds: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The function's HTTP answer; a body over the limit is cut one byte past it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Container:
    """A process that serves one call at a time.

    `call`, `free_since` and `retired` belong to the pool and change under its lock.
    `cause` is why it was killed; the first cause stays.
    """

    def __init__(self, *, container_id: str, function: Function, directory: Path, setting: Setting) -> None:
        self.container_id = container_id
        self.function = function
        self.call: Call | None = None
        self.free_since = 0.0
        self.retired = False
        self.cause: Cause | None = None
        self._setting = setting
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: UnixConnection | None = None
        self._lock = threading.Lock()
        self._credentials_lock = threading.Lock()
        self._credentials_made: float | None = None
        self._over_limit_before = False

    def start(self, log_path: Path) -> None:
        """Start the process and wait until its socket accepts calls.

        Raises `ContainerInitError`.
        """
        for part in ("iofs", "credentials", "tmp"):
            (self._directory / part).mkdir(parents=True, mode=0o700)
        self.refresh_credentials()
        log_path.parent.mkdir(parents=True, exist_ok=True)
        # Nothing of this interpreter's but the standard library, where the function has its own packages.
        alone = ["-s", "-S"] if _own_packages(self.function) else []
        module = str(self.function.source_dir / "func.py")
        with self._lock, log_path.open("ab") as log:
            if self.cause:
                raise ContainerInitError(timed_out=False)
            self._process = subprocess.Popen(
                [sys.executable, "-P", *alone, "-c", _START, module, "handler"],
                cwd=self._directory / "tmp",
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # The link is made after the server listens, so it marks readiness.
        link = self._directory / "iofs" / "lsnr.sock"
        give_up = time.monotonic() + self._setting.init_timeout_seconds
        while not link.is_socket():
            if self.ended():
                raise ContainerInitError(timed_out=False)
            if time.monotonic() > give_up:
                raise ContainerInitError(timed_out=True)
            time.sleep(0.005)

    def exchange(self, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """Send one call and wait for its answer; None if the process went away or spoke no HTTP."""
        connection = UnixConnection(self._directory / "iofs" / "lsnr.sock")
        self._connection = connection
        try:
            connection.request("POST", "/call", body=body, headers={**headers, "connection": "close"})
            with connection.getresponse() as response:
                return Answer(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.getheaders()},
                    body=response.read(MAX_BODY_BYTES + 1),
                )
        except (OSError, http.client.HTTPException):
            return None
        finally:
            self._connection = None
            connection.close()

    def ended(self) -> bool:
        """Whether the process was started and is gone."""
        return self._process is not None and self._process.poll() is not None

    def exceeded_memory(self) -> bool:
        """Whether the process itself ever used more memory than its function may."""
        return self._process is not None and peak_bytes(self._process.pid) > self._limit_bytes()

    def exceeds_memory(self) -> bool:
        """Whether the process did, or it and its children do now and did when last asked.

        Once is not enough for the sum: a child that was just forked shows its parent's memory as its own.
        """
        if self._process is None:
            return False
        if self.exceeded_memory():
            return True
        over, before = resident_bytes(self._process.pid) > self._limit_bytes(), self._over_limit_before
        self._over_limit_before = over
        return over and before

    def refresh_credentials(self) -> None:
        """Write new credentials if the present ones are old enough."""
        with self._credentials_lock:
            made, now = self._credentials_made, time.monotonic()
            if made is not None and now - made < self._setting.renewal_seconds():
                return
            principal = self._setting.principals.mint_resource_principal(
                function_id=self.function.ocid,
                compartment_id=self.function.application.compartment_id,
                lifetime_seconds=self._setting.principal_lifetime_seconds,
            )
            self._credentials_made = now
            for name, text in (("private.pem", principal.private_key_pem), ("rpst", principal.rpst)):
                part = self._directory / "credentials" / f".{name}"
                part.write_text(text)
                part.replace(part.with_name(name))

    def kill(self, cause: Cause) -> None:
        """End the process and all it started, now; whoever waits for its answer is woken."""
        with self._lock:
            self.cause = self.cause or cause
            if self._process is not None:
                kill_tree(self._process)
        connection = self._connection
        if connection is not None:
            connection.interrupt()

    def remove(self) -> None:
        """Reap the killed process and delete the container's directory."""
        if self._process is not None:
            self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _limit_bytes(self) -> int:
        return self.function.memory_in_mbs * 1024 * 1024

    def _environment(self) -> dict[str, str]:
        function, application, setting = self.function, self.function.application, self._setting
        tmp, credentials = self._directory / "tmp", self._directory / "credentials"
        region_key = setting.region_keys[function.region]
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONPATH": f"{function.source_dir}:{_own_packages(function) or _dependencies()}",
            "HOME": str(tmp),
            "TMPDIR": str(tmp),
            **application.config,
            **function.config,
            "FN_APP_ID": application.ocid,
            "FN_APP_NAME": application.display_name,
            "FN_FN_ID": function.ocid,
            "FN_FN_NAME": function.display_name,
            "FN_FORMAT": "http-stream",
            "FN_LISTENER": f"unix:{self._directory}/iofs/lsnr.sock",
            "FN_MEMORY": str(function.memory_in_mbs),
            "FN_TYPE": "sync",
            "OCI_TRACING_ENABLED": "0",
            "OCI_RESOURCE_PRINCIPAL_VERSION": "2.2",
            "OCI_RESOURCE_PRINCIPAL_REGION": region_key,
            "OCI_RESOURCE_PRINCIPAL_RPST": str(credentials / "rpst"),
            "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM": str(credentials / "private.pem"),
            # Recorded in Oracle's samples; from it the SDK learns realms that it does not know.
            "OCI_REGION_METADATA": json.dumps(
                {
                    "realmDomainComponent": setting.realm_domain,
                    "realmKey": setting.realm,
                    "regionIdentifier": function.region,
                    "regionKey": region_key.upper(),
                }
            ),
        }


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket; without a timeout it waits for as long as the platform lets a function run."""

    def __init__(self, path: Path, *, timeout_seconds: float | None = None) -> None:
        super().__init__("localhost", timeout=timeout_seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))

    def interrupt(self) -> None:
        """Wake the thread that reads from this connection."""
        sock: socket.socket | None = self.sock
        with contextlib.suppress(OSError):
            if sock is not None:
                sock.shutdown(socket.SHUT_RDWR)


def _own_packages(function: Function) -> Path | None:
    """The packages that lie beside the code as in an image and an archive: `python` beside `function`."""
    packages = function.source_dir.with_name("python")
    return packages if function.source_dir.name == "function" and packages.is_dir() else None


def _dependencies() -> Path:
    """The packages of a function that has none of its own: those of this interpreter."""
    spec = importlib.util.find_spec("fdk")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package fdk is not installed for this interpreter")
    return Path(spec.origin).parent.parent
