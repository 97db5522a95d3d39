"""A function's configuration: what it may say, what it means when it says nothing, and how it is refused."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import pytest

from inventory.errors import InvalidSettings
from inventory.settings import Settings, unknown_keys

REGION_FUNCTION = "ocid1.fnfunc.oc1.iad.region"
AGGREGATOR_FUNCTION = "ocid1.fnfunc.oc1.iad.aggregator"
OWN = "ocid1.fnfunc.oc1.iad.own"
COMPARTMENT = "ocid1.compartment.oc1..c"
TENANCY = "ocid1.tenancy.oc1..t"
ENDPOINT = "https://abc.us-ashburn-1.functions.oci.oraclecloud.com"

LEAST = {"INVENTORY_ROLE": "aggregator", "INVENTORY_BUCKET": "bucket"}
FULL = {
    "INVENTORY_ROLE": "controller",
    "INVENTORY_BUCKET": "bucket",
    "INVENTORY_REGION_FUNCTION_ID": REGION_FUNCTION,
    "INVENTORY_AGGREGATOR_FUNCTION_ID": AGGREGATOR_FUNCTION,
    "INVENTORY_INVOKE_ENDPOINT": ENDPOINT,
}

SUMMARY = {
    "INVENTORY_EXECUTIVE_SUMMARY": "true",
    "INVENTORY_GENAI_MODEL_ID": "m",
    "INVENTORY_GENAI_COMPARTMENT_ID": COMPARTMENT,
}


def refused(values: dict[str, str]) -> str:
    with pytest.raises(InvalidSettings) as caught:
        Settings.from_mapping(values)
    return str(caught.value)


def test_every_default() -> None:
    assert asdict(Settings.from_mapping(LEAST)) == {
        "role": "aggregator",
        "bucket": "bucket",
        "namespace": None,
        "prefix": "inventory",
        "region_function_id": None,
        "aggregator_function_id": None,
        "invoke_endpoint": None,
        "topic_id": None,
        "endpoint_template": None,
        "query": "query all resources",
        "regions": None,
        "include_terminated": True,
        "types": None,
        "exclude_types": (),
        "compartments": None,
        "tags": None,
        "event_types": None,
        "depth": "full",
        "workers": 8,
        "requests_per_second": 50,
        "service_concurrency": 4,
        "window_records": 50_000,
        "page_size": 1000,
        "shard_records": 5000,
        "min_interval_seconds": 0,
        "run_timeout_seconds": 21600,
        "start_grace_seconds": 60,
        "max_invocations": 4,
        "retention_runs": 30,
        "redact_fields": (),
        "volatile_fields": (),
        "parquet": True,
        "metrics_compartment_id": None,
        "metrics_namespace": "tenancy_inventory",
        "executive_summary": False,
        "genai_model_id": None,
        "genai_compartment_id": None,
        "genai_region": None,
        "log_level": "INFO",
        "log_format": "json",
    }


GOOD: list[tuple[str, str, Any]] = [
    ("role", "Controller", "controller"),
    ("bucket", "My_bucket-1.x", "My_bucket-1.x"),
    ("namespace", "axabc123", "axabc123"),
    ("prefix", "a/b_c/d.e=f", "a/b_c/d.e=f"),
    ("region_function_id", "ocid1.fnfunc.oc2.us-gov-1.x", "ocid1.fnfunc.oc2.us-gov-1.x"),
    ("aggregator_function_id", OWN, OWN),
    ("invoke_endpoint", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ("topic_id", "ocid1.onstopic.oc1.iad.x", "ocid1.onstopic.oc1.iad.x"),
    ("endpoint_template", "https://{service}.{region}.example.com", "https://{service}.{region}.example.com"),
    ("endpoint_template", "http://127.0.0.1:8080/{service}", "http://127.0.0.1:8080/{service}"),
    ("query", "Query vcn resources\nwhere displayName = 'a'", "Query vcn resources\nwhere displayName = 'a'"),
    ("regions", "us-ashburn-1, eu-frankfurt-1,,us-ashburn-1,", ("us-ashburn-1", "eu-frankfurt-1")),
    ("regions", "us-gov-ashburn-1", ("us-gov-ashburn-1",)),
    ("include_terminated", "FALSE", False),
    ("include_terminated", "true", True),
    ("types", "Vcn, Instance,Vcn", ("Vcn", "Instance")),
    ("types", "DbSystem_2", ("DbSystem_2",)),
    ("exclude_types", "Image", ("Image",)),
    ("compartments", f"{COMPARTMENT}, {TENANCY}", (COMPARTMENT, TENANCY)),
    (
        "tags",
        "owner, owner=team a, Operations.CostCenter, Operations.CostCenter=4=2, empty=",
        ("owner", "owner=team a", "Operations.CostCenter", "Operations.CostCenter=4=2", "empty="),
    ),
    (
        "event_types",
        "com.oraclecloud.computeapi.launchinstance.end",
        ("com.oraclecloud.computeapi.launchinstance.end",),
    ),
    ("depth", "Search", "search"),
    ("depth", "bulk", "bulk"),
    ("workers", "64", 64),
    ("requests_per_second", "1000", 1000),
    ("service_concurrency", "1", 1),
    ("window_records", "1000000", 1_000_000),
    ("page_size", "1", 1),
    ("shard_records", "100000", 100_000),
    ("min_interval_seconds", "0", 0),
    ("run_timeout_seconds", "60", 60),
    ("start_grace_seconds", "0", 0),
    ("max_invocations", "20", 20),
    ("retention_runs", "1", 1),
    ("redact_fields", "licenseKey, note", ("licenseKey", "note")),
    ("volatile_fields", "/details/metadata/a, /freeformTags/*", ("/details/metadata/a", "/freeformTags/*")),
    ("parquet", "false", False),
    ("metrics_compartment_id", TENANCY, TENANCY),
    ("metrics_namespace", "inventory_2", "inventory_2"),
    ("executive_summary", "False", False),
    ("genai_model_id", "meta.llama-3.3-70b-instruct", "meta.llama-3.3-70b-instruct"),
    ("genai_compartment_id", COMPARTMENT, COMPARTMENT),
    ("genai_region", "us-chicago-1", "us-chicago-1"),
    ("log_level", "debug", "DEBUG"),
    ("log_format", "Plain", "plain"),
]

BAD: list[tuple[str, str, str]] = [
    ("role", "worker", "controller, region, aggregator"),
    ("bucket", "my bucket", "the name of a bucket"),
    ("bucket", "b" * 257, "the name of a bucket"),
    ("namespace", "a/b", "an Object Storage namespace"),
    ("prefix", "/a", "letters, digits and ._=- in parts separated by one slash"),
    ("prefix", "a//b", "letters, digits and ._=- in parts separated by one slash"),
    ("prefix", "a/", "letters, digits and ._=- in parts separated by one slash"),
    ("region_function_id", "my-function", "the OCID of the region function"),
    ("region_function_id", "ocid1.fnapp.oc1.iad.x", "the OCID of the region function"),
    ("aggregator_function_id", "ocid1.fnfunc.oc1.iad.x y", "the OCID of the aggregator function"),
    ("invoke_endpoint", "functions.example.com", "the invoke endpoint of the application's functions"),
    ("topic_id", "ocid1.stream.oc1.iad.x", "the OCID of a Notifications topic"),
    ("endpoint_template", "https://example.com", "a URL with {service} and {region}"),
    ("endpoint_template", "https://{service}.{realm}.com", "a URL with {service} and {region}"),
    ("endpoint_template", "{service}.example.com", "a URL with {service} and {region}"),
    ("query", "all resources", "a structured query that starts with 'query'"),
    ("query", "query", "a structured query that starts with 'query'"),
    ("regions", "us-ashburn-1,iad", "region names such as us-ashburn-1, separated by commas"),
    ("regions", "US-ASHBURN-1", "region names such as us-ashburn-1, separated by commas"),
    ("regions", ",", "region names such as us-ashburn-1, separated by commas"),
    ("include_terminated", "no", "true or false"),
    ("include_terminated", "1", "true or false"),
    ("types", "Vcn,my type", "resource types as Search names them, such as Instance, separated by commas"),
    ("types", "*", "resource types as Search names them, such as Instance"),
    ("exclude_types", "Vcn;Instance", "resource types as Search names them, such as Instance"),
    ("exclude_types", ",", "resource types as Search names them, such as Instance"),
    ("compartments", "Production", "OCIDs of compartments (each with all below it), separated by commas"),
    ("compartments", "ocid1.instance.oc1.iad.x", "OCIDs of compartments (each with all below it)"),
    ("tags", "a.b.c", "tags as key, key=value, namespace.key or namespace.key=value, separated by commas"),
    ("tags", "=value", "tags as key, key=value, namespace.key or namespace.key=value"),
    ("tags", "cost center=42", "tags as key, key=value, namespace.key or namespace.key=value"),
    ("event_types", "launchinstance", "event types such as com.oraclecloud.computeapi.launchinstance.end"),
    ("event_types", "com.oraclecloud.*", "event types such as com.oraclecloud.computeapi.launchinstance"),
    ("depth", "deep", "search, bulk, full"),
    ("workers", "0", "a whole number from 1 to 64"),
    ("workers", "65", "a whole number from 1 to 64"),
    ("workers", "eight", "a whole number from 1 to 64"),
    ("workers", "1.5", "a whole number from 1 to 64"),
    ("workers", "1_0", "a whole number from 1 to 64"),
    ("workers", "+8", "a whole number from 1 to 64"),
    ("workers", "\u0668", "a whole number from 1 to 64"),
    ("workers", "9" * 5000, "a whole number from 1 to 64"),
    ("requests_per_second", "0", "a whole number from 1 to 1000"),
    ("requests_per_second", "0.5", "a whole number from 1 to 1000"),
    ("service_concurrency", "65", "a whole number from 1 to 64"),
    ("window_records", "1000001", "a whole number from 1 to 1000000"),
    ("page_size", "1001", "a whole number from 1 to 1000"),
    ("shard_records", "0", "a whole number from 1 to 100000"),
    ("min_interval_seconds", "-1", "a whole number from 0 to 2592000"),
    ("run_timeout_seconds", "59", "a whole number from 60 to 604800"),
    ("start_grace_seconds", "3601", "a whole number from 0 to 3600"),
    ("max_invocations", "0", "a whole number from 1 to 20"),
    ("retention_runs", "0", "a whole number from 1 to 10000"),
    ("redact_fields", "a b", "field names, separated by commas"),
    ("volatile_fields", "details/metadata", "JSON pointers such as /details/metadata/timeUpdated"),
    ("volatile_fields", "/a//b", "JSON pointers such as /details/metadata/timeUpdated"),
    ("parquet", "yes", "true or false"),
    ("metrics_compartment_id", "ocid1.bucket.oc1.iad.x", "the OCID of a compartment or tenancy"),
    ("metrics_namespace", "oci_inventory", "a metric namespace: lower-case letters, digits and underscores"),
    ("metrics_namespace", "Inventory", "a metric namespace: lower-case letters, digits and underscores"),
    ("executive_summary", "on", "true or false"),
    ("genai_model_id", "llama 3", "the OCID or the name of a chat model of Generative AI"),
    ("genai_compartment_id", "ml", "the OCID of the compartment or tenancy in which the model is used"),
    ("genai_region", "ORD", "the name of a region such as us-chicago-1"),
    ("log_level", "TRACE", "DEBUG, INFO, WARNING, ERROR"),
    ("log_format", "xml", "json, plain"),
]


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_a_value_is_read(name: str, text: str, value: Any) -> None:
    others = {**FULL, **SUMMARY} if name.startswith("genai_") else FULL
    settings = Settings.from_mapping({**others, f"INVENTORY_{name.upper()}": f" {text} "})
    assert getattr(settings, name) == value


@pytest.mark.parametrize(("name", "text", "allowed"), BAD)
def test_a_wrong_value_is_told_with_its_key_and_what_is_allowed(name: str, text: str, allowed: str) -> None:
    key = f"INVENTORY_{name.upper()}"
    assert f"{key} is {text!r}; allowed: {allowed}" in refused({**FULL, key: text})


@pytest.mark.parametrize("cases", [GOOD, BAD], ids=["good", "bad"])
def test_every_field_has_its_cases_here(cases: list[tuple[str, str, Any]]) -> None:
    assert {case[0] for case in cases} == {field.name for field in fields(Settings)}


def test_all_mistakes_come_in_one_error_each_once() -> None:
    message = refused(
        {
            "INVENTORY_ROLE": "controller",
            "INVENTORY_REGION_FUNCTION_ID": "wrong",
            "INVENTORY_WORKERS": "many",
            "INVENTORY_REGIONS": "iad",
        }
    )
    assert message == (
        "the configuration is wrong: "
        "INVENTORY_REGION_FUNCTION_ID is 'wrong'; allowed: the OCID of the region function; "
        "INVENTORY_REGIONS is 'iad'; allowed: region names such as us-ashburn-1, separated by commas; "
        "INVENTORY_WORKERS is 'many'; allowed: a whole number from 1 to 64; "
        "INVENTORY_BUCKET is missing; allowed: the name of a bucket; "
        "INVENTORY_AGGREGATOR_FUNCTION_ID is missing; allowed: the OCID of the aggregator function; "
        "INVENTORY_INVOKE_ENDPOINT is missing; allowed: the invoke endpoint of the application's functions, "
        "an https URL"
    )


def test_a_type_is_either_wanted_or_left_out() -> None:
    values = {**FULL, "INVENTORY_TYPES": "Vcn,Instance", "INVENTORY_EXCLUDE_TYPES": "Image,vcn"}
    assert refused(values) == (
        "the configuration is wrong: "
        "INVENTORY_EXCLUDE_TYPES is 'vcn'; allowed: types that INVENTORY_TYPES does not name"
    )


def test_a_summary_needs_a_model_and_a_place_to_use_it() -> None:
    assert refused({**FULL, "INVENTORY_EXECUTIVE_SUMMARY": "true", "INVENTORY_GENAI_MODEL_ID": "a b"}) == (
        "the configuration is wrong: "
        "INVENTORY_GENAI_MODEL_ID is 'a b'; allowed: the OCID or the name of a chat model of Generative AI; "
        "INVENTORY_GENAI_COMPARTMENT_ID is missing; allowed: the OCID of the compartment or tenancy in which "
        "the model is used"
    )
    settings = Settings.from_mapping({**FULL, **SUMMARY})
    assert (settings.executive_summary, settings.genai_model_id) == (True, "m")


def test_a_mistake_can_be_reported_wherever_the_bucket_is_right() -> None:
    place = {"INVENTORY_BUCKET": "bucket", "INVENTORY_PREFIX": "a/b", "INVENTORY_NAMESPACE": "ns"}
    found = Settings.for_reporting({**place, "INVENTORY_ROLE": "worker", "INVENTORY_WORKERS": "many"})
    assert found is not None
    assert (found.bucket, found.prefix, found.namespace) == ("bucket", "a/b", "ns")
    for name, wrong in (("BUCKET", ""), ("BUCKET", "my bucket"), ("PREFIX", "/a"), ("NAMESPACE", "a/b")):
        assert Settings.for_reporting({**place, f"INVENTORY_{name}": wrong}) is None, name


def test_nothing_at_all_asks_for_role_and_bucket() -> None:
    assert refused({}) == (
        "the configuration is wrong: "
        "INVENTORY_ROLE is missing; allowed: controller, region, aggregator; "
        "INVENTORY_BUCKET is missing; allowed: the name of a bucket"
    )


@pytest.mark.parametrize("role", ["controller", "region"])
@pytest.mark.parametrize(
    "key",
    ["INVENTORY_REGION_FUNCTION_ID", "INVENTORY_AGGREGATOR_FUNCTION_ID", "INVENTORY_INVOKE_ENDPOINT"],
)
def test_who_invokes_functions_must_know_them(role: str, key: str) -> None:
    values = {**FULL, "INVENTORY_ROLE": role}
    del values[key]
    assert f"{key} is missing" in refused(values)


def test_the_region_function_knows_its_own_id() -> None:
    values = {**FULL, "INVENTORY_ROLE": "region", "FN_FN_ID": OWN}
    assert Settings.from_mapping(values).region_function_id == REGION_FUNCTION
    del values["INVENTORY_REGION_FUNCTION_ID"]
    assert Settings.from_mapping(values).region_function_id == OWN


def test_the_aggregator_knows_its_own_id() -> None:
    assert Settings.from_mapping({**LEAST, "FN_FN_ID": OWN}).aggregator_function_id == OWN


def test_the_controller_does_not_take_its_own_id_for_a_workers() -> None:
    values = {**FULL, "FN_FN_ID": OWN}
    del values["INVENTORY_REGION_FUNCTION_ID"]
    assert "INVENTORY_REGION_FUNCTION_ID is missing" in refused(values)


@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_an_empty_value_counts_as_absent(empty: str) -> None:
    values = {f"INVENTORY_{field.name.upper()}": empty for field in fields(Settings)}
    assert Settings.from_mapping({**values, **LEAST}) == Settings.from_mapping(LEAST)
    assert "INVENTORY_BUCKET is missing" in refused({**FULL, "INVENTORY_BUCKET": empty})


def test_keys_of_others_are_left_alone() -> None:
    others = {"PATH": "/bin", "FN_APP_ID": "x", "OCI_INV_BUCKET": "y", "inventory_workers": "9"}
    assert Settings.from_mapping({**LEAST, **others}) == Settings.from_mapping(LEAST)


def test_a_key_that_is_not_one_is_told_with_the_nearest_and_changes_nothing() -> None:
    """After a rollback the configuration may have keys of a newer version."""
    typed = {"INVENTORY_EXCLUDE_TYPE": "Image", "INVENTORY_REGION": "hunter2", "INVENTORY_TYPO": " "}
    assert Settings.from_mapping({**LEAST, **typed}) == Settings.from_mapping(LEAST)
    assert unknown_keys({**LEAST, **typed}) == {
        "INVENTORY_EXCLUDE_TYPE": "INVENTORY_EXCLUDE_TYPES",
        "INVENTORY_REGION": "INVENTORY_REGIONS",
    }


@pytest.mark.parametrize("role", ["controller", "region", "aggregator"])
def test_an_application_may_tell_every_function_the_keys_of_all_roles(role: str) -> None:
    every = {f"INVENTORY_{name.upper()}": text for name, text, _ in GOOD if name != "exclude_types"}
    assert Settings.from_mapping({**every, **SUMMARY, "INVENTORY_ROLE": role}).role == role
