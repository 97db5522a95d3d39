"""Credentials of a person who doesn't exist, and the ports over them."""

from __future__ import annotations

from collections.abc import Iterator

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from inventory.oci_io.clients import Clients
from inventory.oci_io.signer import Credentials, api_key, resource_principal
from tests.unit.oci_io.adapters import REGION, TENANCY, Adapters, open_adapters


@pytest.fixture(scope="session")
def private_key_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture(scope="session")
def credentials(private_key_pem: str) -> Credentials:
    return api_key(
        {
            "user": "ocid1.user.oc1..aaaanobody",
            "tenancy": TENANCY,
            "fingerprint": ":".join(["ab"] * 16),
            "key_content": private_key_pem,
            "region": REGION,
        }
    )


@pytest.fixture
def clients(credentials: Credentials) -> Iterator[Clients]:
    with Clients(credentials) as clients:
        yield clients


@pytest.fixture
def adapters(clients: Clients) -> Adapters:
    """Every adapter at OCI's standard endpoints, making one attempt a call."""
    return open_adapters(clients, max_attempts=1)


@pytest.fixture(scope="session")
def principal_environment(private_key_pem: str) -> dict[str, str]:
    """The environment of a function, with a token that nobody checks."""
    claims = {"sub": "ocid1.fnfunc.oc1.iad.aaaafunction", "exp": 4102444800, "res_tenant": TENANCY}
    claims["res_compartment"] = "ocid1.compartment.oc1..aaaacompartment"
    return {
        "OCI_RESOURCE_PRINCIPAL_VERSION": "2.2",
        "OCI_RESOURCE_PRINCIPAL_RPST": jwt.encode(claims, private_key_pem, algorithm="RS256"),
        "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM": private_key_pem,
        "OCI_RESOURCE_PRINCIPAL_REGION": REGION,
    }


@pytest.fixture(scope="session")
def principal(principal_environment: dict[str, str]) -> Credentials:
    return resource_principal(principal_environment)
