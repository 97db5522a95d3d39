"""Hosts that resources have of their own, as their bodies name them."""

from __future__ import annotations

from emulator.sdk.values import Surroundings


def host_url(label: str, region: str, around: Surroundings, *, regional: bool = True) -> str:
    """The endpoint of a label: through the tenancy's endpoint template if it has one, else OCI's own."""
    if around.endpoint_template:
        return around.endpoint_template.replace("{service}", label).replace("{region}", region)
    return f"https://{label}.{region}.oraclecloud.com" if regional else f"https://{label}.oraclecloud.com:443"
