"""How a function and a person become a signer."""

from __future__ import annotations

from pathlib import Path

import pytest

from inventory.errors import InvalidSettings
from inventory.oci_io.clients import ClientKey, Clients
from inventory.oci_io.signer import (
    Credentials,
    api_key,
    api_key_from_file,
    instance_principal,
    resource_principal,
    security_token_from_file,
)
from tests.unit.oci_io.adapters import TENANCY


def test_a_function_signs_as_its_resource_principal(principal_environment: dict[str, str]) -> None:
    credentials = resource_principal(principal_environment)
    assert credentials.tenancy_id == TENANCY
    assert credentials.region == "us-ashburn-1"
    assert credentials.signer.api_key.startswith("ST$")


def test_the_platforms_short_region_key_becomes_the_regions_name(
    principal_environment: dict[str, str],
) -> None:
    environ = {**principal_environment, "OCI_RESOURCE_PRINCIPAL_REGION": "iad"}
    assert resource_principal(environ).region == "us-ashburn-1"


def test_token_and_key_may_be_files(principal_environment: dict[str, str], tmp_path: Path) -> None:
    environ = dict(principal_environment)
    for name in ("OCI_RESOURCE_PRINCIPAL_RPST", "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"):
        path = tmp_path / name
        path.write_text(environ[name])
        environ[name] = str(path)
    assert resource_principal(environ).tenancy_id == TENANCY


@pytest.mark.parametrize("name", ["VERSION", "RPST", "PRIVATE_PEM", "REGION"])
def test_an_incomplete_environment_is_named(principal_environment: dict[str, str], name: str) -> None:
    variable = f"OCI_RESOURCE_PRINCIPAL_{name}"
    environ = {key: value for key, value in principal_environment.items() if key != variable}
    with pytest.raises(InvalidSettings, match=variable):
        resource_principal(environ)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RPST", "not-a-token"),
        ("RPST", "/nowhere/rpst"),
        ("PRIVATE_PEM", "-----BEGIN PRIVATE KEY-----secret"),
        ("PRIVATE_PEM", "/nowhere/key.pem"),
    ],
)
def test_an_unusable_token_or_key_is_refused_without_being_quoted(
    principal_environment: dict[str, str], name: str, value: str
) -> None:
    environ = {**principal_environment, f"OCI_RESOURCE_PRINCIPAL_{name}": value}
    with pytest.raises(InvalidSettings, match="cannot be used") as caught:
        resource_principal(environ)
    assert value not in str(caught.value)
    assert caught.value.__cause__ is not None


def test_a_persons_key_comes_from_a_profile(private_key_pem: str, tmp_path: Path) -> None:
    key_file = tmp_path / "key.pem"
    key_file.write_text(private_key_pem)
    path = tmp_path / "config"
    path.write_text(
        f"[DEFAULT]\nuser=ocid1.user.oc1..u\ntenancy={TENANCY}\nregion=eu-zurich-1\n"
        f"fingerprint={':'.join(['ab'] * 16)}\nkey_file={key_file}\n[OTHER]\nregion=eu-paris-1\n"
    )
    assert api_key_from_file(path).region == "eu-zurich-1"
    other = api_key_from_file(path, profile="OTHER")
    assert (other.tenancy_id, other.region) == (TENANCY, "eu-paris-1")
    with pytest.raises(InvalidSettings, match="'MISSING'"):
        api_key_from_file(path, profile="MISSING")
    with pytest.raises(InvalidSettings, match="nowhere"):
        api_key_from_file(tmp_path / "nowhere")


def test_a_persons_session_comes_from_a_profile(private_key_pem: str, tmp_path: Path) -> None:
    key_file, token_file, path = (tmp_path / name for name in ("key.pem", "token", "config"))
    key_file.write_text(private_key_pem)
    token_file.write_text("the.token\n")
    profile = f"[DEFAULT]\ntenancy={TENANCY}\nregion=eu-zurich-1\nfingerprint=x\nkey_file={key_file}\n"
    path.write_text(f"{profile}[SESSION]\nsecurity_token_file={token_file}\n")
    session = security_token_from_file(path, profile="SESSION")
    assert (session.tenancy_id, session.region) == (TENANCY, "eu-zurich-1")
    assert session.signer.api_key == "ST$the.token"
    with Clients(session) as clients:
        key = ClientKey(service="object_storage", client="ObjectStorageClient", region="eu-zurich-1")
        assert clients.get(key) is not None
    with pytest.raises(InvalidSettings, match="lacks security_token_file"):
        security_token_from_file(path)
    token_file.unlink()
    with pytest.raises(InvalidSettings, match="cannot be used: FileNotFoundError"):
        security_token_from_file(path, profile="SESSION")


def test_where_there_is_no_instance_there_is_no_instance_principal(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> None:
        raise ConnectionError("no metadata service")

    monkeypatch.setattr("oci.auth.signers.InstancePrincipalsSecurityTokenSigner", nobody)
    with pytest.raises(InvalidSettings, match="not running on an instance"):
        instance_principal()


def test_every_missing_value_of_a_configuration_is_named() -> None:
    with pytest.raises(InvalidSettings) as caught:
        api_key({"region": "eu-zurich-1", "tenancy": TENANCY})
    assert "user" in str(caught.value)
    assert "fingerprint" in str(caught.value)


def test_an_unusable_key_of_a_person_is_refused(credentials: Credentials) -> None:
    with pytest.raises(InvalidSettings, match="InvalidPrivateKey"):
        api_key({**credentials.config, "key_content": "no key"})


def test_neither_signer_nor_key_shows_in_a_log(credentials: Credentials) -> None:
    assert "PRIVATE KEY" not in repr(credentials)
    assert "Signer" not in repr(credentials)
