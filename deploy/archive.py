"""The archive with the code: what it is, and how it travels.

A small one travels in the request itself, a large one by the inventory's bucket.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.wanted import Outputs
from tools.package.archive import HANDLER, MAX_DIRECT_BYTES, MAX_STORED_BYTES

DIRECT = "direct"
BUCKET = "bucket"
_MODULE = f"function/{HANDLER.partition('.')[0]}.py"


class ArchiveError(Exception):
    """OCI Functions would not take this archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A file with code; `sha256` in hexadecimal, `way` is `direct` or `bucket`."""

    path: Path
    size: int
    sha256: str
    way: str


def open_archive(path: Path, *, way: str | None = None) -> Archive:
    """Look at the file; without `way` its size decides. Raises ArchiveError that says what is wrong."""
    try:
        content = path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            if _MODULE not in archive.namelist():
                raise ArchiveError(f"{path} has no {_MODULE}; `make package` builds such an archive")
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read ({error.strerror}); `make package` builds it") from error
    except zipfile.BadZipFile as error:
        raise ArchiveError(f"{path} is not a ZIP file") from error
    chosen = way or (DIRECT if len(content) <= MAX_DIRECT_BYTES else BUCKET)
    limit = MAX_DIRECT_BYTES if chosen == DIRECT else MAX_STORED_BYTES
    if len(content) > limit:
        raise ArchiveError(
            f"{path} has {len(content)} bytes; OCI Functions takes {limit} that way ({chosen})"
        )
    return Archive(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest(), way=chosen)


def object_name(outputs: Outputs) -> str:
    """The one name under which the application may read the bucket (`policies.yaml`)."""
    return f"{outputs.prefix}/code.zip"


def put_in_bucket(archive: Archive, outputs: Outputs, client: Any) -> dict[str, Any]:
    """Upload, and return the fields of the SDK's `CreateObjectStorageArchiveSourceDetails`, and `Update…`.

    With the object's version where the bucket keeps versions, as Terraform's does: whoever else may write to
    the bucket must not choose the code. `client` is an ObjectStorageClient. Raises the SDK's errors.
    """
    name = object_name(outputs)
    with archive.path.open("rb") as content:
        answer = client.put_object(
            outputs.namespace, outputs.bucket, name, content, content_type="application/zip"
        )
    version_id = answer.headers.get("version-id")
    return {
        "namespace": outputs.namespace,
        "bucket_name": outputs.bucket,
        "object_name": name,
        **({"object_version_id": version_id} if version_id else {}),
    }


def direct_fields(archive: Archive) -> dict[str, Any]:
    """The fields of the SDK's `CreateDirectArchiveSourceDetails` and `UpdateDirectArchiveSourceDetails`."""
    return {"archive_file": base64.b64encode(archive.path.read_bytes()).decode()}
