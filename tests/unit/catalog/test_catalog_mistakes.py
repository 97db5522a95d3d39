"""A catalog that contradicts itself stops the run and says where."""

from __future__ import annotations

import pytest

from inventory.errors import InvalidCatalog
from tests.unit.catalog.small import GET, LIST, SDK, parse, readable


def with_get(old: str, new: str) -> str:
    return f"[{readable('A', get=GET.replace(old, new))}]"


def with_list(old: str, new: str) -> str:
    return f"[{readable('A', list=LIST.replace(old, new))}]"


PLAIN = "reason: noCall"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not YAML"),
        ("", "is None; allowed: a list of entries"),
        ("name: A", "allowed: a list of entries"),
        ("[A]", "entry 1: field '(itself)' is 'A'; allowed: a mapping"),
        ("[{}]", "entry 1: field 'name' is None; allowed: a string that is not empty"),
        ("[{name: ' '}]", "entry 1: field 'name' is ' '"),
        ("[{name: no}]", "entry 1: field 'name' is False"),
        ("[{name: A, colour: red}]", "A: field 'colour' is 'red'; allowed: only the fields ['aliases'"),
        (
            f"[{{name: A, {PLAIN}}}, {{name: B, {PLAIN}}}, {{name: A, {PLAIN}}}]",
            "A: field 'name' is 'A'; allowed: a name that is not taken",
        ),
        (
            f"[{{name: A, {PLAIN}}}, {{name: a, {PLAIN}}}]",
            "a: field 'name' is 'a'; allowed: a name that is not taken (here by 'A')",
        ),
        (
            f"[{{name: A, aliases: [B], {PLAIN}}}, {{name: b, {PLAIN}}}]",
            "b: field 'name' is 'b'; allowed: a name that is not taken",
        ),
        (
            f"[{{name: A, {PLAIN}}}, {{name: B, aliases: [a], {PLAIN}}}]",
            "B: field 'aliases' is 'a'; allowed: a name that is not taken",
        ),
        (
            f"[{{name: A, aliases: [a], {PLAIN}}}]",
            "A: field 'aliases' is 'a'; allowed: a name that is not taken",
        ),
        (f"[{{name: A, aliases: [b, B], {PLAIN}}}]", "A: field 'aliases' is 'B'"),
        ("[{name: A, aliases: B}]", "A: field 'aliases' is 'B'; allowed: a list of strings"),
        ("[{name: A, aliases: [1]}]", "A: field 'aliases' is [1]"),
        (
            f"[{{name: A, canonical: B, {PLAIN}}}]",
            "A: field 'canonical' is 'B'; allowed: the name of an entry",
        ),
        ("[{name: A, home_region: 1}]", "A: field 'home_region' is 1; allowed: true or false"),
        ("[{name: A, set_like: [x]}]", "A: field 'set_like' is 'x'; allowed: JSON pointers"),
        ("[{name: A, volatile: [/x/]}]", "A: field 'volatile' is '/x/'; allowed: JSON pointers"),
        # Calls or a reason, and never both.
        ("[{name: A}]", "A: field 'reason' is None; allowed: one of noCall, notAResource"),
        (f"[{readable('A', reason='noCall')}]", "A: field 'reason' is 'noCall'"),
        ("[{name: A, reason: forgotten}]", "A: field 'reason' is 'forgotten'; allowed: one of noCall"),
        (f"[{{name: A, service: s, {PLAIN}}}]", "A: field 'service' is 's'"),
        (f"[{{name: A, client: C, get: {GET}}}]", "A: field 'service' is None"),
        (f"[{{name: A, service: s, get: {GET}}}]", "A: field 'client' is None"),
        (f"[{{name: A, {SDK}, list: {LIST}}}]", "a list that is complete, where there is no get"),
        # The get.
        (f"[{readable('A', get='get_x')}]", "A: field 'get' is 'get_x'; allowed: a mapping"),
        (with_get("operation: get_x", "operation: get_x, service: s"), "A: field 'get.service' is 's'"),
        (with_get("get_x", "delete_x"), "A: field 'get.operation' is 'delete_x'"),
        (with_get("get_x", "list_x"), "A: field 'get.operation' is 'list_x'"),
        (with_get("get_x", "get_x;"), "A: field 'get.operation' is 'get_x;'"),
        (
            with_get("get_x", "get_z"),
            "A: field 'get.operation' is 's.C.get_z'; allowed: an operation with facts",
        ),
        (with_get("identifier", "ocid"), "A: field 'get.arguments.x_id' is 'ocid'"),
        (with_get("identifier", "identityContext."), "identityContext.<key>, additionalDetails.<key>"),
        (with_get("x_id: identifier", ""), "A: field 'get.arguments' is {}"),
        (
            with_get("x_id", "y_id"),
            "A: field 'get.arguments.y_id' is 'identifier'; allowed: parameters of s.C",
        ),
        (
            with_get("x_id: identifier", "vault_id: identityContext.vaultId"),
            "A: field 'get.arguments.x_id' is None",
        ),
        # The list.
        (f"[{readable('A', list='list_x')}]", "A: field 'list' is 'list_x'; allowed: a mapping"),
        (with_list("list_x", "get_x"), "A: field 'list.operation' is 'get_x'; allowed: a method whose name"),
        (with_list("list_x", "list_X"), "A: field 'list.operation' is 'list_X'"),
        (with_list("list_x", "list_z"), "A: field 'list.operation' is 's.C.list_z'"),
        (
            with_list("scope: compartment", "scope: region"),
            "A: field 'list.scope' is 'region'; allowed: one of",
        ),
        (with_list("scope: compartment, ", ""), "A: field 'list.scope' is None"),
        (
            with_list("scope: compartment", "scope: tenancy"),
            "allowed: for scope tenancy: namespace, tenancyId",
        ),
        (with_list("scope: compartment", "scope: parent"), "only with an argument that names the parent"),
        (with_list("compartmentId}", "availabilityDomain}"), "allowed: for scope compartment: compartmentId"),
        (with_list("{compartment_id: compartmentId}", "[1]"), "A: field 'list.arguments' is [1]"),
        (
            with_list("}}", "}, constants: {deep: 1}}"),
            "A: field 'list.constants.deep' is 1; allowed: a string",
        ),
        (
            with_list("}}", "}, constants: {wide: true}}"),
            "A: field 'list.constants.wide' is True; allowed: param",
        ),
        (
            with_list("}}", "}, constants: {compartment_id: x}}"),
            "A: field 'list.constants.compartment_id' is 'x'; allowed: not an argument, too",
        ),
        (with_list("}}", "}, complete: 1}"), "A: field 'list.complete' is 1; allowed: true or false"),
        (with_list("}}", "}, key: ''}"), "A: field 'list.key' is ''; allowed: a string that is not empty"),
        (
            with_list("list_x", "list_y").replace("compartment_id", "kind"),
            "A: field 'list.arguments.y_id' is None",
        ),
        # Endpoints, members, and what Search misses.
        (
            f"[{readable('A', endpoint='{type: B, identifier: identifier, field: f}')}]",
            "A: field 'endpoint.type' is 'B'; allowed: the name of an entry with get",
        ),
        (
            f"[{readable('A', endpoint='{type: B, identifier: ocid, field: f}')}]",
            "A: field 'endpoint.identifier' is 'ocid'",
        ),
        (
            f"[{readable('A', endpoint='{type: B, identifier: identifier}')}]",
            "A: field 'endpoint.field' is None",
        ),
        (
            f"[{readable('A', members='{service: s, client: C, operation: list_z, key: id}')}]",
            "A: field 'members.operation' is 's.C.list_z'",
        ),
        (
            f"[{readable('A', unsearched='true')}]",
            "A: field 'unsearched' is True; allowed: true only with a list",
        ),
        (
            f"[{readable('A', list=LIST.replace('compartment,', 'availabilityDomain,'), unsearched='true')}]",
            "A: field 'unsearched' is True; allowed: true only with a list of scope tenancy or compartment",
        ),
    ],
)
def test_a_mistake_is_named_by_entry_field_value_and_what_is_allowed(text: str, complaint: str) -> None:
    with pytest.raises(InvalidCatalog) as caught:
        parse(text)
    assert str(caught.value).startswith("catalog: ")
    assert complaint in str(caught.value)
