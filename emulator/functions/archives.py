"""A function's archive: which ones OCI takes, and the directory that a container runs from.

Source of the rules: Oracle's pages on code-only functions (about, packaging, Python), which leave error codes
and messages open; those are ours. The emulated runtimes are Python's, for applications of one architecture.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from emulator.wire import ServiceError

MAX_DIRECT_BYTES = 25 * 1024 * 1024
MAX_STORED_BYTES = 250 * 1024 * 1024
RUNTIMES = ("python311.ol9", "python312.ol9")

_HANDLER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class UnusableArchiveError(Exception):
    """The archive was accepted, and turned out to be no function when it was looked into."""


def check_source(details: Mapping[str, Any]) -> None:
    """Whether these are complete `sourceDetails` of an archive. Raises `ServiceError` 400."""
    handler = details.get("handler")
    if not isinstance(handler, str) or not _HANDLER.fullmatch(handler):
        raise _invalid(f"handler is {handler!r}; a Python runtime needs <file>.<function>")
    runtime = details.get("runtimeConfig")
    if not isinstance(runtime, dict) or runtime.get("functionsRuntimeName") not in RUNTIMES:
        raise _invalid(f"runtimeConfig.functionsRuntimeName must be one of {', '.join(RUNTIMES)}")
    kind = runtime.get("runtimeConfigType")
    if kind not in ("FUNCTION_UPDATE", "MANUAL"):
        raise _invalid("runtimeConfig.runtimeConfigType must be FUNCTION_UPDATE or MANUAL")
    if kind == "MANUAL" and not runtime.get("functionsRuntimeVersionId"):
        raise _invalid("runtimeConfig.functionsRuntimeVersionId is required for MANUAL")
    if not isinstance(details.get("archiveSourceDetails"), dict):
        raise _invalid("archiveSourceDetails is required")


def read_archive(details: Mapping[str, Any], read_object: Callable[[str, str, str], bytes | None]) -> bytes:
    """The archive that `archiveSourceDetails` carries or names; an object's name is namespace, bucket, name.

    Raises `ServiceError` 400, or `UnusableArchiveError` for an object that cannot be read.
    """
    kind = details.get("archiveSourceType")
    if kind == "DIRECT_ARCHIVE":
        try:
            archive = base64.b64decode(details.get("archiveFile") or "", validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise _invalid("archiveFile is not base64") from None
        if not 0 < len(archive) <= MAX_DIRECT_BYTES:
            raise _invalid(f"archiveFile has {len(archive)} bytes; 1 to {MAX_DIRECT_BYTES} are allowed")
        return archive
    if kind != "OBJECT_STORAGE_ARCHIVE":
        raise _invalid("archiveSourceType must be OBJECT_STORAGE_ARCHIVE or DIRECT_ARCHIVE")
    place = [details.get(name) for name in ("namespace", "bucketName", "objectName")]
    if not all(isinstance(part, str) and part for part in place):
        raise _invalid("namespace, bucketName and objectName are required")
    found = read_object(str(place[0]), str(place[1]), str(place[2]))
    if found is None:
        raise UnusableArchiveError("the application cannot read the archive, or it does not exist")
    if len(found) > MAX_STORED_BYTES:
        raise UnusableArchiveError(f"the archive has {len(found)} bytes, more than {MAX_STORED_BYTES}")
    return found


def unpack(archive: bytes, root: Path, handler: str) -> Path:
    """Unpack into a directory below `root` that is named after the content; returns it.

    It holds `function/` and maybe `python/`. Raises `UnusableArchiveError`.
    """
    directory = root / hashlib.sha256(archive).hexdigest()[:16]
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            names = packed.namelist()
            _check_layout(names, handler)
            if not directory.exists():
                part = directory.with_suffix(".part")
                shutil.rmtree(part, ignore_errors=True)
                packed.extractall(part)
                part.replace(directory)
    except zipfile.BadZipFile:
        raise UnusableArchiveError("the archive is not a ZIP file") from None
    return directory


def answered_source(details: Mapping[str, Any], archive: bytes) -> dict[str, Any]:
    """The `sourceDetails` that a function shows: without the content, with its hash."""
    place = {key: value for key, value in details["archiveSourceDetails"].items() if key != "archiveFile"}
    digest = base64.b64encode(hashlib.sha256(archive).digest()).decode()
    return {**details, "archiveSourceDetails": place, "sourceCodeSha256": digest}


def _check_layout(names: list[str], handler: str) -> None:
    if any(PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts for name in names):
        raise UnusableArchiveError("the archive has a name that leaves it")
    if any(name.startswith("native/") for name in names):
        raise UnusableArchiveError("native/ is for applications of several architectures")
    module = f"function/{handler.partition('.')[0]}.py"
    if module not in names:
        raise UnusableArchiveError(f"the archive has no {module}")


def _invalid(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameter", message)
