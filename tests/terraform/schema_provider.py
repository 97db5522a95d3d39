"""Stands in for a Terraform provider: tells Terraform's core the provider's schema, and does nothing else.

Core talks to a provider over gRPC, and may be told of one that runs already (`TF_REATTACH_PROVIDERS`). This
one answers from the output of `terraform providers schema -json`, so that core itself checks every resource,
block, argument and type of a configuration, and makes up computed values where a test mocks the provider.
What the provider's own code would refuse is not seen here: a value out of its range, arguments that exclude
each other, an argument that only the provider may set. Nothing is planned, read or created: a test that
forgets to mock the provider fails.

As a process it takes the file with the schema and the provider's source address, writes one line, the value
for `TF_REATTACH_PROVIDERS`, and serves until its standard input ends, so that it cannot outlive its starter.

Names of calls and numbers of fields are those of Terraform's plugin protocol 5.10, which calls a map what is
on the wire a list of pairs (1 key, 2 value). An empty answer to a check means: nothing to complain about.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

_SERVICE = "tfplugin5.Provider"
_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4, "group": 5}
_AGREED = (
    "GetResourceIdentitySchemas",
    "ValidateResourceTypeConfig",
    "ValidateDataSourceConfig",
    "Configure",
    "Stop",
)


def message(*fields: tuple[int, bool | int | str | bytes]) -> bytes:
    """Encode fields (number, value) as a protocol buffer; as in proto3, false, 0 and "" are left out.

    A repeated field stands once for each entry. Bytes are never left out: an empty nested message counts.
    """
    return b"".join(_field(number, value) for number, value in fields if isinstance(value, bytes) or value)


def encode_schemas(schemas: Mapping[str, Any]) -> bytes:
    """Encode the answer to GetSchema from one provider's part of `terraform providers schema -json`."""
    return message(
        (1, _schema(schemas["provider"])),
        *_named_schemas(2, schemas["resource_schemas"]),
        *_named_schemas(3, schemas["data_source_schemas"]),
    )


def serve(schemas: Mapping[str, Any]) -> tuple[grpc.Server, int]:
    """Start to serve, to this host only; returns the server and its port."""
    encoded = encode_schemas(schemas)
    calls: dict[str, Callable[[bytes, grpc.ServicerContext], bytes]] = {
        **dict.fromkeys(_AGREED, lambda request, context: b""),
        "GetSchema": lambda request, context: encoded,
        # In the answer the prepared configuration is field 1, as the configuration is in the request.
        "PrepareProviderConfig": lambda request, context: request,
    }
    handlers = {name: grpc.unary_unary_rpc_method_handler(call) for name, call in calls.items()}
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _named_schemas(number: int, schemas: Mapping[str, Any]) -> Iterator[tuple[int, bytes]]:
    for name, schema in schemas.items():
        yield number, message((1, name), (2, _schema(schema)))


def _schema(schema: Mapping[str, Any]) -> bytes:
    return message((1, schema["version"]), (2, _block(schema["block"])))


def _block(block: Mapping[str, Any]) -> bytes:
    attributes = block.get("attributes", {})
    nested = block.get("block_types", {})
    return message(
        *((2, _attribute(name, attribute)) for name, attribute in attributes.items()),
        *((3, _nested(name, each)) for name, each in nested.items()),
        (6, block.get("deprecated", False)),
    )


def _attribute(name: str, attribute: Mapping[str, Any]) -> bytes:
    return message(
        (1, name),
        (2, json.dumps(attribute["type"]).encode()),
        (4, attribute.get("required", False)),
        (5, attribute.get("optional", False)),
        (6, attribute.get("computed", False)),
        (7, attribute.get("sensitive", False)),
        (9, attribute.get("deprecated", False)),
        (10, attribute.get("write_only", False)),
    )


def _nested(name: str, nested: Mapping[str, Any]) -> bytes:
    return message(
        (1, name),
        (2, _block(nested["block"])),
        (3, _NESTING[nested["nesting_mode"]]),
        (4, nested.get("min_items", 0)),
        (5, nested.get("max_items", 0)),
    )


def _field(number: int, value: bool | int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    payload = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def main(schema_file: str, source: str) -> None:
    """Serve the provider `source` (such as "registry.terraform.io/oracle/oci") until standard input ends."""
    document = json.loads(Path(schema_file).read_text(encoding="utf-8"))
    server, port = serve(document["provider_schemas"][source])
    reattach = {
        "Protocol": "grpc",
        "ProtocolVersion": 5,
        "Pid": os.getpid(),
        "Test": True,  # core must not end a provider that it did not start
        "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
    }
    print(json.dumps({source: reattach}), flush=True)
    sys.stdin.read()
    server.stop(grace=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
