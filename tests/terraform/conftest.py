"""Gives the tests a Terraform and a copy of the module, or skips them and says why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terraform.runner import Terraform, Unavailable, copy_module, ready_terraform
from tests.terraform.ways import attach_way


@pytest.fixture(scope="session")
def terraform_here() -> Iterator[Terraform | Unavailable]:
    try:
        with ready_terraform() as terraform:
            yield terraform
    except Unavailable as reason:
        yield reason


@pytest.fixture
def terraform(
    terraform_here: Terraform | Unavailable, record_property: Callable[[str, object], None]
) -> Terraform:
    if isinstance(terraform_here, Unavailable):
        attach_way(
            record_property,
            f"does not run here ({terraform_here}); the module is only held against a schema",
        )
        pytest.skip(f"Terraform does not run here: {terraform_here}")
    attach_way(record_property, terraform_here.way)
    return terraform_here


@pytest.fixture
def module(terraform: Terraform, tmp_path: Path) -> Path:
    """A copy of the module with its examples, not yet initialised."""
    return copy_module(tmp_path)
