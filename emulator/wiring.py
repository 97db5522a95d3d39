"""How the product's parts are wired, read from the file that Terraform builds from.

Decides nothing: names, bodies and conditions stand in `terraform/deployment.yaml`. Fills its `${...}` in as
Terraform's `templatefile` does, which for plain names is what `string.Template` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

import yaml

TERRAFORM = Path(__file__).resolve().parents[1] / "terraform"


def fill_in(file_name: str, values: Mapping[str, str]) -> Any:
    """A YAML file of `terraform/` with its `${...}` filled in. Raises KeyError for a missing value."""
    text = (TERRAFORM / file_name).read_text("utf-8")
    return yaml.safe_load(Template(text).substitute(values))


def read_wiring(*, name: str, bucket: str, prefix: str) -> dict[str, Any]:
    """`deployment.yaml` for a deployment of this name with this bucket and prefix."""
    wiring: dict[str, Any] = fill_in(
        "deployment.yaml", {"name": name, "bucket_name": bucket, "prefix": prefix}
    )
    return wiring
