"""Multipart uploads: parts that wait on disk until one commit makes them an object.

Decides which parts may be committed; the commit itself is the store's compare-and-swap, so the conditions it
carries hold at that instant. Conditions given at creation are checked at creation only: each request is
judged by its own headers.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from emulator.object_storage import checksums
from emulator.object_storage.conditions import Conditions
from emulator.object_storage.store import Store, StoredObject
from emulator.wire import ServiceError

MIN_PART_BYTES = 10 * 1024 * 1024
MAX_PART_NUMBER = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An upload that is neither committed nor aborted; `headers` become the object's."""

    id: str
    bucket: str
    object: str
    created: str
    algorithm: str | None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An uploaded part; `checksums` by header name."""

    number: int
    etag: str
    size: int
    staged: Path
    checksums: Mapping[str, str]


class Uploads:
    """The multipart uploads of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(
        self,
        bucket: str,
        name: str,
        *,
        algorithm: str | None,
        headers: Mapping[str, str],
        conditions: Conditions,
    ) -> Upload:
        """Start an upload if the conditions hold for the object as it is now."""
        with self._store.transaction() as database:
            before = self._store.object(bucket, name)
            conditions.check_write(before.etag if before is not None else None)
            upload = Upload(
                id=str(uuid4()),
                bucket=bucket,
                object=name,
                created=self._store.timestamp(),
                algorithm=algorithm,
                headers=headers,
            )
            database.execute(
                "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?)",
                (upload.id, bucket, name, upload.created, algorithm, json.dumps(dict(headers))),
            )
            return upload

    def put_part(
        self,
        upload_id: str,
        bucket: str,
        name: str,
        *,
        number: int,
        body: bytes,
        sums: Mapping[str, str],
        conditions: Conditions,
    ) -> Part:
        """Keep a part, in place of an earlier one of that number; the conditions are about that one."""
        if not 1 <= number <= MAX_PART_NUMBER:
            raise ServiceError(400, "InvalidUploadPartNumber", f"A part number is in 1..{MAX_PART_NUMBER}.")
        part = Part(
            number=number, etag=str(uuid4()), size=len(body), staged=self._store.stage(body), checksums=sums
        )
        try:
            with self._store.transaction() as database:
                _find(database, upload_id, bucket, name)
                before = _parts(database, upload_id).get(number)
                conditions.check_write(before.etag if before is not None else None)
                database.execute(
                    "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)",
                    (upload_id, number, part.etag, part.size, str(part.staged), json.dumps(dict(sums))),
                )
        except BaseException:
            part.staged.unlink()
            raise
        if before is not None:
            before.staged.unlink(missing_ok=True)
        return part

    def parts(self, upload_id: str, bucket: str, name: str) -> list[Part]:
        """An upload's parts by number."""
        with self._store.transaction() as database:
            _find(database, upload_id, bucket, name)
            return list(_parts(database, upload_id).values())

    def commit(
        self,
        upload_id: str,
        bucket: str,
        name: str,
        *,
        wanted: Sequence[tuple[int, str]],
        excluded: Sequence[int],
        conditions: Conditions,
    ) -> StoredObject:
        """Make an object of the parts `wanted` (number, ETag), if they are as named and the conditions hold.

        Raises 400 InvalidUploadPart for a part that is absent, has another ETag, is neither wanted nor
        excluded, or is smaller than 10 MiB and not the last; 400 InvalidUploadPartOrder; 404; 412.
        """
        with self._store.transaction() as database:
            upload = _find(database, upload_id, bucket, name)
            parts = _parts(database, upload_id)
            chosen = _choose(parts, wanted, excluded)
            # Staged under the lock: no part can be replaced while the pieces are put together.
            staged = self._store.stage(b"")
            with staged.open("wb") as whole:
                for part in chosen:
                    with part.staged.open("rb") as piece:
                        shutil.copyfileobj(piece, whole, 1024 * 1024)
            _forget(database, upload_id)
            sums = checksums.of_parts([part.checksums for part in chosen], upload.algorithm)
            stored = self._store.put_within(
                database,
                bucket,
                name,
                staged,
                md5=sums["opc-multipart-md5"],
                headers={**upload.headers, **sums},
                conditions=conditions,
            )
        for part in parts.values():
            part.staged.unlink(missing_ok=True)
        return stored

    def abort(self, upload_id: str, bucket: str, name: str) -> None:
        """Drop an upload and its parts."""
        with self._store.transaction() as database:
            _find(database, upload_id, bucket, name)
            parts = _parts(database, upload_id)
            _forget(database, upload_id)
        for part in parts.values():
            part.staged.unlink(missing_ok=True)


def _find(database: sqlite3.Connection, upload_id: str, bucket: str, name: str) -> Upload:
    row = database.execute(
        "SELECT * FROM uploads WHERE id = ? AND bucket = ? AND object = ?",
        (upload_id, bucket, name),
    ).fetchone()
    if row is None:
        raise ServiceError(404, "UploadNotFound", f"The upload ID '{upload_id}' was not found.")
    return Upload(
        id=row[0], bucket=row[1], object=row[2], created=row[3], algorithm=row[4], headers=json.loads(row[5])
    )


def _parts(database: sqlite3.Connection, upload_id: str) -> dict[int, Part]:
    rows = database.execute(
        "SELECT number, etag, size, staged, checksums FROM parts WHERE upload = ? ORDER BY number",
        (upload_id,),
    )
    return {
        row[0]: Part(
            number=row[0], etag=row[1], size=row[2], staged=Path(row[3]), checksums=json.loads(row[4])
        )
        for row in rows
    }


def _forget(database: sqlite3.Connection, upload_id: str) -> None:
    database.execute("DELETE FROM uploads WHERE id = ?", (upload_id,))
    database.execute("DELETE FROM parts WHERE upload = ?", (upload_id,))


def _choose(
    parts: Mapping[int, Part], wanted: Sequence[tuple[int, str]], excluded: Sequence[int]
) -> list[Part]:
    numbers = [number for number, _ in wanted]
    if not numbers:
        raise ServiceError(400, "InvalidUploadPart", "There are no parts to commit.")
    if numbers != sorted(set(numbers)):
        raise ServiceError(400, "InvalidUploadPartOrder", "The parts to commit are not in ascending order.")
    if set(parts) - set(numbers) - set(excluded) or set(numbers) & set(excluded):
        raise ServiceError(
            400, "InvalidUploadPart", "Each uploaded part must be either committed or excluded, not both."
        )
    chosen = []
    for number, etag in wanted:
        part = parts.get(number)
        if part is None or part.etag != etag:
            raise ServiceError(400, "InvalidUploadPart", f"Part {number} with ETag '{etag}' was not found.")
        chosen.append(part)
    for part in chosen[:-1]:
        if part.size < MIN_PART_BYTES:
            raise ServiceError(
                400, "InvalidUploadPart", f"Part {part.number} is smaller than {MIN_PART_BYTES} bytes."
            )
    return chosen
