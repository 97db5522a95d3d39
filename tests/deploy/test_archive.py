"""The archive's way through a bucket that keeps versions, which the emulated Object Storage does not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

from deploy.archive import BUCKET, open_archive, put_in_bucket
from deploy.wanted import Outputs
from tests.deploy.tenancy import write_archive


class VersioningClient:
    """Puts each object as a new version, and says which one it is."""

    def __init__(self) -> None:
        self.versions: list[tuple[str, str, str, bytes]] = []

    def put_object(
        self, namespace: str, bucket: str, name: str, content: BinaryIO, *, content_type: str
    ) -> Any:
        assert content_type == "application/zip"
        self.versions.append((namespace, bucket, name, content.read()))
        return SimpleNamespace(headers={"version-id": f"v{len(self.versions)}"})


def test_functions_are_told_the_version_that_was_put_there(tmp_path: Path) -> None:
    """Region workers may write to the bucket; what they put there must not become the controller's code."""
    outputs = Outputs(application_id="a", namespace="n", bucket="b", prefix="inventory", functions={})
    client = VersioningClient()
    archive = open_archive(write_archive(tmp_path / "code.zip"), way=BUCKET)
    assert put_in_bucket(archive, outputs, client) == {
        "namespace": "n",
        "bucket_name": "b",
        "object_name": "inventory/code.zip",
        "object_version_id": "v1",
    }
    assert put_in_bucket(archive, outputs, client)["object_version_id"] == "v2"
    assert client.versions == [("n", "b", "inventory/code.zip", archive.path.read_bytes())] * 2
