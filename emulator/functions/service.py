"""The Functions API: applications, functions and their invocation, for requests and for other services."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from emulator.functions.calls import Call, InvokeResult, new_ulid
from emulator.functions.container import PrincipalIssuer, Setting
from emulator.functions.definitions import Application, Function, make_ocid
from emulator.functions.invocations import Invocations
from emulator.functions.management import Management
from emulator.functions.pool import Pool
from emulator.functions.rules import Rules
from emulator.functions.work import WorkRequests
from emulator.wire import Principal, Request, Response, ServiceError, not_found

_Defined = TypeVar("_Defined", Application, Function)

_VERSIONS = ("20181201", "20260325")
_FORWARDED_HEADERS = ("content-type", "fn-intent", "fn-invoke-type", "opc-request-id", "x-content-sha256")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class FunctionsService:
    """Emulated OCI Functions in the regions of `region_keys` (region name to key: `us-ashburn-1` to `iad`).

    - `root` receives the containers' output: `functions/<function name>/<container id>.log`.
    - `endpoint_template` has the placeholders `{service}` and `{region}`; it may be set until the first
      function is created.
    - `total_concurrency_mb` limits the memory of calls that are accepted and not finished.
    - `clock` is where `fn-deadline` starts; functions compare that with their own, the system's, clock.
    - `rules` are the faults that a test may switch on.
    - `principal_renewal_seconds` is the age at which a container's credentials are replaced in its files,
      three quarters of their life unless it is set.
    """

    def __init__(
        self,
        *,
        root: Path,
        principals: PrincipalIssuer,
        tenancy_id: str,
        region_keys: Mapping[str, str],
        realm: str = "oc1",
        realm_domain: str = "oraclecloud.com",
        endpoint_template: str = "https://{service}.{region}.oci.oraclecloud.com",
        total_concurrency_mb: int = 60 * 1024,
        idle_timeout_seconds: float = 60,
        init_timeout_seconds: float = 60,
        principal_lifetime_seconds: int = 3600,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.endpoint_template = endpoint_template
        self.rules = Rules()
        self.principal_renewal_seconds = principal_lifetime_seconds * 0.75
        self._tenancy_id = tenancy_id
        self._realm = realm
        self._region_keys = {name: key.lower() for name, key in region_keys.items()}
        self._clock = clock
        self._pool = Pool(
            setting=Setting(
                principals=principals,
                realm=realm,
                realm_domain=realm_domain,
                region_keys=self._region_keys,
                init_timeout_seconds=init_timeout_seconds,
                principal_lifetime_seconds=principal_lifetime_seconds,
                renewal_seconds=lambda: self.principal_renewal_seconds,
            ),
            rules=self.rules,
            log_root=root.resolve() / "functions",
            idle_timeout_seconds=idle_timeout_seconds,
        )
        self._invocations = Invocations(
            pool=self._pool, rules=self.rules, total_concurrency_mb=total_concurrency_mb, clock=clock
        )
        self._lock = threading.Lock()
        self._applications: dict[str, Application] = {}
        self._functions: dict[str, Function] = {}
        self.management = Management(
            root=root.resolve() / "functions-code",
            work=WorkRequests(realm=realm, region_keys=self._region_keys, clock=clock),
            clock=clock,
            make=self.create_function,
            defined=self.functions,
            define=self._define,
        )

    def __enter__(self) -> FunctionsService:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def create_application(
        self, name: str, compartment_id: str, config: Mapping[str, str], *, region: str
    ) -> Application:
        """Create an application in a region. Raises 400 for a config that OCI would refuse."""
        application = Application(
            ocid=make_ocid("fnapp", self._realm, self._region_keys[region], compartment_id, name),
            display_name=name,
            compartment_id=compartment_id,
            region=region,
            config=dict(config),
            time_created=self._clock(),
        )
        with self._lock:
            self._applications[application.ocid] = application
        return application

    def create_function(
        self,
        application: Application,
        name: str,
        source_dir: Path,
        config: Mapping[str, str],
        *,
        memory_in_mbs: int = 128,
        timeout_seconds: int = 30,
        detached_timeout_seconds: int | None = None,
    ) -> Function:
        """Create a function from a directory's `func.py`. Raises 400 for values that OCI would refuse."""
        region_key = self._region_keys[application.region]
        function = Function(
            ocid=make_ocid("fnfunc", self._realm, region_key, application.ocid, name),
            display_name=name,
            application=application,
            source_dir=source_dir.resolve(),
            config=dict(config),
            memory_in_mbs=memory_in_mbs,
            timeout_seconds=timeout_seconds,
            detached_timeout_seconds=detached_timeout_seconds or timeout_seconds,
            invoke_endpoint=self.endpoint_template.format(service="functions", region=application.region),
            time_created=self._clock(),
        )
        with self._lock:
            self._functions[function.ocid] = function
        return function

    def update_config(self, function: Function, config: Mapping[str, str]) -> Function:
        """Replace a function's configuration; warm containers leave, running calls end with the old one."""
        updated = replace(function, config=dict(config))
        self._define(function.ocid, updated)
        return updated

    def invoke(
        self,
        function_id: str,
        body: bytes = b"",
        *,
        detached: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> InvokeResult:
        """Invoke a function as the platform's own triggers do; `headers` reach the function.

        A sync call returns when the function has answered, a detached one once it is accepted.
        Raises `ServiceError` with OCI's status and code.
        """
        function = self.function(function_id)
        return self._invocations.invoke(function, body, detached=detached, headers=headers or {})

    def deliver(self, function_id: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Invoke a function behind the caller's back, as Notifications and Events do.

        Whether those invoke sync or detached is not documented; taken for sync, the shorter time. A rule may
        double or delay a delivery; one that is refused (429, 503) comes again. Raises `ServiceError` 404.
        """
        self._invocations.deliver(self.function(function_id), body, headers)

    def functions(self) -> list[Function]:
        """All functions."""
        with self._lock:
            return list(self._functions.values())

    def function(self, function_id: str) -> Function:
        """The function as it is defined now. Raises `ServiceError` 404."""
        with self._lock:
            function = self._functions.get(function_id)
        if function is None:
            raise not_found()
        return function

    def handle(self, request: Request, principal: Principal) -> Response:
        """Answer InvokeFunction, GetFunction, GetApplication, and to people what `management` does."""
        match (request.method, request.segments()):
            case ("POST", [version, "functions", ocid, "actions", "invoke"]) if version in _VERSIONS:
                return self._answer_invoke(
                    self._visible(self._functions, ocid, request, principal), request, principal
                )
            case ("GET", [version, "functions", ocid]) if version in _VERSIONS:
                function = self._visible(self._functions, ocid, request, principal)
                return Response.of_json(self.management.shown(function))
            case ("GET", [version, "applications", ocid]) if version in _VERSIONS:
                return Response.of_json(self._visible(self._applications, ocid, request, principal).to_dict())
            case (_, [version, *path]) if version == _VERSIONS[-1] and principal.kind == "user":
                return self.management.handle(
                    path,
                    request,
                    application=lambda ocid: self._visible(self._applications, ocid, request, principal),
                    function=lambda ocid: self._visible(self._functions, ocid, request, principal),
                )
        raise not_found()

    @property
    def calls(self) -> list[Call]:
        """All accepted calls, oldest first."""
        return self._invocations.all()

    def running(self) -> list[Call]:
        """Calls that are queued or run."""
        return self._invocations.unfinished()

    def containers(self, function: Function | None = None) -> int:
        """How many containers exist, busy and warm, of one function or of all."""
        return self._pool.count(function)

    def wait_idle(self, timeout_seconds: float) -> None:
        """Wait until no call is queued, delivered or runs.

        Raises `TimeoutError`, or what a kill predicate raised.
        """
        try:
            self._invocations.wait_idle(timeout_seconds)
        finally:
            self.rules.raise_failure()

    def close(self) -> None:
        """Kill all containers and end all threads. Raises what a kill predicate raised and nobody heard."""
        self._invocations.close()
        self.rules.raise_failure()

    def _define(self, ocid: str, function: Function | None) -> None:
        with self._lock:
            if function is None:
                self._functions.pop(ocid, None)
            else:
                self._functions[ocid] = function
        self._pool.recycle(ocid)

    def _visible(
        self, defined: Mapping[str, _Defined], ocid: str, request: Request, principal: Principal
    ) -> _Defined:
        with self._lock:
            found = defined.get(ocid)
        if found is None or found.region != request.region or principal.tenancy_id != self._tenancy_id:
            raise not_found()
        return found

    def _answer_invoke(self, function: Function, request: Request, principal: Principal) -> Response:
        invoke_type = request.headers.get("fn-invoke-type", "sync")
        if invoke_type not in ("sync", "detached"):
            raise ServiceError(400, "InvalidParameter", "fn-invoke-type must be sync or detached")
        if request.headers.get("fn-intent", "httprequest") not in ("httprequest", "cloudevent"):
            raise ServiceError(400, "InvalidParameter", "fn-intent must be httprequest or cloudevent")
        if request.headers.get("is-dry-run", "").lower() == "true":
            # Documented: the function is not executed. What else the answer holds is not.
            return Response(headers={"fn-call-id": new_ulid()})
        result = self._invocations.invoke(
            function,
            request.body,
            detached=invoke_type == "detached",
            headers={
                **{name: request.headers[name] for name in _FORWARDED_HEADERS if name in request.headers},
                "oci-subject-id": principal.ocid,
                "oci-subject-type": principal.kind,
                "oci-subject-tenancy-id": principal.tenancy_id,
                "oci-subject-compartment-id": principal.compartment_id,
            },
        )
        return Response(status=result.status, headers=dict(result.headers), body=result.body)
