"""Calls of the functions through fdk's own runner, as in a container, over a bucket in memory."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from fdk import constants, fixtures, runner
from fdk.response import Response

import func
from inventory import assembly
from tests.fakes.faulty_store import FaultyObjectStore
from tests.fakes.memory_store import MemoryObjectStore
from tests.fakes.platform import HandClock
from tests.unit.entry import CONTROLLER


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch, loggers_as_they_were: None) -> FaultyObjectStore:
    """The bucket in which refusals are reported."""
    store = FaultyObjectStore(MemoryObjectStore(HandClock().now))
    monkeypatch.setattr(assembly, "_clients", lambda template: None)
    monkeypatch.setattr(assembly, "_store", lambda settings, caller, **options: store)
    return store


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, dict[str, Any], Response]]:
    """Invokes the function as the platform does; returns status, answer and fdk's response."""

    def call(
        config: dict[str, str], body: bytes | None = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any], Response]:
        for key in CONTROLLER:
            monkeypatch.delenv(key, raising=False)
        for key, value in config.items():
            monkeypatch.setenv(key, value)
        response = asyncio.run(
            runner.handle_request(
                fixtures.code(func.handler),
                constants.HTTPSTREAM,
                headers=fixtures.setup_headers(headers={"fn-call-id": "call-1", **(headers or {})}),
                data=None if body is None else io.BytesIO(body),
            )
        )
        return response.status(), json.loads(response.body()), response

    return call
