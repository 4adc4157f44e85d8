"""The processes of `nnsolve check --jobs`: lost ones, interrupted ones."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing import connection
from pathlib import Path

import pytest

from nnsolve.cli.check import _Watch, _WorkerLostError, _workers
from tests.cli.calling import written

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are ended by signals")

LONG = 60.0
"""Seconds that nobody waits for."""

WAITS_FOR_A_THREAD = """
import sys, threading, time
from unittest import mock
from nnsolve.__main__ import run
def main(**options):
    threading.Thread(target=time.sleep, args=(60,)).start()
    print("written")
    sys.exit(7)
with mock.patch("nnsolve.cli.main.main", main):
    run()
"""


def test_ctrl_c_is_left_to_the_first_process() -> None:
    with _workers(2) as executor:
        assert executor.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_IGN
        assert executor.submit(signal.getsignal, signal.SIGTERM).result() == signal.SIG_DFL


def test_an_interruption_ends_the_processes_whatever_they_are_at() -> None:
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt), _workers(2) as executor:
        tasks = [executor.submit(time.sleep, LONG) for _ in range(2)]
        while not all(task.running() for task in tasks):
            time.sleep(0.01)
        processes = multiprocessing.active_children()
        raise KeyboardInterrupt
    assert len(processes) == 2
    waiting = {process.sentinel for process in processes}  # the executor asks for the exit codes, and only one can
    while waiting:
        waiting -= set(connection.wait(waiting, LONG))
        assert time.monotonic() - start < LONG / 2


def test_a_killed_process_is_a_lost_one() -> None:
    with pytest.raises(_WorkerLostError), _workers(2) as executor:
        executor.submit(os._exit, 9).result()


def test_a_process_is_missed_though_the_executor_waits_for_the_rest_of_its_result() -> None:
    processes = [multiprocessing.get_context("fork").Process(target=time.sleep, args=(LONG,)) for _ in range(2)]
    for process in processes:
        process.start()
    watch = _Watch()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt), watch:
        time.sleep(1)  # both are there
        assert not watch.has_lost
        processes[0].kill()
        time.sleep(LONG)
    assert watch.has_lost and time.monotonic() - start < LONG / 2
    processes[1].kill()


def test_python_does_not_wait_for_a_thread_that_waits_for_an_ended_process(tmp_path: Path) -> None:
    script = written(tmp_path, WAITS_FOR_A_THREAD, "script.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=LONG / 2)
    assert (done.returncode, done.stdout) == (7, "written\n")
