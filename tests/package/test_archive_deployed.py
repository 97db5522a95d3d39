"""The archive as its owner deploys it: by `deploy.code_only` into an application that Terraform made."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import oci
import pytest

from emulator.cloud import BUCKET, Cloud
from emulator.deployment import Deployment
from emulator.iam.product import policy_of, roles_of
from emulator.wiring import read_wiring
from tests.deploy.tenancy import outputs_of, write_outputs, write_person
from tests.e2e.small_tenancy import small_tenancy
from tests.e2e.verify import verify
from tests.e2e.world import World
from tools.package.build import Built

pytestmark = pytest.mark.e2e

PROJECT = Path(__file__).resolve().parents[2]


def deploy(cloud: Cloud, archive: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as somebody in the tenancy."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "deploy.code_only", "--apply", "--archive", str(archive)),
            *("--outputs", str(folder / "outputs.json"), "--terraform", str(folder)),
            *("--oci-config", str(folder / "config"), "--region", cloud.region),
            *("--endpoint-template", cloud.door.endpoint_template),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def delete_as_told(cloud: Cloud, advice: str, config: Path) -> None:
    """Delete the function that the command's advice names."""
    found = re.search(r"--function-id (\S+)\)", advice)
    assert found, advice
    client = oci.functions.FunctionsManagementClient(
        {**oci.config.from_file(str(config)), "region": cloud.region},
        service_endpoint=cloud.endpoint("functions"),
    )
    client.delete_function(found[1])
    client.base_client.session.close()


def test_functions_made_from_the_archive_take_an_inventory(archive: Built, tmp_path: Path) -> None:
    """It is too large for a request, so the application fetches it from the bucket, once it may."""
    with Cloud(small_tenancy(), root=tmp_path / "cloud", source_dir=PROJECT) as cloud:
        wiring = read_wiring(name="code-only", bucket=BUCKET, prefix="inventory")
        application = cloud.functions.create_application(
            wiring["application"], cloud.tenancy.tenancy_id, {}, region=cloud.region
        )
        config = {
            "INVENTORY_BUCKET": BUCKET,
            "INVENTORY_TOPIC_ID": cloud.topic_id,
            "INVENTORY_ENDPOINT_TEMPLATE": cloud.door.endpoint_template,
            "INVENTORY_REQUESTS_PER_SECOND": "1000",
        }
        values = {**outputs_of(application, wiring, config), "namespace": cloud.tenancy.namespace}
        write_outputs(tmp_path, values)
        write_person(tmp_path, cloud.person())
        refused = deploy(cloud, archive.path, tmp_path)
        assert refused.returncode == 1
        assert "the application cannot read the archive" in refused.stderr
        delete_as_told(cloud, deploy(cloud, archive.path, tmp_path).stderr, tmp_path / "config")

        first_apply = replace(cloud.deployment, application=replace(application, config=config))
        roles = roles_of(first_apply, bucket_compartment_id=cloud.tenancy.tenancy_id, extras=("code_only",))
        cloud.apply_policies(policy_of({"services": roles["services"]}))
        done = deploy(cloud, archive.path, tmp_path)
        assert (done.returncode, done.stderr) == (0, "")

        made = {function.display_name: function for function in cloud.functions.functions()}
        names = wiring["functions"]
        cloud.deployment = Deployment(
            application=first_apply.application,
            controller=made[names["controller"]],
            region=made[names["region"]],
            aggregator=made[names["aggregator"]],
            invoke_endpoint=made[names["aggregator"]].invoke_endpoint,
            wiring=wiring,
        )
        cloud.apply_policies()
        world = World(cloud)
        run = verify(world, world.run())
        assert run.gaps() == []
        assert {call.function for call in cloud.functions.calls} == set(names.values())
