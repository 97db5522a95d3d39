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


def return_large_blocks() -> bool:
    """Fix the size from which freed memory goes back; False where the C library has no such switch."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES) == 1


def collect_seldom() -> None:
    """Look for garbage in cycles seldom.

    A worker makes a million small objects a minute, hardly any of them in cycles, and the default thresholds
    cost it a tenth of its processor time.
    """
    gc.set_threshold(100_000, 50, 50)
