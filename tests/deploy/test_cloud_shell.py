"""`deploy/cloud_shell.sh`, with fakes for the programs that it calls."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from inventory import __version__
from tests.deploy.fakes import Machine, on_path

COMPARTMENT = "ocid1.compartment.oc1..c"
TENANCY = "ocid1.tenancy.oc1..t"
#: The calls that change something, by their beginnings.
CHANGES = (
    "oci artifacts container repository create",
    "docker build",
    "docker login",
    "docker push",
    "podman build",
    "podman login",
    "podman push",
)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A Cloud Shell with the project, packaged."""
    machine = Machine(tmp_path, {"OCI_REGION": "us-ashburn-1", "OCI_TENANCY": TENANCY})
    machine.install("oci", "docker", "terraform")
    machine.context()
    return machine


def steps(machine: Machine) -> list[str]:
    """The calls that change something, each by program and verb."""
    found = []
    for call in machine.calls():
        if " apply " in call:
            found.append("terraform apply")
        found += [change for change in CHANGES if call.startswith(change)]
    return found


def default_tag(machine: Machine) -> str:
    lines = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{path.name}\n"
        for path in sorted((machine.project / "dist" / "image").iterdir())
    )
    return f"{__version__}-{hashlib.sha256(lines.encode()).hexdigest()[:12]}-x86"


