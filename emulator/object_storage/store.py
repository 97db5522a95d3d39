"""Buckets and objects on disk, changed by compare-and-swap.

Decides that a write's condition and its effect are one step under one lock; leaves HTTP to the service.
Content is staged outside the lock and moved into place, so a reader has a whole version, old or new. Metadata
is committed with the move: only a process killed between the two leaves new content under an old ETag.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from emulator.object_storage.conditions import Conditions
from emulator.object_storage.paths import free_path, prune

_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, compartment_id TEXT, region TEXT, etag TEXT, created TEXT, created_by TEXT
);
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT, name TEXT, etag TEXT, size INTEGER, path TEXT, modified TEXT, md5 TEXT, headers TEXT,
    PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT, object TEXT, created TEXT, algorithm TEXT, headers TEXT
);
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT, number INTEGER, etag TEXT, size INTEGER, staged TEXT, checksums TEXT,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket; `region` None is answered in every region. Times are RFC 3339."""

    name: str
    compartment_id: str
    region: str | None
    etag: str
    created: str
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object's current version; `headers` is what GET and HEAD answer besides the fields here."""

    bucket: str
    name: str
    etag: str
    size: int
    path: str
    modified: str
    md5: str
    headers: Mapping[str, str]


class Store:
    """The state of one namespace below `root`; every method may be called from any thread."""

    def __init__(self, *, root: Path, namespace: str, clock: Callable[[], datetime]) -> None:
        self._contents = root / "objectstorage" / namespace
        self._staging = root / "objectstorage-staging"
        self._clock = clock
        self._lock = threading.RLock()
        self._contents.mkdir(parents=True, exist_ok=True)
        self._staging.mkdir(parents=True, exist_ok=True)
        # One connection behind one lock; it must survive this process's death, not the machine's.
        self._database = sqlite3.connect(
            root / f"objectstorage-{namespace}.sqlite", check_same_thread=False, isolation_level=None
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One step: the lock and a database transaction, rolled back on an exception."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def timestamp(self) -> str:
        """Now, as OCI writes times: `2026-11-23T04:00:00.000Z`."""
        return self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def stage(self, body: bytes) -> Path:
        """Write content where nothing reads it yet."""
        staged = self._staging / uuid4().hex
        staged.write_bytes(body)
        return staged

    def create_bucket(self, name: str, *, compartment_id: str, region: str | None, created_by: str) -> Bucket:
        """Create a bucket, or return the one of that name."""
        with self.transaction() as database:
            database.execute(
                "INSERT OR IGNORE INTO buckets VALUES (?, ?, ?, ?, ?, ?)",
                (name, compartment_id, region, str(uuid4()), self.timestamp(), created_by),
            )
            bucket = self.bucket(name)
            assert bucket is not None
            return bucket

    def bucket(self, name: str) -> Bucket | None:
        """The bucket of that name."""
        with self._lock:
            row = self._database.execute("SELECT * FROM buckets WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        return Bucket(
            name=row[0], compartment_id=row[1], region=row[2], etag=row[3], created=row[4], created_by=row[5]
        )

    def totals(self, bucket: str) -> tuple[int, int]:
        """Number and total bytes of a bucket's objects."""
        with self._lock:
            count, size = self._database.execute(
                "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM objects WHERE bucket = ?", (bucket,)
            ).fetchone()
        return count, size

    def object(self, bucket: str, name: str) -> StoredObject | None:
        """An object's current version."""
        with self._lock:
            row = self._database.execute(
                "SELECT * FROM objects WHERE bucket = ? AND name = ?", (bucket, name)
            ).fetchone()
        return None if row is None else _stored(row)

    def read(self, bucket: str, name: str) -> tuple[StoredObject, bytes] | None:
        """An object's current version and its content, which belong together."""
        with self._lock:
            found = self.object(bucket, name)
            if found is None:
                return None
            # An open file keeps its version when another one is moved into its place.
            file = (self._contents / found.path).open("rb")
        with file:
            return found, file.read()

    def put(
        self,
        bucket: str,
        name: str,
        staged: Path,
        *,
        md5: str,
        headers: Mapping[str, str],
        conditions: Conditions,
    ) -> StoredObject:
        """Make staged content the object's current version if the conditions hold for the version before.

        Raises what `Conditions.check_write` raises; the staged file is gone either way.
        """
        with self.transaction() as database:
            return self.put_within(
                database, bucket, name, staged, md5=md5, headers=headers, conditions=conditions
            )

    def put_within(
        self,
        database: sqlite3.Connection,
        bucket: str,
        name: str,
        staged: Path,
        *,
        md5: str,
        headers: Mapping[str, str],
        conditions: Conditions,
    ) -> StoredObject:
        """`put` as the last step of the caller's transaction."""
        try:
            before = self.object(bucket, name)
            conditions.check_write(before.etag if before is not None else None)
            if before is not None:
                path = self._contents / before.path
            else:
                path = free_path(self._contents / bucket, name)
                path.parent.mkdir(parents=True, exist_ok=True)
            row = (
                bucket,
                name,
                str(uuid4()),
                staged.stat().st_size,
                path.relative_to(self._contents).as_posix(),
                self.timestamp(),
                md5,
                json.dumps(dict(headers)),
            )
            database.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            staged.replace(path)
            return _stored(row)
        finally:
            staged.unlink(missing_ok=True)

    def delete(self, bucket: str, name: str, conditions: Conditions) -> bool:
        """Delete an object if the conditions hold; False where there is none."""
        with self.transaction() as database:
            found = self.object(bucket, name)
            if found is None:
                return False
            conditions.check_write(found.etag)
            database.execute("DELETE FROM objects WHERE bucket = ? AND name = ?", (bucket, name))
            path = self._contents / found.path
            path.unlink()
            prune(path, self._contents / bucket)
            return True

    def objects(self, bucket: str, *, start: str) -> Iterator[StoredObject]:
        """One instant's objects, in the order of their names' UTF-8 bytes, from `start` inclusive."""
        with self._lock:
            rows = self._database.execute(
                "SELECT * FROM objects WHERE bucket = ? AND name >= ? ORDER BY name", (bucket, start)
            ).fetchall()
        return map(_stored, rows)


def _stored(row: tuple[str, str, str, int, str, str, str, str]) -> StoredObject:
    bucket, name, etag, size, path, modified, md5, headers = row
    return StoredObject(
        bucket=bucket,
        name=name,
        etag=etag,
        size=size,
        path=path,
        modified=modified,
        md5=md5,
        headers=json.loads(headers),
    )
