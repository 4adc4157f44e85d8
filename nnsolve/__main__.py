"""`python -m nnsolve` is the command `nnsolve`."""

from nnsolve.cli.main import main

if __name__ == "__main__":
    main(prog_name="nnsolve")
