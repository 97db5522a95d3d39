"""An entry's calls from the SDK's operations: where each argument comes from, and what one listing covers.

Decides by the parameters alone. Where a service means more by them than their names say, for example a list
that shows something else without a compartment, a person changes the entry.
"""

from __future__ import annotations

from collections.abc import Mapping

from emulator.sdk.models import Model, has_model, model
from emulator.sdk.operations import Operation
from emulator.sdk.types import id_field
from inventory.catalog.entry import (
    AVAILABILITY_DOMAIN,
    COMPARTMENT,
    PARENT,
    TENANCY,
    EndpointSource,
    GetCall,
    ListCall,
)
from tools.catalog.shape import item_of, missing_fields

_PLAIN = {"compartmentId": "compartmentId", "namespaceName": "namespace"}
_SUBTREE = ("ubtree", "includeSubcompartments", "areSubcompartmentsIncluded")
_ACCESS = "accessLevel"
# Only with these do the lists show what Search does.
_CONSTANTS: Mapping[str, Mapping[str, str | bool]] = {
    "budget.BudgetClient.list_budgets": {"target_type": "ALL"},
    "core.VirtualNetworkClient.list_drg_attachments": {"attachment_type": "ALL"},
    "identity.IdentityClient.list_identity_providers": {"protocol": "SAML2"},
    "mysql.MysqlaasClient.list_configurations": {"type": "CUSTOM"},
}
# They ask for a parent that neither the SDK nor Search names, or show a part of what Search does.
_UNUSABLE = frozenset(
    {
        "core.VirtualNetworkClient.list_public_ips",
        "database.DatabaseClient.list_db_nodes",
        "identity.IdentityClient.list_user_group_memberships",
    }
)
# Fields whose values nobody has to ask for.
_KNOWN = {"tenancyId": "tenancyId"}
_VAULT = EndpointSource(type="Vault", identifier="identityContext.vaultId", field="managementEndpoint")


def get_call(call: Operation) -> GetCall:
    """The get of a type: the last parameter of the path identifies the resource."""
    *parents, last = call.path_parameters
    parents += [name for name in call.query if name in call.required]
    arguments = {call.arguments[wire]: _PLAIN.get(wire, f"identityContext.{wire}") for wire in parents}
    # A bucket is read by its name.
    arguments[call.arguments[last]] = "displayName" if last == "bucketName" else "identifier"
    return GetCall(operation=call.name, arguments=arguments)


def endpoint_of(call: Operation) -> EndpointSource | None:
    """Where a client answers at another resource's endpoint."""
    return _VAULT if call.client.name == "KmsManagementClient" else None


def list_call(listed: Operation, get: Operation | None) -> ListCall | None:
    """The list of a type; None where it cannot be asked for, or its items not be told apart.

    Parents can be had only where the get needs them too: Search names what a get needs.
    """
    item = item_of(listed)
    if item is None or listed.method != "GET" or listed.key in _UNUSABLE:
        return None
    key = _key(item, get)
    if key is None:
        return None
    scope, arguments, constants = TENANCY, {}, dict(_CONSTANTS.get(listed.key, {}))
    known = {*get.path_parameters, *get.required} if get else set()
    for wire, argument in listed.arguments.items():
        # A list whose documentation alone asks for a compartment is asked once without: a worker that is
        # refused goes on by compartment.
        if wire not in listed.required or argument in constants:
            continue
        if wire == "compartmentId":
            scope = COMPARTMENT if scope == TENANCY else scope
            arguments[argument] = "compartmentId"
        elif wire == "availabilityDomain":
            scope = AVAILABILITY_DOMAIN if scope != PARENT else scope
            arguments[argument] = "availabilityDomain"
        elif wire == "namespaceName":
            arguments[argument] = "namespace"
        elif wire in known:
            scope = PARENT
            arguments[argument] = f"identityContext.{wire}"
        else:
            return None
    flag = next((w for w in listed.query if any(word in w for word in _SUBTREE)), None)
    if flag is not None and scope in (TENANCY, COMPARTMENT) and "compartmentId" in listed.arguments:
        scope = TENANCY
        arguments[listed.arguments["compartmentId"]] = "tenancyId"
        constants[listed.arguments[flag]] = True
        if _ACCESS in listed.query:
            constants[listed.arguments[_ACCESS]] = "ACCESSIBLE"
    return ListCall(
        operation=listed.name,
        scope=scope,
        arguments=arguments,
        constants=constants,
        complete=get is None or not set(missing_fields(get, listed)) - _KNOWN.keys(),
        adds=_KNOWN if get is not None and missing_fields(get, listed) == [*_KNOWN] else {},
        key=key,
    )


def _key(item: Model, get: Operation | None) -> str | None:
    """The item's field that holds the OCID: by its own name, or by that of the get's answer."""
    names = [id_field(item)]
    if get is not None and has_model(get.client.module, get.response or ""):
        names.append(id_field(model(get.client.module, get.response or "")))
    return next((name for name in names if name in item.fields), None)
