"""The product as its owner deploys it: an application, three functions from the same code, their settings.

It knows the names of the configuration keys; the names of the parts are those that Terraform gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.functions import Application, Function, FunctionsService
from emulator.wiring import read_wiring

#: What the deployment is called, and its parts after it.
NAME = "inventory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What was created; every function has its `ocid`, and `invoke_endpoint` serves all three.

    `wiring` is `terraform/deployment.yaml` with this deployment's names.
    """

    application: Application
    controller: Function
    region: Function
    aggregator: Function
    invoke_endpoint: str
    wiring: dict[str, Any]

    def function(self, role: str) -> Function:
        """The function of a role, by the word that the wiring uses."""
        return {"controller": self.controller, "region": self.region, "aggregator": self.aggregator}[role]


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
    wiring = read_wiring(name=NAME, bucket=bucket, prefix=prefix or "inventory")
    functions.endpoint_template = endpoint_template
    invoke_endpoint = endpoint_template.format(service="functions", region=region)
    optional = {
        "INVENTORY_NAMESPACE": namespace,
        "INVENTORY_PREFIX": prefix,
        "INVENTORY_TOPIC_ID": topic_id,
    }
    application = functions.create_application(
        wiring["application"],
        compartment_id,
        {
            "INVENTORY_BUCKET": bucket,
            "INVENTORY_ENDPOINT_TEMPLATE": endpoint_template,
            **{key: value for key, value in optional.items() if value is not None},
            **(config or {}),
        },
        region=region,
    )

    def create(role: str, **others: Function) -> Function:
        told = {f"INVENTORY_{name.upper()}_FUNCTION_ID": function.ocid for name, function in others.items()}
        if others:
            told["INVENTORY_INVOKE_ENDPOINT"] = invoke_endpoint
        return functions.create_function(
            application,
            wiring["functions"][role],
            source_dir,
            {"INVENTORY_ROLE": role, **told},
            memory_in_mbs=memory_in_mbs,
            timeout_seconds=timeout_seconds,
            detached_timeout_seconds=detached_timeout_seconds,
        )

    # Each role invokes the earlier ones and itself. Its own OCID it knows from its context; its own endpoint
    # Terraform cannot tell it, so the first one finds it out.
    aggregator = create("aggregator")
    worker = create("region", aggregator=aggregator)
    controller = create("controller", region=worker, aggregator=aggregator)
    return Deployment(
        application=application,
        controller=controller,
        region=worker,
        aggregator=aggregator,
        invoke_endpoint=invoke_endpoint,
        wiring=wiring,
    )
