"""The command `nnsolve`, also as `python -m nnsolve`."""

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

INTERRUPTED = 130


def run() -> None:
    """Run the command line; Ctrl-C leaves no traceback, also while the commands are still being imported."""
    try:
        from nnsolve.cli.main import main

        main(prog_name="nnsolve")
    except KeyboardInterrupt:
        _leave(INTERRUPTED)
    except SystemExit as end:
        _leave(end.code)


def _leave(status: int | str | None) -> NoReturn:
    """Exit; a thread that waits for a process which was ended would wait for ever, and Python for it."""
    gc.freeze()  # else Python looks through all there is for garbage, which takes as long as importing half of it
    threading = sys.modules.get("threading")
    if threading is None or threading.active_count() == 1 or isinstance(status, str):
        sys.exit(status)
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status or 0)


if __name__ == "__main__":
    run()
