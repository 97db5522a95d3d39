"""What a function needs of our own code and of its packages: the files that are kept, and why others go.

A package is kept whole, without what `left_out` names, if one of its modules can be imported; of the SDK that
is decided for each of its services. Of our own code only modules that can be imported are kept, with the data
beside them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tools.package.files import File, Files
from tools.package.imports import reached_modules
from tools.package.left_out import LEFT_OUT, PARQUET, LeftOut, why_left_out
from tools.package.services import used_services

SDK = "oci"
ENTRY = "func"
UNREACHED = "packages that nothing imports"
UNUSED_SERVICES = "services of the SDK that no client is built for"

#: Modules that no import statement of the code leads to: fdk's command starts everything, and cryptography's
#: compiled part imports its interface to C.
_STARTED_OTHERWISE = ("fdk.scripts.fdk", "_cffi_backend")
#: Below the top of this file stands what switches the loading on demand off.
_ON_DEMAND = (f"{SDK}/__init__.py",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`code` and `packages` are what is kept; `dropped` the packages' other files by reason.

    `services` are the SDK's service packages among them, those included that the SDK itself imports.
    """

    code: Files
    packages: Files
    dropped: dict[str, list[File]]
    services: frozenset[str]


def select(code: Files, packages: Files, *, parquet: bool = True) -> Selection:
    """Choose from the project's files (`func.py`, `inventory/`) and from those of the installed packages.

    Without `parquet`, pyarrow stays out. Raises UnknownModuleError where a module is not there that has to
    be, UnknownServiceError where the code does not tell which service it uses.
    """
    rules: Sequence[LeftOut] = LEFT_OUT if parquet else (PARQUET, *LEFT_OUT)
    dropped: dict[str, list[File]] = defaultdict(list)
    staying: dict[str, File] = {}
    for path, file in packages.items():
        why = why_left_out(path, rules)
        if why is None:
            staying[path] = file
        else:
            dropped[why].append(file)

    roots = (ENTRY, *_STARTED_OTHERWISE)
    own = _own(code, reached_modules(code, [ENTRY]).values())
    services = [f"{SDK}.{service}" for service in used_services(own)]
    reached = set(reached_modules({**staying, **own}, (*roots, *services), on_demand=_ON_DEMAND).values())

    units = {_unit(path) for path in reached}
    kept = {path: file for path, file in staying.items() if _unit(path) in units or path.startswith("bin/")}
    owners = {file.owner for file in kept.values()}
    for path, file in staying.items():
        if path in kept:
            continue
        if _is_metadata(path) and file.owner in owners:
            kept[path] = file
        else:
            dropped[UNUSED_SERVICES if path.startswith(f"{SDK}/") else UNREACHED].append(file)
    return Selection(
        code=own,
        packages=dict(sorted(kept.items())),
        dropped=dict(dropped),
        services=frozenset(
            path.split("/")[1] for path in kept if fnmatchcase(path, f"{SDK}/*/models/__init__.py")
        ),
    )


def _own(code: Files, modules: Iterable[str]) -> Files:
    """Our own modules with the data that lies beside them."""
    kept = set(modules)
    folders = {path.rpartition("/")[0] for path in kept}
    return {
        path: file
        for path, file in sorted(code.items())
        if path in kept or ("/" in path and not path.endswith(".py") and path.rpartition("/")[0] in folders)
    }


def _unit(path: str) -> str:
    """What is kept or not as a whole: a top-level package or module, and of the SDK a package below it."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == SDK else parts[0]


def _is_metadata(path: str) -> bool:
    return path.split("/")[0].endswith(".dist-info")
