"""Property-based tests take as long as they take; in CI they try the same examples every time, and print the same.

The problems of this repository and the examples of the mistakes are solved, and what mistakes give in them is worked
out, once in each process of tests; Python looks through all of that for garbage seldom. Folders are numbered: pytest's
own looks through those of all tests before for every new one, and keeps a link to it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from threading import current_thread, main_thread

import pytest
from hypothesis import HealthCheck, settings

from nnsolve.checking import solved
from nnsolve.checking.key import Key
from nnsolve.problem.model import Problem

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
# Tests that are about GitHub Actions say so: there annotations are among what is printed.
os.environ.pop("GITHUB_ACTIONS", None)

settings.load_profile("ci" if os.environ.get("CI") else "default")


gc.set_threshold(500_000)  # records; by itself Python looks after 700


@pytest.fixture(scope="session", autouse=True)
def keys_computed_once() -> Iterator[None]:
    """`solved` takes the keys of `known` for files that say what theirs do; a key belongs to one thread."""
    from tests.bench.diagnosis import NAMES, known, source

    def key(problem: Problem) -> Key:
        path = Path(problem.path)
        is_known = path.stem in NAMES and path.read_bytes() == source(path.stem).encode()
        return known(path.stem).key if is_known and current_thread() is main_thread() else Key(problem)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solved, "Key", key)
        yield


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder of this test alone."""
    folder = tmp_path_factory.getbasetemp() / f"test{next(NUMBERS)}"
    folder.mkdir()
    return folder


NUMBERS = count()