def test_without_apply_nothing_is_changed_and_all_steps_and_the_plan_are_shown(machine: Machine) -> None:
    before = machine.files()
    done = machine.run("cloud_shell.sh", "--compartment", COMPARTMENT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Would: make the repository oci-inventory." in done.stdout
    assert "Would: build the image from" in done.stdout
    assert "Would: sign in to iad.ocir.io." in done.stdout
    assert "Would: push the image." in done.stdout
    assert "Would: apply Terraform's plan." in done.stdout
    assert "Nothing was changed. The same command with --apply takes these steps." in done.stdout
    calls = machine.calls()
    assert any(" plan " in call for call in calls)
    assert not [call for call in calls if call.startswith(CHANGES) or " apply " in call]
    assert machine.files() == before


def test_apply_builds_pushes_and_applies_in_this_order(machine: Machine) -> None:
    done = machine.run("cloud_shell.sh", "--compartment", COMPARTMENT, "--apply")
    assert (done.returncode, done.stderr) == (0, "")
    calls = machine.calls()
    image = f"iad.ocir.io/namespace/oci-inventory:{default_tag(machine)}"
    assert f"Image        {image}" in done.stdout
    context = machine.project / "dist" / "image"
    assert [call for call in calls if call.startswith(("docker", "terraform"))][:4] == [
        f"docker build --platform linux/amd64 --tag {image} {context}",
        "docker login iad.ocir.io --username BEARER_TOKEN --password-stdin",
        f"docker push {image}",
        f"terraform -chdir={machine.project}/terraform init -input=false",
    ]
    (plan,) = [call for call in calls if " plan " in call]
    for variable in (
        f"tenancy_ocid={TENANCY}",
        f"compartment_ocid={COMPARTMENT}",
        "region=us-ashburn-1",
        f"image={image}",
        "shape=GENERIC_X86",
        "code_only=false",
    ):
        assert f"-var {variable}" in plan
    assert calls[-1].startswith(f"terraform -chdir={machine.project}/terraform apply -input=false /")
    assert (machine.root / "state" / "password").read_text() == "short-lived\n"
    assert (machine.root / "state" / "built").read_text() == "no attestations\n"
    create = next(call for call in calls if "repository create" in call)
    assert f"--compartment-id {COMPARTMENT}" in create
    assert "--is-public false" in create
    assert calls.index(create) < calls.index(f"docker push {image}")


def test_a_second_apply_changes_nothing(machine: Machine) -> None:
    arguments = ("--compartment", COMPARTMENT, "--apply")
    assert machine.run("cloud_shell.sh", *arguments).returncode == 0
    assert steps(machine)
    done = machine.run("cloud_shell.sh", *arguments)
    assert done.returncode == 0
    assert "The registry has the image: nothing to build." in done.stdout
    assert "Terraform has nothing to change." in done.stdout
    assert steps(machine) == []


def test_what_was_deleted_from_the_registry_is_made_again(machine: Machine) -> None:
    """The registry may still list it."""
    for name in ("image", "repository"):
        (machine.root / "state" / f"deleted-{name}").write_text(f"ocid1.{name}.oc1..deleted\n")
    assert machine.run("cloud_shell.sh", "--compartment", COMPARTMENT, "--apply").returncode == 0
    made = ["oci artifacts container repository create", "docker build", "docker login", "docker push"]
    assert steps(machine) == [*made, "terraform apply"]


def test_changed_code_is_another_image(machine: Machine) -> None:
    arguments = ("--compartment", COMPARTMENT, "--apply")
    machine.run("cloud_shell.sh", *arguments)
    steps(machine)
    (machine.project / "dist" / "image" / "func.py").write_text("two\n")
    (machine.root / "state" / "image").unlink()  # the registry has none under the new tag
    assert machine.run("cloud_shell.sh", *arguments).returncode == 0
    assert steps(machine) == ["docker build", "docker login", "docker push", "terraform apply"]


def test_all_options_reach_the_programs(machine: Machine, tmp_path: Path) -> None:
    machine.install("podman")
    variables = tmp_path / "mine.tfvars"
    variables.write_text('name = "mine"\n')
    context = tmp_path / "other"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\n")
    done = machine.run(
        "cloud_shell.sh",
        *("--compartment", COMPARTMENT, "--apply", "--engine", "podman", "--shape", "GENERIC_ARM"),
        *("--registry", "ocir.example.com", "--repository", "team/inventory", "--tag", "mine"),
        *("--var-file", str(variables), "--context", str(context)),
        *("--region", "eu-frankfurt-1", "--tenancy", f"{TENANCY}2"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    calls = machine.calls()
    image = "ocir.example.com/namespace/team/inventory:mine"
    assert f"podman build --platform linux/arm64 --tag {image} {context}" in calls
    assert f"podman push {image}" in calls
    (plan,) = [call for call in calls if " plan " in call]
    assert f"-var-file={variables}" in plan
    assert "-var region=eu-frankfurt-1" in plan
    assert f"-var tenancy_ocid={TENANCY}2" in plan
    assert "-var shape=GENERIC_ARM" in plan
    # What the script itself says of image and place wins over the file.
    assert plan.index("-var-file=") < plan.index("-var tenancy")
    assert any("--repository-name team/inventory --image-version mine" in call for call in calls)
    assert not [call for call in calls if "iam region list" in call]


@pytest.mark.parametrize(
    ("fails", "told", "never"),
    [
        ("oci os ns get*", "the namespace of the tenancy cannot be read", "oci artifacts"),
        ("oci iam region list*", "the regions cannot be listed", "oci artifacts"),
        ("oci artifacts container image list*", "the registry's list (image) cannot be read", "docker"),
        ("oci artifacts container repository list*", "the registry's list (repository)", "docker"),
        ("*repository create*", "the step 'make the repository oci-inventory' failed", "docker"),
        ("docker build*", "the step 'build the image from", "docker login"),
        ("oci raw-request*", "the step 'sign in to iad.ocir.io' failed", "docker push"),
        ("docker login*", "the step 'sign in to iad.ocir.io' failed", "docker push"),
        ("docker push*", "the step 'push the image' failed", "terraform"),
        ("terraform * init *", "terraform init failed", "plan"),
        ("terraform * plan *", "terraform plan failed", "apply"),
        ("terraform * apply *", "the step 'apply Terraform's plan' failed", "nothing"),
    ],
    ids=lambda value: value.strip("* ") if "*" in value else "",
)
def test_a_step_that_fails_is_the_last(machine: Machine, fails: str, told: str, never: str) -> None:
    done = machine.run("cloud_shell.sh", "--compartment", COMPARTMENT, "--apply", more={"FAIL": fails})
    assert done.returncode == 1
    assert f"cloud_shell.sh: {told}" in done.stderr
    assert not [call for call in machine.calls() if never in call]
    assert not (machine.root / "state" / "applied").exists()


def test_plans_are_not_left_behind(machine: Machine, tmp_path: Path) -> None:
    """They hold all variables."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    for more in ({}, {"FAIL": "terraform * apply *"}):
        machine.run(
            "cloud_shell.sh",
            *("--compartment", COMPARTMENT, "--apply"),
            more={"TMPDIR": str(temporary), **more},
        )
        assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--compartment is missing"),
        (["--compartment"], "--compartment has no value"),
        (["--compartment", "mine"], "--compartment is 'mine'; allowed: the OCID of a compartment"),
        (["--compartment", TENANCY], f"--compartment is '{TENANCY}'; allowed: the OCID of a"),
        (["--region", "Ashburn"], "--region is 'Ashburn'; allowed: the name of a region such as"),
        (["--tenancy", "t"], "--tenancy is 't'; allowed: the OCID of the tenancy"),
        (["--context", "/nowhere"], "--context is '/nowhere'; allowed: a folder with a Dockerfile"),
        (["--repository", "A b"], "--repository is 'A b'; allowed: lower-case letters and digits"),
        (["--tag", "a b"], "--tag is 'a b'; allowed: up to 128 letters, digits and _ . -"),
        (["--registry", "http://x"], "--registry is 'http://x'; allowed: a host such as iad.ocir.io"),
        (["--shape", "ARM"], "--shape is 'ARM'; allowed: GENERIC_X86, GENERIC_ARM"),
        (["--engine", "buildah"], "--engine is 'buildah'; allowed: docker, podman"),
        (["--var-file", "/nowhere"], "--var-file is '/nowhere'; allowed: a file with Terraform variables"),
        (["--force"], "unknown option '--force'; allowed: those that --help lists"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_options_name_the_value_and_what_is_allowed(
    machine: Machine, arguments: list[str], told: str
) -> None:
    done = machine.run("cloud_shell.sh", *arguments)
    assert done.returncode == 2
    assert f"cloud_shell.sh: {told}" in done.stderr
    assert machine.calls() == []


@pytest.mark.parametrize("variable", ["OCI_REGION", "OCI_TENANCY"])
def test_outside_of_cloud_shell_region_and_tenancy_must_be_given(machine: Machine, variable: str) -> None:
    del machine.environment[variable]
    done = machine.run("cloud_shell.sh", "--compartment", COMPARTMENT)
    assert done.returncode == 2
    assert f"{variable} is not set" in done.stderr


def test_a_region_that_there_is_none_of_is_told(machine: Machine) -> None:
    done = machine.run("cloud_shell.sh", "--compartment", COMPARTMENT, "--region", "xx-nowhere-9")
    assert done.returncode == 2
    assert "--region is 'xx-nowhere-9'; allowed: a region that `oci iam region list` shows" in done.stderr


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("docker", "podman is not installed; it builds the image (docker and podman will do)"),
        ("terraform", "terraform is not installed; 1.5 or newer is needed"),
        ("oci", "oci, Oracle's command line, is not installed; deploy/preflight.sh --oci-cli installs it"),
    ],
)
def test_a_missing_program_is_told_before_anything_is_asked(
    machine: Machine, missing: str, told: str
) -> None:
    if on_path(missing) or (missing == "docker" and on_path("podman")):
        pytest.skip(f"this system has {missing} in /usr/bin")
    (machine.root / "bin" / missing).unlink()
    done = machine.run("cloud_shell.sh", "--compartment", COMPARTMENT)
    assert done.returncode == 1
    assert f"cloud_shell.sh: {told}" in done.stderr
    assert machine.calls() == []


def test_a_project_that_was_not_packaged_is_told(machine: Machine) -> None:
    (machine.project / "dist" / "image" / "Dockerfile").unlink()
    done = machine.run("cloud_shell.sh", "--compartment", COMPARTMENT)
    assert done.returncode == 1
    assert "has no Dockerfile; `make package` writes it" in done.stderr
