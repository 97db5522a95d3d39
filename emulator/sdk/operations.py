"""The operations of the installed SDK's clients, read from their sources; those that read are told apart.

Importing all clients costs half a minute and half a gigabyte, so nothing is imported: a client's file is
text that is parsed when its service is first asked for. Decides which label an endpoint has, and which
operation a request is. What an operation answers is left to `emulator.reads`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

_HEAD_BYTES = 16 * 1024
_TEMPLATE = re.compile(r"'service_endpoint_template': '([^']*)'")
_BASE_PATH = re.compile(r"'base_path': '([^']*)'")
_CLASS = re.compile(r"^class (\w+)\(", re.MULTILINE)
# `{dualStack?ds.oci.:}` stands for what is behind its colon where dual-stack endpoints are not asked for.
_DUAL_STACK = re.compile(r"\{dualStack\?[^:}]*:([^}]*)\}")
_PATH = re.compile(r'resource_path = "([^"]*)"')
_METHOD = re.compile(r'^        method = "(\w+)"', re.MULTILINE)
_RESPONSE = re.compile(r'response_type="([^"]*)"')
_REQUIRED = re.compile(r"required_arguments = \[([^\]]*)\]")
_PARAMETERS = re.compile(r"^        (path|query)_params = \{\n(.*?)\n        \}", re.MULTILINE | re.DOTALL)
_LIMIT_TEXT = re.compile(r":param int limit:(.*?)\n        :", re.DOTALL)
# "1 is the minimum, 50 is the maximum", "must be between 1 and 50", "less than or equal to 1000".
_MAX_LIMIT = re.compile(r"`?(\d+)`? is the maximum|between 1 and (\d+)|less than or equal to (\d+)")
# "Default: (`50`)", "The default is 30", "defaults to `10`".
_DEFAULT_LIMIT = re.compile(r"[Dd]efault(?:: | is |s to )\(?`?(\d+)")
_PARAMETER = re.compile(r'"([^"]+)": (?:self\.base_client\.\w+\()?(?:kwargs\.get\(")?(\w+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSource:
    """One client of the SDK: `module` and `name` as in `oci.core.ComputeClient`, `label` of its endpoint."""

    module: str
    name: str
    label: str
    base_path: str
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    `path` is a template from the base path on (`/20160918/vcns/{vcnId}`); `query` and the names in `path`
    are wire names, and `arguments` maps them to the client method's arguments.
    `response` is the SDK's type expression: `Vcn`, `list[Vcn]`, `VcnCollection`, `stream`, or None.
    `max_limit` and `default_limit` are the items of a page that its documentation names, None where none is.
    """

    client: ClientSource
    name: str
    method: str
    path: str
    query: tuple[str, ...]
    required: frozenset[str]
    arguments: Mapping[str, str]
    response: str | None
    max_limit: int | None = None
    default_limit: int | None = None

    @property
    def key(self) -> str:
        """Its full name: `core.ComputeClient.get_instance`."""
        return f"{self.client.module}.{self.client.name}.{self.name}"

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """The wire names in the path, in order."""
        return _names_in(self.path)


