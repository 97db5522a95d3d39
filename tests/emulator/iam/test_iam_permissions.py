"""What operations need, and which verb on which type grants it."""

from __future__ import annotations

import pytest

from emulator.iam.permissions import (
    VERBS,
    Permission,
    cases_of,
    is_resource_type,
    known_operations,
    known_permissions,
    listing_of,
)
from emulator.iam.statements import parse_statement
from emulator.sdk.operations import client_operations, clients
from emulator.sdk.types import searchable_types


def needed(operation: str, *, is_read: bool = True, when: str | None = None) -> list[set[str]]:
    """The choices of permissions by name."""
    cases = cases_of(operation, is_read=is_read)
    assert cases is not None
    case = next(case for case in cases if case.when == when)
    return [{permission.name for permission in choice} for choice in case.permissions]


def only(operation: str) -> Permission:
    cases = cases_of(operation, is_read=True)
    assert cases is not None
    ((permission,),) = cases[0].permissions
    return permission


def test_every_operation_of_the_table_is_one_of_the_sdk() -> None:
    known = {
        f"{client.module}.{client.name}.{name}"
        for client in clients()
        for reads in (True, False)
        if client.module in {key.partition(".")[0] for key in known_operations()}
        for name in client_operations(client, reads=reads)
    }
    assert known_operations().keys() - known == set()


def test_every_operation_of_the_table_has_a_case_that_applies() -> None:
    for operation, cases in known_operations().items():
        conditions = {case.when for case in cases}
        assert None in conditions or conditions == {"object is new", "object exists"}, operation


@pytest.mark.parametrize(
    ("operation", "choices"),
    [
        ("object_storage.ObjectStorageClient.get_namespace", []),
        ("object_storage.ObjectStorageClient.get_object", [{"OBJECT_READ"}]),
        ("object_storage.ObjectStorageClient.head_object", [{"OBJECT_READ", "OBJECT_INSPECT"}]),
        ("object_storage.ObjectStorageClient.list_objects", [{"OBJECT_INSPECT"}]),
        ("object_storage.ObjectStorageClient.delete_object", [{"OBJECT_DELETE"}]),
        ("object_storage.ObjectStorageClient.upload_part", [{"OBJECT_CREATE"}, {"OBJECT_OVERWRITE"}]),
        ("object_storage.ObjectStorageClient.abort_multipart_upload", [{"OBJECT_DELETE"}]),
        ("functions.FunctionsInvokeClient.invoke_function", [{"FN_INVOCATION"}]),
        ("ons.NotificationDataPlaneClient.publish_message", [{"ONS_TOPIC_PUBLISH"}]),
        ("monitoring.MonitoringClient.post_metric_data", [{"METRIC_WRITE"}]),
        ("generative_ai_inference.GenerativeAiInferenceClient.chat", [{"GENERATIVE_AI_CHAT"}]),
        ("secrets.SecretsClient.get_secret_bundle", [{"SECRET_BUNDLE_READ"}]),
        ("identity.IdentityClient.get_tenancy", [{"TENANCY_INSPECT"}]),
        ("identity.IdentityClient.list_compartments", [{"COMPARTMENT_INSPECT"}]),
    ],
)
def test_what_the_statements_name_narrowly_is_as_documented(operation: str, choices: list[set[str]]) -> None:
    assert needed(operation, is_read=False) == choices


def test_putting_an_object_needs_what_depends_on_whether_it_is_there() -> None:
    put = "object_storage.ObjectStorageClient.put_object"
    assert needed(put, is_read=False, when="object is new") == [{"OBJECT_CREATE"}]
    assert needed(put, is_read=False, when="object exists") == [{"OBJECT_OVERWRITE"}]


