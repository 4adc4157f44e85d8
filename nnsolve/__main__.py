"""The command `nnsolve`, also as `python -m nnsolve`."""

import sys

INTERRUPTED = 130


def run() -> None:
    """Run the command line; Ctrl-C leaves no traceback, also while the commands are still being imported."""
    try:
        from nnsolve.cli.main import main

        main(prog_name="nnsolve")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    run()
