"""Files of needed packages that a function does without, each with its reason.

A pattern is a shell pattern over the whole path, in which `*` takes slashes too. What is left out is not
there for the search of imports either, so what it alone imports goes with it. The run from the archive proves
that all of this may go; another test fails for a pattern that no longer fits any file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Files that fit one of the patterns, and none of `but`."""

    why: str
    patterns: tuple[str, ...]
    but: tuple[str, ...] = ()

    def fits(self, path: str) -> bool:
        """Whether this is the reason why a file goes."""
        return _fits_any(path, self.patterns) and not _fits_any(path, self.but)


LEFT_OUT: Sequence[LeftOut] = (
    LeftOut(why="tests", patterns=("*/tests/*", "fdk/fixtures.py")),
    LeftOut(
        why="sources, headers and types",
        patterns=("*.c", "*.cc", "*.h", "*.hpp", "*.pxd", "*.pxi", "*.pyi", "*.pyx", "*/py.typed"),
    ),
    LeftOut(
        # Scanners read METADATA, and licences travel with what they are for.
        why="installers' records",
        patterns=("*.dist-info/*",),
        but=("*/METADATA", "*/LICENSE*", "*/licenses/*", "*/THIRD_PARTY_LICENSES.txt"),
    ),
    LeftOut(
        # Only where packages were installed; their wheels hold none. fdk's is the image's entry point.
        why="commands",
        patterns=("bin/*",),
        but=("bin/fdk",),
    ),
    LeftOut(
        why="the SDK's clients for asyncio",
        patterns=("oci/async_base_client.py", "oci/*/async_*.py"),
    ),
    LeftOut(
        # The SDK goes on if exactly this cannot be imported.
        why="signing with smart cards",
        patterns=("pkcs11/*",),
    ),
    LeftOut(
        why="TLS in browsers and without Python's ssl",
        patterns=("urllib3/contrib/emscripten/*", "urllib3/contrib/pyopenssl.py"),
    ),
    LeftOut(why="fdk's debugger", patterns=("fdk/scripts/fdk_tcp_debug.py",)),
    LeftOut(
        why="time zones other than UTC",
        patterns=("pytz/zoneinfo/*", "dateutil/zoneinfo/*.tar.gz"),
    ),
    LeftOut(
        # What is loaded is the name with the ABI's number alone.
        why="second and third names of libraries",
        patterns=("pyarrow/lib*.so", "pyarrow/lib*.so.*.*"),
        but=("pyarrow/lib.*",),
    ),
    LeftOut(
        why="pyarrow beyond writing Parquet",
        patterns=("pyarrow/*",),
        but=(
            *("pyarrow/__init__.py", "pyarrow/_generated_version.py", "pyarrow/lib.*"),
            *("pyarrow/ipc.py", "pyarrow/types.py", "pyarrow/util.py"),
            *("pyarrow/parquet/__init__.py", "pyarrow/parquet/core.py", "pyarrow/_parquet.*"),
            *("pyarrow/fs.py", "pyarrow/_fs.*"),
            *("pyarrow/libarrow.*", "pyarrow/libarrow_python.*", "pyarrow/libparquet.*"),
            # Nothing of these is used, but the others are linked with them.
            *("pyarrow/libarrow_acero.*", "pyarrow/libarrow_compute.*", "pyarrow/libarrow_dataset.*"),
            "pyarrow/libarrow_substrait.*",
        ),
    ),
)

#: Without it the aggregator leaves `inventory.parquet` out, and tells that as a gap unless it is told not to
#: make one.
PARQUET = LeftOut(why="pyarrow, and with it the Parquet table", patterns=("pyarrow/*",))


def why_left_out(path: str, rules: Sequence[LeftOut]) -> str | None:
    """The first reason that fits, None for a file that stays."""
    return next((rule.why for rule in rules if rule.fits(path)), None)


def _fits_any(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
