"""How the C library is kept from returning a recording's memory to the system after each gradient."""

from __future__ import annotations

from functools import cache

import numpy as np

_BLOCK = (1 << 25) - (1 << 16)


@cache
def keep_pages() -> None:
    """Allocate and free one large block, untouched, once in a process.

    A recording frees many arrays at once. glibc then returns the pages to the system, and each page is faulted in again
    by the next recording, which takes as long as the gradient itself (benchmarks/foundation.py). It keeps up to twice
    the largest block below 32 MiB that was ever freed: mallopt(3), M_MMAP_THRESHOLD. Elsewhere this does nothing.
    """
    np.empty(_BLOCK, np.uint8)
