"""What derivation from the SDK's models cannot know of a body: one builder per resource type.

Rules that name gateways, statements that name groups, addresses that fit together, endpoints that lead back,
and secrets where people put them. A builder gets the resource, a random source seeded by it, and what is
around it, so the same resource always has the same body; what it returns goes over the derived body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from emulator.sdk.values import Surroundings
from emulator.tenancy.bodies import compute, iam, network, platform
from emulator.tenancy.values import Resource

Builder = Callable[[Resource, Random, Surroundings], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A builder; `revises` where it lets a change of details show itself, which derivation then does not."""

    build: Builder
    revises: bool = False


OVERLAYS: Mapping[str, Overlay] = {
    "Instance": Overlay(build=compute.instance),
    "Image": Overlay(build=compute.image),
    "Vcn": Overlay(build=network.vcn),
    "Subnet": Overlay(build=network.subnet),
    "RouteTable": Overlay(build=network.route_table, revises=True),
    "SecurityList": Overlay(build=network.security_list, revises=True),
    "DHCPOptions": Overlay(build=network.dhcp_options, revises=True),
    "LoadBalancer": Overlay(build=network.load_balancer),
    "Domain": Overlay(build=iam.domain),
    "Policy": Overlay(build=iam.policy),
    "DynamicResourceGroup": Overlay(build=iam.dynamic_group),
    "AutonomousDatabase": Overlay(build=platform.autonomous_database),
    "DbSystem": Overlay(build=platform.db_system),
    "Alarm": Overlay(build=platform.alarm),
    "FunctionsFunction": Overlay(build=platform.function),
    "Vault": Overlay(build=platform.vault),
    "Bucket": Overlay(build=platform.bucket),
}
