"""What stops `deploy.code_only`, what it says then, and that the next run goes on from there."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import oci
import pytest

from deploy.code_only import PROJECT
from deploy.credentials import DELEGATION_TOKEN, credentials
from deploy.wanted import ROLES
from emulator.faults import FaultRule, LoseAnswer, Status
from tests.deploy.tenancy import BUCKET, Place

CREATE = "POST /20260325/functions"


def test_a_run_that_was_cut_short_goes_on_where_it_was(place: Place) -> None:
    refusal = Status(status=400, code="LimitExceeded", message="no more functions")
    place.emulator.faults.add(FaultRule(action=refusal, method="POST", after=1, times=1))
    assert place.run("--apply") == 1
    assert "create_function was answered 400 LimitExceeded: no more functions" in place.complained
    assert "opc-request-id" in place.complained
    assert list(place.made()) == ["aggregator"]
    assert not (place.folder / "terraform" / "functions.auto.tfvars.json").exists()
    place.writes()
    place.apply()
    assert place.writes() == [CREATE] * 2


def test_a_function_whose_making_nobody_was_told_of_is_found_by_the_next_run(place: Place) -> None:
    """It is still being made then."""
    place.functions.management.work.seconds = 0.3
    place.emulator.faults.add(FaultRule(action=LoseAnswer(), method="POST", times=1))
    assert place.run("--apply") == 1
    assert "has a function 'oci-inventory-aggregator' already" in place.complained
    place.apply()
    assert list(place.made()) == list(ROLES)
    assert place.answers("controller")["word"] == "one"


def test_a_function_that_is_still_being_made_is_waited_for(place: Place) -> None:
    """By whoever runs the command again too soon: the others are told its endpoint."""
    place.functions.management.work.seconds = 1
    assert place.run("--apply", "--wait-seconds", "0") == 1
    assert "takes too long" in place.complained
    place.functions.management.work.seconds = 0
    place.apply()
    made = place.made()
    assert made["region"].config["INVENTORY_INVOKE_ENDPOINT"] == made["aggregator"].invoke_endpoint


def test_code_that_the_service_refuses_is_told_with_its_reason(place: Place) -> None:
    """The archive is fine as far as can be seen from here, and cannot be read from there."""
    place.functions.management.read_object = lambda *_place: None
    assert place.run("--way", "bucket", "--apply") == 1
    assert "making the function oci-inventory-aggregator ended as FAILED" in place.complained
    assert "cannot read the archive" in place.complained
    assert place.run("--apply") == 1
    assert "is in state FAILED; delete it (oci fn function delete --function-id" in place.complained


def test_a_function_that_takes_too_long_is_told(place: Place) -> None:
    place.functions.management.work.seconds = 60
    assert place.run("--apply", "--wait-seconds", "0") == 1
    assert "takes too long; the work request is ocid1.fnworkrequest." in place.complained


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read (No such file or directory); `make package` builds it"),
        (b"no zip", "is not a ZIP file"),
        (b"PK\x05\x06" + bytes(18), "has no function/func.py"),
    ],
    ids=["absent", "no zip", "empty"],
)
def test_an_archive_that_is_none_is_refused_before_anything_is_asked(
    place: Place, content: bytes | None, told: str
) -> None:
    place.archive.unlink()
    if content is not None:
        place.archive.write_bytes(content)
    assert place.run("--apply") == 2
    assert told in place.complained
    assert place.emulator.requests.entries() == []


def test_an_archive_too_large_for_a_request_is_not_sent_in_one(place: Place) -> None:
    with zipfile.ZipFile(place.archive, "a") as archive:
        archive.writestr("python/large", bytes(25_000_000))
    size = place.archive.stat().st_size
    assert place.run("--way", "direct") == 2
    assert f"has {size} bytes; OCI Functions takes 25000000 that way (direct)" in place.complained
    assert place.run() == 0
    assert f"by {BUCKET}/inventory/code.zip" in place.told


def test_missing_outputs_are_all_named(place: Place) -> None:
    place.values["bucket"] = None
    del place.values["function_options"]
    assert place.run() == 2
    assert (
        "no output bucket, function_options; apply terraform/ with code_only=true first" in place.complained
    )


def test_outputs_that_cannot_be_read_are_told_with_their_option(place: Place) -> None:
    nowhere = place.folder / "nowhere.json"
    assert place.run("--outputs", str(nowhere)) == 2
    assert f"--outputs is {nowhere}, which cannot be read" in place.complained


@pytest.mark.parametrize("text", ["-5", "1.5", "86401", "a minute"])
def test_a_wait_that_is_none_is_refused(place: Place, capsys: pytest.CaptureFixture[str], text: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        place.run(f"--wait-seconds={text}")
    assert "allowed: a whole number from 0 to 86400" in capsys.readouterr().err


def test_outputs_come_from_terraform_if_no_file_is_given(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    bin_directory = place.folder / "bin"
    bin_directory.mkdir()
    arguments = place.arguments()
    position = arguments.index("--outputs")
    outputs = arguments[position + 1]
    del arguments[position : position + 2]
    terraform = bin_directory / "terraform"
    folder = place.folder / "terraform"
    terraform.write_text(f'#!/bin/sh\n[ "$*" = "-chdir={folder} output -json" ] && cat "{outputs}"\n')
    terraform.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_directory}:{os.environ['PATH']}")
    done = subprocess.run(
        [sys.executable, "-m", "deploy.code_only", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "oci-inventory-aggregator: create" in done.stdout
    terraform.write_text("#!/bin/sh\necho 'No state' >&2; exit 1\n")
    done = subprocess.run(
        [sys.executable, "-m", "deploy.code_only", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"terraform output failed in {folder}: No state" in done.stderr


@pytest.mark.parametrize("auth", ["delegation_token", "resource_principal", "security_token"])
def test_credentials_that_are_not_there_are_told(place: Place, auth: str) -> None:
    assert place.run("--auth", auth) == 2
    assert place.complained.startswith("code_only: ")
    assert place.emulator.requests.entries() == []


def test_somebody_without_access_is_told_what_to_look_at(place: Place) -> None:
    place.values["application_id"] = "ocid1.fnapp.oc1.iad.another"
    assert place.run() == 1
    assert "list_functions was answered 404 NotAuthorizedOrNotFound" in place.complained
    assert "Are --region, --auth and --profile right" in place.complained


def test_in_cloud_shell_the_token_that_lies_there_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("a-token\n")
    monkeypatch.setattr(
        oci.auth.signers,
        "InstancePrincipalsDelegationTokenSigner",
        lambda *, delegation_token: SimpleNamespace(
            delegation_token=delegation_token, tenancy_id="of the machine", region="of the machine"
        ),
    )
    who = credentials(
        DELEGATION_TOKEN,
        oci_config=tmp_path,
        profile="DEFAULT",
        environ={
            "OCI_obo_token_path": str(tmp_path / "token"),
            "OCI_REGION": "eu-frankfurt-1",
            "OCI_TENANCY": "ocid1.tenancy.oc1..t",
        },
    )
    assert who.signer.delegation_token == "a-token"
    assert (who.region, who.tenancy_id) == ("eu-frankfurt-1", "ocid1.tenancy.oc1..t")
