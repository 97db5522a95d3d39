"""The C library's memory: what is freed goes back to the system, so that no large moment is kept for good.

glibc maps large blocks one by one and unmaps them when they are freed. What counts as large is not fixed:
each freed block raises the limit to its own size, up to 32 MiB, and below the limit freed memory stays with
the process. A warm container would keep the upload parts of all its earlier calls. Other C libraries are
left alone.
"""

from __future__ import annotations

import ctypes
import gc

#: Blocks from this size on are always given back.
LARGE_BYTES = 256 * 1024

# From glibc's malloc.h; setting it ends the adjusting (mallopt(3), M_MMAP_THRESHOLD).
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


def return_large_blocks() -> bool:
    """Fix the size from which freed memory goes back, in one arena for all threads.

    False where the C library has no such switches.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    # Lines are made on many threads and freed on one; with an arena for each thread they leave holes in all.
    is_shared: bool = mallopt(_M_ARENA_MAX, 1) == 1
    gives_back: bool = mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES) == 1
    return gives_back and is_shared


def collect_seldom() -> None:
    """Look for garbage in cycles seldom.

    A worker makes a million small objects a minute, hardly any of them in cycles, and the default thresholds
    cost it a tenth of its processor time.
    """
    gc.set_threshold(100_000, 50, 50)
