"""The deployment's bucket as its owner sees it: files on disk to read, and the right to spoil them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from emulator.cloud import BUCKET, Cloud
from emulator.wire import Principal, Request, Response
from tests.e2e.run_files import RunFiles

PREFIX = "inventory"


@dataclass(frozen=True, slots=True)
class Bucket:
    """The objects below the product's prefix, those that stray outside of it, or those of another bucket."""

    cloud: Cloud
    name: str = BUCKET

    def names(self) -> list[str]:
        """Every object's name."""
        objects = self.cloud.objects
        return [path.relative_to(objects).as_posix() for path in objects.rglob("*") if path.is_file()]

    def document(self, name: str) -> dict[str, Any]:
        """A JSON document directly below the prefix."""
        found: dict[str, Any] = json.loads((self.cloud.objects / PREFIX / name).read_bytes())
        return found

    def pointer(self) -> str | None:
        """The run that `latest.json` names."""
        if not (self.cloud.objects / PREFIX / "latest.json").exists():
            return None
        return str(self.document("latest.json")["run_id"])

    def run(self, run_id: str) -> RunFiles:
        return RunFiles(self.cloud.objects / PREFIX / "runs" / run_id)

    def run_ids(self) -> list[str]:
        """All runs that left anything."""
        runs = self.cloud.objects / PREFIX / "runs"
        return sorted(path.name for path in runs.iterdir()) if runs.is_dir() else []

    def etag(self, name: str) -> str:
        return self._ask("HEAD", name).headers["etag"]

    def delete(self, name: str) -> None:
        """Remove an object, as its owner may."""
        self._ask("DELETE", name)

    def overwrite(self, name: str, body: bytes) -> None:
        """Put other content in an object's place, as somebody with too many rights may."""
        self._ask("PUT", name, body)

    def _ask(self, method: str, name: str, body: bytes = b"") -> Response:
        tenancy = self.cloud.tenancy
        path = f"/n/{tenancy.namespace}/b/{self.name}/o/{quote(name, safe='')}"
        request = Request(
            service="objectstorage",
            region=self.cloud.region,
            method=method,
            path=path,
            target=path,
            headers={"content-length": str(len(body))},
            body=body,
        )
        owner = Principal(
            kind="user",
            ocid="ocid1.user.oc1..owner",
            tenancy_id=tenancy.tenancy_id,
            compartment_id=tenancy.tenancy_id,
        )
        return self.cloud.object_storage.handle(request, owner)


def full_name(run: RunFiles, name: str) -> str:
    """The object's name of a file of a run."""
    return f"{PREFIX}/runs/{run.run_id}/{name}"
