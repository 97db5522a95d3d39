"""The product as its owner deploys it: an application, three functions from the same code, their settings.

It knows the names of the configuration keys and nothing else of the product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emulator.functions import Application, Function, FunctionsService


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What was created; every function has its `ocid`, and `invoke_endpoint` serves all three."""

    application: Application
    controller: Function
    region: Function
    aggregator: Function
    invoke_endpoint: str


def deploy(
    functions: FunctionsService,
    *,
    endpoint_template: str,
    source_dir: Path,
    compartment_id: str,
    region: str,
    bucket: str,
    namespace: str | None = None,
    prefix: str | None = None,
    topic_id: str | None = None,
    config: Mapping[str, str] | None = None,
    memory_in_mbs: int = 1024,
    timeout_seconds: int = 300,
    detached_timeout_seconds: int = 3600,
) -> Deployment:
    """Create the application and its functions from the `func.py` in `source_dir`.

    `endpoint_template` is the started door's; functions are invoked and call out through it. `config` holds
    more application configuration, such as `INVENTORY_QUERY`. Raises `ServiceError` 400 past OCI's limits.
    """
    functions.endpoint_template = endpoint_template
    invoke_endpoint = endpoint_template.format(service="functions", region=region)
    optional = {
        "INVENTORY_NAMESPACE": namespace,
        "INVENTORY_PREFIX": prefix,
        "INVENTORY_TOPIC_ID": topic_id,
    }
    application = functions.create_application(
        "inventory",
        compartment_id,
        {
            "INVENTORY_BUCKET": bucket,
            "INVENTORY_INVOKE_ENDPOINT": invoke_endpoint,
            "INVENTORY_ENDPOINT_TEMPLATE": endpoint_template,
            **{key: value for key, value in optional.items() if value is not None},
            **(config or {}),
        },
        region=region,
    )

    def create(role: str, **others: Function) -> Function:
        ids = {f"INVENTORY_{name.upper()}_FUNCTION_ID": function.ocid for name, function in others.items()}
        return functions.create_function(
            application,
            f"inventory-{role}",
            source_dir,
            {"INVENTORY_ROLE": role, **ids},
            memory_in_mbs=memory_in_mbs,
            timeout_seconds=timeout_seconds,
            detached_timeout_seconds=detached_timeout_seconds,
        )

    # Each role invokes the later ones; itself it knows from its context.
    aggregator = create("aggregator")
    worker = create("region", aggregator=aggregator)
    controller = create("controller", region=worker, aggregator=aggregator)
    return Deployment(
        application=application,
        controller=controller,
        region=worker,
        aggregator=aggregator,
        invoke_endpoint=invoke_endpoint,
    )
