"""Benches: a service, a function and somebody to call it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from functions_bench import FUNC, REGION, TENANCY, Bench, CountingIssuer

from emulator.functions import FunctionsService


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Benches with settings of the service and the function; all are closed at the end."""
    services: list[FunctionsService] = []

    def make(*, source: str = FUNC, function: dict[str, Any] | None = None, **settings: Any) -> Bench:
        code = tmp_path / f"code{len(services)}"
        code.mkdir()
        (code / "func.py").write_text(source)
        issuer = CountingIssuer()
        service = FunctionsService(
            root=tmp_path,
            principals=issuer,
            tenancy_id=TENANCY,
            region_keys={REGION: "IAD"},
            **settings,
        )
        services.append(service)
        application = service.create_application(
            "inventory", "ocid1.compartment.oc1..c", {"SHARED": "application", "ONLY": "app"}, region=REGION
        )
        defined = service.create_function(
            application, "orders", code, {"SHARED": "function"}, **(function or {})
        )
        return Bench(service, issuer, application, defined, tmp_path)

    yield make
    for service in services:
        service.close()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()