@cache
def _names_in(path: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\{(\w+)\}", path))


@cache
def sdk_folder() -> Path:
    """Where the SDK is installed."""
    spec = find_spec("oci")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@cache
def clients() -> tuple[ClientSource, ...]:
    """Every client of the SDK, by module and name."""
    found = []
    for file in sorted(sdk_folder().glob("*/*_client.py")):
        with file.open(encoding="utf-8") as stream:
            head = stream.read(_HEAD_BYTES)
        template, base_path, name = _TEMPLATE.search(head), _BASE_PATH.search(head), _CLASS.search(head)
        if template and base_path and name:
            found.append(
                ClientSource(
                    module=file.parent.name,
                    name=name[1],
                    label=endpoint_label(template[1]),
                    base_path=base_path[1].rstrip("/"),
                    file=file,
                )
            )
    return tuple(found)


def endpoint_label(template: str) -> str:
    """The part of an endpoint template before the region: `iaas`, `inference.generativeai`.

    Endpoints without a region lose the realm's domain: `idcs-guid.identity`, `csaap-e`.
    """
    host = _DUAL_STACK.sub(r"\1", template.removeprefix("https://")).replace("{namespaceName+Dot}", "")
    label, region, _ = host.partition(".{region}")
    return label if region else re.sub(r"\.(oraclecloud|oracle)\.com$", "", label)


@cache
def labels() -> Mapping[str, tuple[ClientSource, ...]]:
    """The clients at each endpoint label."""
    by_label: dict[str, list[ClientSource]] = {}
    for client in clients():
        by_label.setdefault(client.label, []).append(client)
    return {label: tuple(sources) for label, sources in by_label.items()}


@cache
def client_operations(client: ClientSource, *, reads: bool = True) -> Mapping[str, Operation]:
    """The read operations of one client by name: every GET, and what is named get or list; or all others."""
    parts = client.file.read_text("utf-8").split("\n    def ")[1:]
    operations = (_operation(client, part, reads=reads) for part in parts)
    return {found.name: found for found in operations if found is not None}


def _operation(client: ClientSource, text: str, *, reads: bool) -> Operation | None:
    name = text.partition("(")[0]
    path, method = _PATH.search(text), _METHOD.search(text)
    if path is None or method is None:
        return None
    if (method[1] == "GET" or name.startswith(("get_", "list_"))) != reads:
        return None
    arguments: dict[str, str] = {}
    query: tuple[str, ...] = ()
    for kind, body in _PARAMETERS.findall(text):
        pairs = _PARAMETER.findall(body)
        arguments.update(pairs)
        if kind == "query":
            query = tuple(wire for wire, _ in pairs)
    required, response = _REQUIRED.search(text), _RESPONSE.search(text)
    told = _LIMIT_TEXT.search(text)
    about_limit = " ".join(told[1].split()) if told else ""
    return Operation(
        client=client,
        name=name,
        method=method[1],
        path=client.base_path + path[1],
        query=query,
        required=frozenset(re.findall(r"'(\w+)'", required[1])) if required else frozenset(),
        arguments=arguments,
        response=response[1] if response else None,
        max_limit=_number_in(_MAX_LIMIT, about_limit),
        default_limit=_number_in(_DEFAULT_LIMIT, about_limit),
    )


def _number_in(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(next(group for group in found.groups() if group)) if found else None


def operation(key: str) -> Operation:
    """The read operation of a full name like `core.ComputeClient.get_instance`.

    Raises: KeyError where the installed SDK has none of that name.
    """
    module, client_name, name = key.split(".")
    for client in clients():
        if (client.module, client.name) == (module, client_name):
            return client_operations(client)[name]
    raise KeyError(key)


@cache
def known_label(label: str) -> str | None:
    """The label whose clients answer for this one, or None.

    Some resources have hosts of their own below a service's: `x1-management.kms`, `idcs-1f2.identity`.
    """
    if re.fullmatch(r"idcs-[0-9a-z]+\.identity", label):
        return "idcs-guid.identity"
    while label and label not in labels():
        _, _, label = label.partition(".")
    return label or None


_Rows = tuple[tuple[tuple[str, ...], Operation], ...]


@cache
def _literal_routes(label: str, reads: bool) -> Mapping[tuple[str, str], Operation]:
    """The operations at a label whose paths have no parameters, by method and path; the first of equals."""
    found: dict[tuple[str, str], Operation] = {}
    for rows in _routes(label, reads).values():
        for _, known in rows:
            if not known.path_parameters:
                found.setdefault((known.method, known.path), known)
    return found


@cache
def _routes(label: str, reads: bool) -> Mapping[tuple[str, int], _Rows]:
    """The operations at a label by method and number of segments, those with more literals first."""
    routes: dict[tuple[str, int], list[tuple[tuple[str, ...], Operation]]] = {}
    for client in labels()[label]:
        for found in client_operations(client, reads=reads).values():
            words = tuple(found.path.split("/")[1:])
            routes.setdefault((found.method, len(words)), []).append((words, found))
    return {
        shape: tuple(sorted(rows, key=lambda row: sum(word.startswith("{") for word in row[0])))
        for shape, rows in routes.items()
    }


@lru_cache(maxsize=10_000)
def _routes_below(label: str, reads: bool, method: str, length: int, second: str) -> _Rows:
    """Those of a number of segments whose second one suits this one."""
    rows = _routes(label, reads).get((method, length), ())
    return tuple(row for row in rows if length < 2 or row[0][1] == second or row[0][1].startswith("{"))


def route(
    label: str, method: str, path: str, *, reads: bool = True
) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a request is, and its path parameters unquoted; None for an unknown path.

    Among the read operations, or among all others.
    """
    known = known_label(label)
    if known is None:
        return None
    path = path.rstrip("/")
    literal = _literal_routes(known, reads).get((method, path))
    if literal is not None:
        return literal, {}
    segments = path.split("/")[1:]
    for words, found in _routes_below(known, reads, method, len(segments), "".join(segments[1:2])):
        parameters = _match(words, segments)
        if parameters is not None:
            return found, parameters
    return None


def _match(words: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    parameters: dict[str, str] = {}
    for word, segment in zip(words, segments, strict=True):
        if word.startswith("{"):
            if not segment:
                return None
            parameters[word[1:-1]] = unquote(segment)
        elif word != segment:
            return None
    return parameters
