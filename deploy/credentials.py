"""Whom requests are signed for: the ways of the operator's command, and Cloud Shell's delegation token."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import oci

from inventory.cli.connect import credentials_for
from inventory.cli.options import AUTHS as COMMAND_AUTHS
from inventory.errors import InvalidSettings
from inventory.oci_io.signer import Credentials

DELEGATION_TOKEN = "delegation_token"  # noqa: S105 - a way of signing, not a token
AUTHS = (*COMMAND_AUTHS, DELEGATION_TOKEN)

#: Where Cloud Shell leaves the token, unless the variable says otherwise.
_TOKEN_FILE = "/etc/oci/delegation_token"  # noqa: S105
_TOKEN_FILE_VARIABLE = "OCI_obo_token_path"  # noqa: S105


def credentials(auth: str, *, oci_config: Path, profile: str, environ: Mapping[str, str]) -> Credentials:
    """Credentials of one of `AUTHS`; file and profile are for API keys and security tokens.

    Raises InvalidSettings where they cannot be had.
    """
    if auth == DELEGATION_TOKEN:
        return _delegation_token(environ)
    return credentials_for(auth, oci_config=oci_config, profile=profile, environ=environ)


def _delegation_token(environ: Mapping[str, str]) -> Credentials:
    """A person in Cloud Shell, whose machine signs for them. Source: the SDK's guide to Cloud Shell."""
    path = Path(environ.get(_TOKEN_FILE_VARIABLE) or _TOKEN_FILE)
    try:
        token = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InvalidSettings(f"there is no delegation token in {path}: this is not Cloud Shell") from error
    try:
        signer = oci.auth.signers.InstancePrincipalsDelegationTokenSigner(delegation_token=token)
    except Exception as error:
        raise InvalidSettings(f"the delegation token cannot be used: {type(error).__name__}") from error
    tenancy_id = environ.get("OCI_TENANCY") or signer.tenancy_id
    return Credentials(
        signer=signer, tenancy_id=tenancy_id, region=environ.get("OCI_REGION") or signer.region
    )