@pytest.mark.parametrize(
    ("operation", "name", "resource_type"),
    [
        ("core.VirtualNetworkClient.list_drg_attachments", "DRG_ATTACHMENT_INSPECT", "drg-attachments"),
        ("core.VirtualNetworkClient.get_drg_attachment", "DRG_ATTACHMENT_READ", "drg-attachments"),
        ("core.ComputeClient.list_console_histories", "CONSOLE_HISTORY_INSPECT", "console-histories"),
        ("bastion.BastionClient.get_bastion", "BASTION_READ", "bastions"),
        (
            "waf.WafClient.get_web_app_firewall_policy",
            "WEB_APP_FIREWALL_POLICY_READ",
            "web-app-firewall-policies",
        ),
        ("apigateway.ApiGatewayClient.list_apis", "API_INSPECT", "apis"),
        ("jms.JavaManagementServiceClient.summarize_jre_usage", "JRE_USAGE_INSPECT", "jre-usages"),
    ],
)
def test_general_rule_makes_type_and_permission_of_the_name(
    operation: str, name: str, resource_type: str
) -> None:
    found = only(operation)
    assert (found.name, found.resource_type) == (name, resource_type)
    assert found.verb == ("inspect" if name.endswith("INSPECT") else "read")


def test_families_of_such_types_are_those_of_their_clients() -> None:
    assert only("core.VirtualNetworkClient.get_drg_attachment").family == "virtual-network-family"
    assert only("core.ComputeClient.list_console_histories").family == "instance-family"
    assert only("bastion.BastionClient.get_bastion").family is None


def test_table_knows_where_the_general_rule_would_be_wrong() -> None:
    """`inspect vcns` covers reading them; `inspect instances` does not cover listing them."""
    vcn, instance = only("core.VirtualNetworkClient.get_vcn"), only("core.ComputeClient.list_instances")
    assert (vcn.name, vcn.verb) == ("VCN_READ", "inspect")
    assert (instance.name, instance.verb) == ("INSTANCE_READ", "read")


def test_change_that_no_table_knows_is_for_administrators() -> None:
    assert cases_of("core.VirtualNetworkClient.create_vcn", is_read=False) is None
    assert cases_of("core.ComputeClient.terminate_instance", is_read=False) is None


def test_every_type_of_search_has_a_permission_to_list_it() -> None:
    for name in (*searchable_types(), "SomethingNew"):
        _, cases = listing_of(name)
        assert cases[-1].permissions, name
    assert listing_of("SomethingNew")[1][0].permissions[0][0].resource_type == "something-news"


@pytest.mark.parametrize(
    "name", ["all-resources", "objects", "object-family", "fn-invocation", "instance-family", "bastions"]
)
def test_statement_may_name_types_and_families(name: str) -> None:
    assert is_resource_type(name)


@pytest.mark.parametrize("name", ["object", "functions-families", "everything", "OBJECTS"])
def test_statement_may_not_name_what_is_none(name: str) -> None:
    assert not is_resource_type(name)


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_take_in_those_below(verb: str) -> None:
    statement = parse_statement(f"Allow any-user to {verb} objects in tenancy")
    known = known_permissions()
    granted = [known[name] for name in ("OBJECT_INSPECT", "OBJECT_READ", "OBJECT_OVERWRITE", "OBJECT_CREATE")]
    up_to = VERBS.index(verb) + 1
    assert [statement.covers(permission) for permission in granted] == [True] * up_to + [False] * (4 - up_to)


@pytest.mark.parametrize(
    ("what", "covered"),
    [
        ("read objects", True),
        ("read object-family", True),
        ("read all-resources", True),
        ("{OBJECT_READ}", True),
        ("inspect all-resources", False),
        ("manage buckets", False),
        ("manage functions-family", False),
        ("{OBJECT_INSPECT}", False),
    ],
)
def test_type_family_and_all_resources_cover_a_permission(what: str, covered: bool) -> None:
    statement = parse_statement(f"Allow any-user to {what} in tenancy")
    assert statement.covers(known_permissions()["OBJECT_READ"]) is covered


def test_permission_that_no_verb_grants_must_be_named() -> None:
    audit = known_permissions()["AUDIT_CONFIGURATION"]
    assert not parse_statement("Allow any-user to manage all-resources in tenancy").covers(audit)
    assert parse_statement("Allow any-user to {AUDIT_CONFIGURATION} in tenancy").covers(audit)
