"""How often Python looks for garbage in cycles: hardly ever, as records and arrays have none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 5_000_000
"""Records that are made before Python looks through the new ones."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """As long as this lasts, Python does not look through thousands of records again and again."""
    threshold, *others = gc.get_threshold()
    if threshold:
        gc.set_threshold(max(threshold, SELDOM), *others)
    try:
        yield
    finally:
        gc.set_threshold(threshold, *others)
