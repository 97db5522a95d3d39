"""Who we are to OCI: a signer, the tenancy and the home of our endpoints.

Decides how a function (resource principal) or a program outside one (API key, session, instance) gets its
signer. Reads nothing of the process: the environment, a configuration or a file's path is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import oci

from inventory.errors import InvalidSettings

_VERSION = "OCI_RESOURCE_PRINCIPAL_VERSION"
_TOKEN = "OCI_RESOURCE_PRINCIPAL_RPST"  # noqa: S105 - the name of a variable
_KEY = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"
_REGION = "OCI_RESOURCE_PRINCIPAL_REGION"
_PASSPHRASE = "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What signs our requests, the tenancy it belongs to, and the region it works in.

    `config` is what the SDK's clients insist on beside an API key's signer; it holds the key.
    """

    signer: Any = field(repr=False)
    tenancy_id: str
    region: str
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)


def resource_principal(environ: Mapping[str, str]) -> Credentials:
    """The principal that OCI Functions gives a function through its environment (version 2.2).

    The values may be the token and the key or the absolute paths of their files; from files the SDK reads
    them anew after a 401. The SDK's own factory is not used: it reads the process's environment. Raises
    InvalidSettings where a variable is missing or cannot be used.
    """
    if environ.get(_VERSION) != "2.2":
        raise InvalidSettings(
            f"{_VERSION} is {environ.get(_VERSION)!r}, not '2.2': this is not running as an OCI function "
            "that may act as a resource principal"
        )
    missing = [name for name in (_TOKEN, _KEY, _REGION) if not environ.get(name)]
    if missing:
        raise InvalidSettings(f"the resource principal's environment lacks {', '.join(missing)}")
    try:
        signer = oci.auth.signers.EphemeralResourcePrincipalSigner(
            session_token=environ[_TOKEN],
            private_key=environ[_KEY],
            private_key_passphrase=environ.get(_PASSPHRASE),
            region=environ[_REGION],
        )
    except Exception as error:
        # Many libraries take part in reading a token and a key, and their messages may quote either.
        raise InvalidSettings(
            f"the resource principal's token or key cannot be used: {type(error).__name__}"
        ) from error
    return Credentials(signer=signer, tenancy_id=signer.tenancy_id, region=signer.region)


def api_key(config: Mapping[str, Any]) -> Credentials:
    """A person's API key as the SDK's configuration has it: `tenancy`, `user`, `fingerprint`, `region` and
    `key_file` or `key_content`, with `pass_phrase` if the key has one.

    Raises InvalidSettings where the configuration is incomplete or the key cannot be used.
    """
    try:
        oci.config.validate_config(dict(config))
        signer = oci.signer.Signer(
            tenancy=config["tenancy"],
            user=config["user"],
            fingerprint=config["fingerprint"],
            private_key_file_location=config.get("key_file"),
            pass_phrase=config.get("pass_phrase"),
            private_key_content=config.get("key_content"),
        )
    except oci.exceptions.InvalidConfig as error:
        raise InvalidSettings(f"the API key's configuration is wrong: {error}") from error
    except Exception as error:
        raise InvalidSettings(f"the API key cannot be used: {type(error).__name__}") from error
    return Credentials(
        signer=signer, tenancy_id=config["tenancy"], region=config["region"], config=dict(config)
    )


def api_key_from_file(path: Path, *, profile: str = "DEFAULT") -> Credentials:
    """The API key of one profile of a configuration file in the SDK's format (`~/.oci/config`).

    Raises InvalidSettings where the file, the profile or the key cannot be used.
    """
    return api_key(_profile(path, profile))


def security_token_from_file(path: Path, *, profile: str = "DEFAULT") -> Credentials:
    """The session of one profile, as `oci session authenticate` leaves it: `security_token_file`, `key_file`,
    `tenancy` and `region`.

    Raises InvalidSettings where the file, the profile, the token or the key cannot be used.
    """
    config = _profile(path, profile)
    missing = [
        name for name in ("security_token_file", "key_file", "tenancy", "region") if not config.get(name)
    ]
    if missing:
        raise InvalidSettings(f"profile {profile!r} of {path} lacks {', '.join(missing)}")
    try:
        token = Path(config["security_token_file"]).expanduser().read_text(encoding="utf-8").strip()
        key = oci.signer.load_private_key_from_file(
            str(Path(config["key_file"]).expanduser()), config.get("pass_phrase")
        )
        signer = oci.auth.signers.SecurityTokenSigner(token, key)
    except Exception as error:
        raise InvalidSettings(f"the session's token or key cannot be used: {type(error).__name__}") from error
    return Credentials(
        signer=signer, tenancy_id=config["tenancy"], region=config["region"], config=dict(config)
    )


def instance_principal() -> Credentials:
    """The principal of the compute instance that this runs on, from its metadata service.

    Raises InvalidSettings where there is none.
    """
    try:
        signer = oci.auth.signers.InstancePrincipalsSecurityTokenSigner()
    except Exception as error:
        raise InvalidSettings(
            f"this is not running on an instance that may act for itself: {type(error).__name__}"
        ) from error
    return Credentials(signer=signer, tenancy_id=signer.tenancy_id, region=signer.region)


def _profile(path: Path, profile: str) -> dict[str, Any]:
    try:
        config: dict[str, Any] = oci.config.from_file(str(path), profile)
    except (oci.exceptions.ClientError, OSError, ValueError) as error:
        raise InvalidSettings(
            f"profile {profile!r} of {path} cannot be read: {type(error).__name__}"
        ) from error
    return config
