"""What a person does to functions through the API: list, create, update and delete.

Version 20260325: the source is a container image or an archive, and changes are asynchronous. Leaves what a
function's code is to `archives`, its limits to `definitions`, how changes end to `work`, and its calls to the
service. Source: the SDK's `FunctionsManagementClient` and its models. Not documented, chosen here: the codes
of refusals, and that a function which could not be made stays, as FAILED.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from emulator.functions.archives import (
    UnusableArchiveError,
    answered_source,
    check_source,
    read_archive,
    unpack,
)
from emulator.functions.definitions import Application, Function
from emulator.functions.work import WorkRequests
from emulator.paging import fingerprint, limit_of, read_token, write_token
from emulator.wire import Request, Response, ServiceError, not_found

#: An object's content for an application, by namespace, bucket and name; None where it cannot read it.
ReadObject = Callable[[Application, str, str, str], bytes | None]

MAX_PAGE = 50
DEFAULT_PAGE = 10
#: What a function only tells again.
_TOLD = (
    "sourceDetails",
    "freeformTags",
    "definedTags",
    "failureDestination",
    "successDestination",
    "traceConfig",
    "provisionedConcurrencyConfig",
)
_LIMITS = {
    "memoryInMBs": "memory_in_mbs",
    "timeoutInSeconds": "timeout_seconds",
    "detachedModeTimeoutInSeconds": "detached_timeout_seconds",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,254}", re.ASCII)
_IMAGE = re.compile(r"[a-z0-9-]+\.ocir\.io/[^/\s:@]+/[^\s:@]+:[\w.-]+", re.ASCII)
_SORT_KEYS = ("displayName", "timeCreated", "id")


class Management:
    """The management calls of one service.

    The service's functions are `defined()`; it can `make` one, and `define` one anew by its OCID, or take it
    away with None. `images` are the images that the registry holds, with the directory that stands for each;
    `read_object` reads an archive from Object Storage.
    """

    def __init__(
        self,
        *,
        root: Path,
        work: WorkRequests,
        clock: Callable[[], datetime],
        make: Callable[..., Function],
        defined: Callable[[], list[Function]],
        define: Callable[[str, Function | None], None],
    ) -> None:
        self.read_object: ReadObject = lambda _application, _namespace, _bucket, _name: None
        self.images: dict[str, Path] = {}
        self.work = work
        self._root = root
        self._clock = clock
        self._make = make
        self._defined = defined
        self._define = define

    def handle(
        self,
        path: list[str],
        request: Request,
        *,
        application: Callable[[str], Application],
        function: Callable[[str], Function],
    ) -> Response:
        """Answer a request for a path behind the version; the others find what its caller sees by OCID."""
        match (request.method, path):
            case ("GET", ["functions"]):
                return self._list(application(request.parameter("applicationId") or ""), request)
            case ("POST", ["functions"]):
                return self._create(application, request)
            case ("PUT", ["functions", ocid]):
                return self._update(function(ocid), request)
            case ("DELETE", ["functions", ocid]):
                return self._delete(function(ocid))
            case ("GET", ["workRequests", ocid]):
                return self.work.answer(ocid)
            case ("GET", ["workRequests", ocid, "errors"]):
                return self.work.answer_errors(ocid)
        raise not_found()

    def shown(self, function: Function) -> dict[str, Any]:
        """The `Function` that the API answers, in the state that its latest work request gives it.

        It has no invoke endpoint before it is made; no page says from when on it has one.
        """
        state = self.work.state_of(function)
        shown = {**function.to_dict(), "lifecycleState": state}
        return {**shown, "invokeEndpoint": None} if state == "CREATING" else shown

    def _list(self, application: Application, request: Request) -> Response:
        """`FunctionSummary` items of an application, without configuration."""
        sort_by = request.parameter("sortBy") or "displayName"
        if sort_by not in _SORT_KEYS:
            raise _invalid(f"sortBy must be one of {', '.join(_SORT_KEYS)}")
        wanted = {name: request.parameter(name) for name in ("displayName", "id", "lifecycleState")}
        items = [
            {key: value for key, value in self.shown(function).items() if key != "config"}
            for function in self._defined()
            if function.application.ocid == application.ocid
        ]
        items = [item for item in items if all(value in (None, item[name]) for name, value in wanted.items())]
        items.sort(key=lambda item: str(item[sort_by]), reverse=request.parameter("sortOrder") == "DESC")
        bound_to = fingerprint(application.ocid, sort_by, wanted)
        token = request.parameter("page")
        start = read_token(token, bound_to=bound_to)["start"] if token else 0
        end = start + limit_of(request, default=DEFAULT_PAGE, maximum=MAX_PAGE)
        more = {"opc-next-page": write_token(start=end, bound_to=bound_to)} if end < len(items) else {}
        return Response.of_json(items[start:end], headers=more)

    def _create(self, find_application: Callable[[str], Application], request: Request) -> Response:
        """Accept a new function. Raises `ServiceError` 400, 404 for the application, 409 for the name."""
        details = _object(request)
        name = details.get("displayName")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _invalid(f"displayName is {name!r}; a letter or _, then letters, digits, - or _")
        if not isinstance(details.get("applicationId"), str):
            raise _invalid("applicationId is required")
        application = find_application(details["applicationId"])
        if "memoryInMBs" not in details:
            raise _invalid("memoryInMBs is required")
        if any(
            function.display_name == name and function.application.ocid == application.ocid
            for function in self._defined()
        ):
            raise ServiceError(409, "Conflict", f"the application has a function {name!r} already")
        code, source, error = self._code(details.get("sourceDetails"), application)
        function = self._make(
            application,
            name,
            code,
            _config(details.get("config", {})),
            memory_in_mbs=details["memoryInMBs"],
            timeout_seconds=details.get("timeoutInSeconds", 30),
            detached_timeout_seconds=details.get("detachedModeTimeoutInSeconds"),
        )
        told = {key: details[key] for key in _TOLD if key in details}
        function = replace(function, told={**told, "sourceDetails": source})
        headers = self.work.begin("CREATE_FUNCTION", function, error)
        self._define(function.ocid, function)
        return Response.of_json(self.shown(function), headers=headers)

    def _update(self, function: Function, request: Request) -> Response:
        """Accept new values; what is absent stays, and the configuration is replaced as a whole.

        Raises `ServiceError` 400, 409 while an earlier request is on its way.
        """
        details = _object(request)
        if self.work.state_of(function) in ("CREATING", "UPDATING"):
            raise ServiceError(409, "IncorrectState", "the function is being changed")
        changes: dict[str, Any] = {
            name: details[key] for key, name in _LIMITS.items() if details.get(key) is not None
        }
        if details.get("config") is not None:
            changes["config"] = _config(details["config"])
        told = {**function.told, **{key: details[key] for key in _TOLD if details.get(key) is not None}}
        error = None
        if details.get("sourceDetails") is not None:
            complete = {**function.told.get("sourceDetails", {}), **_mapping(details["sourceDetails"])}
            complete.pop("sourceCodeSha256", None)
            code, told["sourceDetails"], error = self._code(complete, function.application)
            changes["source_dir"] = code
        updated = replace(function, **changes, told=told, time_updated=self._clock())
        headers = self.work.begin("UPDATE_FUNCTION", function, error)
        if error is None:
            self._define(function.ocid, updated)
        return Response(headers=headers)

    def _delete(self, function: Function) -> Response:
        headers = self.work.begin("DELETE_FUNCTION", function)
        self._define(function.ocid, None)
        return Response(status=204, headers=headers)

    def _code(self, source: object, application: Application) -> tuple[Path, dict[str, Any], str | None]:
        """The directory with the code, the source as it is told, and why there is none."""
        details = _mapping(source) if source is not None else {}
        kind = details.get("sourceType")
        if kind == "CONTAINER_IMAGE":
            image = str(details.get("image"))
            if not _IMAGE.fullmatch(image):
                raise _invalid(f"image is {image!r}; <region key>.ocir.io/<namespace>/<repository>:<tag>")
            found = self.images.get(image)
            missing = None if found else f"the image {image} does not exist or cannot be read"
            return found or self._root / "no-code", details, missing
        if kind != "ARCHIVE":
            raise _invalid("sourceDetails.sourceType must be CONTAINER_IMAGE or ARCHIVE")
        check_source(details)
        try:
            archive = read_archive(details["archiveSourceDetails"], partial(self.read_object, application))
            answered = answered_source(details, archive)
            directory = unpack(archive, self._root, details["handler"])
        except UnusableArchiveError as error:
            return self._root / "no-code", details, str(error)
        return directory / "function", answered, None


def _object(request: Request) -> dict[str, Any]:
    return dict(_mapping(request.json()))


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _invalid("a JSON object is required")
    return value


def _config(value: object) -> dict[str, str]:
    config = _mapping(value)
    if not all(isinstance(text, str) for text in config.values()):
        raise _invalid("the values of config must be strings")
    return config


def _invalid(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameter", message)
