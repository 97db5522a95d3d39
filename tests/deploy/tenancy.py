"""What a deployment without an image finds: an application and a bucket, made by Terraform's first apply."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy import code_only
from emulator.app import Emulator
from emulator.auth import ApiKey
from emulator.door_http import HttpDoor
from emulator.functions import Application, Function, FunctionsService
from emulator.object_storage import ObjectStorageService
from emulator.wiring import read_wiring

TENANCY = "ocid1.tenancy.oc1..t"
COMPARTMENT = "ocid1.compartment.oc1..c"
REGION = "us-ashburn-1"
NAMESPACE = "namespace"
BUCKET = "oci-inventory"
TOPIC = "ocid1.onstopic.oc1.iad.t"
ROLES = ("aggregator", "region", "controller")

#: Answers with its settings and the word that it was built with.
FUNC = """
import json, os

def handler(ctx, data=None):
    config = {{key: value for key, value in os.environ.items() if key.startswith("INVENTORY_")}}
    return json.dumps({{"word": "{word}", "config": config}})
"""


def write_archive(path: Path, word: str = "one") -> Path:
    """A small archive of a code-only function."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("function/func.py", FUNC.format(word=word))
    path.write_bytes(content.getvalue())
    return path


def write_person(folder: Path, key: ApiKey) -> Path:
    """A configuration file with somebody's API key."""
    (folder / "key.pem").write_text(key.private_key_pem)
    values = {**key.config(REGION), "key_file": str(folder / "key.pem")}
    del values["key_content"]
    path = folder / "config"
    path.write_text("[DEFAULT]\n" + "".join(f"{name}={value}\n" for name, value in values.items()))
    return path


def write_outputs(folder: Path, values: dict[str, Any]) -> Path:
    """What `terraform output -json` prints of these values."""
    path = folder / "outputs.json"
    path.write_text(json.dumps({name: {"value": value} for name, value in values.items()}))
    return path


def outputs_of(application: Application, wiring: dict[str, Any], config: dict[str, str]) -> dict[str, Any]:
    """Terraform's outputs after the first apply; `config` is what all functions have, with the bucket."""
    limits = {"memory_in_mbs": 1024, "timeout_in_seconds": 120, "detached_timeout_in_seconds": 1800}
    return {
        "application_id": application.ocid,
        "bucket": config["INVENTORY_BUCKET"],
        "namespace": NAMESPACE,
        "prefix": "inventory",
        "topic_id": TOPIC,
        "names": wiring,
        "function_configs": {role: {"INVENTORY_ROLE": role, **config} for role in ROLES},
        "function_limits": {role: dict(limits) for role in ROLES},
        "function_options": {
            "tracing_enabled": False,
            "freeform_tags": {"team": "platform"},
            "defined_tags": {"Operations.CostCenter": "42"},
        },
    }


@dataclass
class Place:
    """An emulated tenancy after the first apply, and somebody who deploys into it.

    `values` are Terraform's outputs; `told` and `complained` are what the last command printed.
    """

    emulator: Emulator
    functions: FunctionsService
    storage: ObjectStorageService
    application: Application
    endpoint_template: str
    folder: Path
    values: dict[str, Any]
    told: str = ""
    complained: str = ""
    archive: Path = field(init=False)
    config: Path = field(init=False)

    def __post_init__(self) -> None:
        self.archive = write_archive(self.folder / "code.zip")
        (self.folder / "terraform").mkdir()
        key = self.emulator.keys.mint_api_key(user_id="ocid1.user.oc1..u")
        self.config = write_person(self.folder, key)

    def arguments(self, *more: str) -> list[str]:
        """The command's arguments, with Terraform's outputs as they are now in a file."""
        given = {
            "--archive": self.archive,
            "--terraform": self.folder / "terraform",
            "--outputs": write_outputs(self.folder, self.values),
            "--oci-config": self.config,
            "--endpoint-template": self.endpoint_template,
        }
        return [*(str(part) for pair in given.items() for part in pair), *more]

    def run(self, *more: str) -> int:
        """Run the command in this process; returns its exit code."""
        out, err = io.StringIO(), io.StringIO()
        code = code_only.main(self.arguments(*more), {}, out, err)
        self.told, self.complained = out.getvalue(), err.getvalue()
        return code

    def apply(self) -> None:
        """Run it with --apply, which must work."""
        assert self.run("--apply") == 0, self.complained

    def made(self) -> dict[str, Function]:
        """The functions by role."""
        names = {name: role for role, name in self.values["names"]["functions"].items()}
        return {names[function.display_name]: function for function in self.functions.functions()}

    def answers(self, role: str) -> dict[str, Any]:
        """What the function of a role answers to a call."""
        return dict(json.loads(self.functions.invoke(self.made()[role].ocid).body))

    def writes(self) -> list[str]:
        """The operations since the last time that may change something."""
        entries = self.emulator.requests.entries()
        self.emulator.requests.clear()
        return [entry.operation for entry in entries if entry.method not in ("GET", "HEAD")]


@contextmanager
def first_applied(folder: Path) -> Iterator[Place]:
    """Such a place, until the block ends."""
    emulator = Emulator(root=folder, tenancy_id=TENANCY)
    storage = ObjectStorageService(root=folder, namespace=NAMESPACE, clock=emulator.now)
    storage.create_bucket(BUCKET, COMPARTMENT, region=REGION)
    functions = FunctionsService(
        root=folder, principals=emulator.keys, tenancy_id=TENANCY, region_keys={REGION: "IAD"}
    )
    functions.management.read_object = lambda _application, *place: storage.content(*place)
    # At once; what takes longer, and what the command does meanwhile, is for the tests that say so.
    functions.management.work.seconds = 0
    emulator.register("functions", functions)
    emulator.register("objectstorage", storage)
    wiring = read_wiring(name=BUCKET, bucket=BUCKET, prefix="inventory")
    application = functions.create_application(wiring["application"], COMPARTMENT, {}, region=REGION)
    values = outputs_of(application, wiring, {"INVENTORY_BUCKET": BUCKET, "INVENTORY_DEPTH": "full"})
    with HttpDoor(emulator) as door, functions:
        functions.endpoint_template = door.endpoint_template
        try:
            yield Place(
                emulator=emulator,
                functions=functions,
                storage=storage,
                application=application,
                endpoint_template=door.endpoint_template,
                folder=folder,
                values=values,
            )
        finally:
            storage.close()
