"""The command's settings: where they come from, which wins, and how mistakes are told."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from inventory.cli.options import DESCRIPTIONS, Options, read_options
from inventory.errors import InvalidSettings


def written(folder: Path, text: str) -> str:
    path = folder / "settings.toml"
    path.write_text(text)
    return str(path)


def test_defaults() -> None:
    assert read_options({"bucket": "b"}, {}, config=None) == Options(
        bucket="b",
        namespace=None,
        prefix="inventory",
        region=None,
        endpoint_template=None,
        auth="api_key",
        oci_config="~/.oci/config",
        profile="DEFAULT",
    )


def test_a_flag_wins_over_a_variable_and_a_variable_over_the_file(tmp_path: Path) -> None:
    config = written(tmp_path, 'bucket = "file"\nprefix = "file"\nprofile = "FILE"\n')
    environ = {"OCI_INV_BUCKET": "variable", "OCI_INV_PREFIX": "variable", "OCI_INV_CONFIG": config}
    options = read_options({"bucket": "flag", "prefix": None}, environ, config=None)
    assert (options.bucket, options.prefix, options.profile) == ("flag", "variable", "FILE")


def test_the_file_of_the_flag_wins_over_that_of_the_variable(tmp_path: Path) -> None:
    config = written(tmp_path, 'bucket = "flag"\noci-config = "/x"\n')
    options = read_options({}, {"OCI_INV_CONFIG": "/nowhere"}, config=config)
    assert (options.bucket, options.oci_config) == ("flag", "/x")


def test_an_empty_value_counts_as_absent() -> None:
    environ = {"OCI_INV_PREFIX": "", "OCI_INV_CONFIG": ""}
    assert read_options({"bucket": "b", "region": ""}, environ, config=None).prefix == "inventory"


def test_every_mistake_stands_in_one_error_with_its_source(tmp_path: Path) -> None:
    config = written(tmp_path, 'buket = "b"\nauth = 5\n')
    environ = {"OCI_INV_PREFIX": "/x/", "OCI_INV_ENDPOINT_TEMPLATE": "ftp://x"}
    with pytest.raises(InvalidSettings) as caught:
        read_options({"region": "Ashburn"}, environ, config=config, mistakes=["--run is wrong"])
    message = str(caught.value)
    for words in (
        "--run is wrong",
        "unknown key 'buket'; allowed: bucket, namespace",
        "OCI_INV_PREFIX is '/x/'; allowed: ",
        "--region is 'Ashburn'; allowed: the name of a region",
        "OCI_INV_ENDPOINT_TEMPLATE is 'ftp://x'; allowed: a URL with {service}",
        f"{config}: auth is 5; allowed: a string",
        "the bucket is missing; give --bucket, OCI_INV_BUCKET",
    ):
        assert words in message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bucket", "two words"),
        ("namespace", "a/b"),
        ("prefix", "a//b"),
        ("region", "us-ashburn"),
        ("endpoint_template", "https://objectstorage.example.com"),
        ("auth", "password"),
    ],
)
def test_a_wrong_value_names_what_is_allowed(name: str, text: str) -> None:
    with pytest.raises(InvalidSettings, match=f"is '{text}'; allowed: "):
        read_options({"bucket": "b", name: text}, {}, config=None)


@pytest.mark.parametrize("text", ["bucket = ", "\xff"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InvalidSettings, match=f"{path} cannot be read as TOML"):
        read_options({"bucket": "b"}, {}, config=str(path))
    with pytest.raises(InvalidSettings, match="/nowhere cannot be read"):
        read_options({"bucket": "b"}, {}, config="/nowhere")


def test_every_setting_is_described() -> None:
    assert set(DESCRIPTIONS) == {field.name for field in fields(Options)}
