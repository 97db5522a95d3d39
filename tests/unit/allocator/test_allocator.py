"""A container stays warm for many calls: what one of them needed for a moment must not stay with it."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# The first block's end raises glibc's limit; the second one then lies below a small block that stays.
_INCIDENT = """
import sys
from inventory.allocator import return_large_blocks

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

if sys.argv[1] == "returned":
    assert return_large_blocks()
del [b"x" * 30_000_000][0]
part = b"y" * 20_000_000
stays = [b"z" * 100_000 for _ in range(10)]
before = resident()
del part
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries decide for themselves")
@pytest.mark.parametrize(("way", "leaves"), [("returned", True), ("usual", False)])
def test_a_large_block_that_is_freed_leaves_the_process(way: str, leaves: bool) -> None:
    told = subprocess.run([sys.executable, "-c", _INCIDENT, way], check=True, capture_output=True, text=True)
    assert (int(told.stdout) > 10_000_000) is leaves
