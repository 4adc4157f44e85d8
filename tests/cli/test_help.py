"""Every command has help with a documented example; help needs nothing heavy."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from nnsolve import __version__
from nnsolve.cli.main import COMMANDS
from tests.cli.calling import call


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_documented_example(command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert "Exit status:" in result.output
    assert re.search(rf"^ *nnsolve {command}\b", result.output.partition("Examples:")[2], flags=re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    from nnsolve.cli.main import main

    found = main.get_command(None, command)  # type: ignore[arg-type]
    assert found is not None and found.short_help == COMMANDS[command].help
    for parameter in found.params:
        assert parameter.param_type_name == "argument" or getattr(parameter, "help", None), parameter.name


def test_the_list_of_commands_is_in_the_help() -> None:
    output = call("--help").output
    for name, entry in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(entry.help)}$", output, flags=re.MULTILINE)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from nnsolve.cli.main import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print('LOADED', [name for name in ('numpy', 'yaml', 'rich') if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "LOADED []" in result.stdout, result.stdout + result.stderr


def test_a_misspelt_command_is_recognised() -> None:
    result = call("rnu")
    assert result.exit_code == 2
    assert "did you mean 'run'?" in result.output


def test_version() -> None:
    assert call("--version").output == f"nnsolve, version {__version__}\n"


def test_nothing_asked_shows_the_help() -> None:
    assert "Commands:" in call().output


def test_ctrl_c_while_the_commands_are_imported_leaves_no_traceback() -> None:
    code = (
        "import sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'click':\n            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "from nnsolve.__main__ import run\n"
        "run()\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.returncode == 130
    assert result.stderr == ""
