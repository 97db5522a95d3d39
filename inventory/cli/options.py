"""The command's settings: from flags, `OCI_INV_*` environment variables and a file, in this precedence.

Every mistake stands in one error. The keys are the same everywhere: `--endpoint-template`,
`OCI_INV_ENDPOINT_TEMPLATE`, and `endpoint-template` in the file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from inventory.errors import InvalidSettings
from inventory.model.forms import REGION_NAME
from inventory.settings import parse_setting

ENVIRONMENT_PREFIX = "OCI_INV_"
API_KEY = "api_key"
SECURITY_TOKEN = "security_token"  # noqa: S105 - a way of signing, not a token
INSTANCE_PRINCIPAL = "instance_principal"
RESOURCE_PRINCIPAL = "resource_principal"
AUTHS = (API_KEY, SECURITY_TOKEN, INSTANCE_PRINCIPAL, RESOURCE_PRINCIPAL)

#: Read by the rules of the functions' own settings.
_SHARED = ("bucket", "namespace", "prefix", "endpoint_template")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where the inventory is, and who asks; the key of a field is its name with dashes."""

    bucket: str
    namespace: str | None = None
    prefix: str = "inventory"
    region: str | None = None
    endpoint_template: str | None = None
    auth: str = API_KEY
    oci_config: str = "~/.oci/config"
    profile: str = "DEFAULT"


#: What each key means, for `--help`.
DESCRIPTIONS: Mapping[str, str] = {
    "bucket": "the bucket that holds the inventory",
    "namespace": "the bucket's Object Storage namespace; looked up if absent",
    "prefix": "what the names of all objects begin with; default: inventory",
    "region": "the bucket's region; default: that of the profile or principal",
    "endpoint_template": "a URL with {service} and {region} that replaces OCI's own host names",
    "auth": f"how to sign: {', '.join(AUTHS)}; default: {API_KEY}",
    "oci_config": "the OCI configuration file for api_key and security_token; default: ~/.oci/config",
    "profile": "the profile in that file; default: DEFAULT",
}


def key_of(name: str) -> str:
    """A field's key in flags and file."""
    return name.replace("_", "-")


def read_options(
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    *,
    config: str | None,
    mistakes: Sequence[str] = (),
) -> Options:
    """The options; `flags` are by field name, None where not given; `config` is the file's path.

    Without a path `OCI_INV_CONFIG` names the file, if it is set. Raises InvalidSettings that names every
    mistake with its source, those that the caller has found among its other arguments first.
    """
    mistakes = list(mistakes)
    path = config or environ.get(f"{ENVIRONMENT_PREFIX}CONFIG") or None
    written = _read_file(Path(path).expanduser(), mistakes) if path else {}
    known = {key_of(field.name): field.name for field in fields(Options)}
    mistakes += [
        f"{path}: unknown key {key!r}; allowed: {', '.join(known)}" for key in written if key not in known
    ]
    values: dict[str, Any] = {}
    for key, name in known.items():
        variable = ENVIRONMENT_PREFIX + name.upper()
        for source, text in (
            (f"--{key}", flags.get(name)),
            (variable, environ.get(variable)),
            (f"{path}: {key}", written.get(key)),
        ):
            if text is None or text == "":
                continue
            try:
                values[name] = _parsed(name, text)
            except ValueError as exc:
                mistakes.append(f"{source} is {text!r}; allowed: {exc}")
                values[name] = None
            break
    if "bucket" not in values:
        mistakes.append(
            f"the bucket is missing; give --bucket, {ENVIRONMENT_PREFIX}BUCKET, or bucket in a file"
        )
    if mistakes:
        raise InvalidSettings("; ".join(mistakes))
    return Options(**values)


def _read_file(path: Path, mistakes: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        mistakes.append(f"{path} cannot be read as TOML: {exc}")
        return {}


def _parsed(name: str, text: Any) -> str:
    if not isinstance(text, str):
        raise ValueError("a string")  # noqa: TRY004 - a wrong value in a file, told with the others
    if name in _SHARED:
        return str(parse_setting(name, text))
    if name == "region" and not REGION_NAME.fullmatch(text):
        raise ValueError("the name of a region such as us-ashburn-1")
    if name == "auth" and text not in AUTHS:
        raise ValueError(", ".join(AUTHS))
    return text
