"""Shell completion: the right words, in time, and silence where something is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem, ShellComplete

import nnsolve
from nnsolve.cli import completion
from nnsolve.cli.main import COMMANDS, main
from nnsolve.cli.new import starters
from nnsolve.core.diagnostics import ProblemError
from nnsolve.engine.gradients import layer_gradients
from nnsolve.engine.select import select
from nnsolve.problem.loader import load_problem
from nnsolve.report.export.formats import EXPORTS
from tests.cli.calling import NETWORK, PARTS, PROBLEMS, SCALAR, process, written

FREE = "parameters: {w: 2}\ninputs: {x: 3}\nequations: [z = w * x, C = z^2]\nloss: C\nask: [z, dC/dw]\n"


def items(*words: str) -> list[CompletionItem]:
    """What is proposed for the last word."""
    *before, incomplete = words
    return ShellComplete(main, {}, "nnsolve", "_NNSOLVE_COMPLETE").get_completions(before, incomplete)


def proposed(*words: str) -> list[str]:
    return [item.value for item in items(*words) if item.type == "plain"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, FREE)
    written(tmp_path, "problem: problem\nstudent: s0417\nanswers: {z: 6}\n", "s0417.yaml")
    written(tmp_path, FREE, "sub/other.yml")
    written(tmp_path, FREE, ".hidden.yaml")
    written(tmp_path, FREE, "two words.yaml")
    written(tmp_path, FREE, "$(touch gone).yaml")
    return tmp_path


def test_commands_with_their_help() -> None:
    assert proposed("") == list(COMMANDS)
    assert [(item.value, item.help) for item in items("tr")] == [("train", COMMANDS["train"].help)]
    assert proposed("zz") == []
    assert proposed("rnu", "tr") == ["train"]  # a command that is not there is as good as none
    assert "--version" in proposed("--v")


@pytest.mark.parametrize("command", ["run", "train", "grad", "export", "answers", "draw", "lint"])
def test_problem_files_and_the_way_to_them(command: str, folder: Path) -> None:
    assert proposed(command, "") == ["problem.yaml"]
    assert [item.type for item in items(command, "")] == ["dir", "plain"]
    assert proposed(command, "sub/") == ["sub/other.yml"]
    assert proposed(command, str(folder) + "/pro") == [f"{folder}/problem.yaml"]
    assert proposed(command, "x") == proposed(command, "missing/") == []


def test_a_folder_below_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert proposed("run", "~/") == ["~/problem.yaml"]
    assert "z" in proposed("run", "~/problem.yaml", "--only", "")


def test_answer_files(folder: Path) -> None:
    assert proposed("check", "") == ["s0417.yaml"]
    assert proposed("check", "s0417.yaml", "s") == ["s0417.yaml"]


def test_what_a_command_chooses_from() -> None:
    assert proposed("new", "") == list(starters())
    assert proposed("export", NETWORK, "--to", "") == list(EXPORTS)
    assert proposed("run", NETWORK, "--format", "l") == ["latex"]
    assert proposed("schema", "a") == ["answers"]


@pytest.mark.parametrize("path", sorted(PROBLEMS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_address_that_is_proposed_is_one(path: Path) -> None:
    solution = nnsolve.solve(path)
    found = proposed("run", str(path), "--only", "")
    assert found and len(set(found)) == len(found)
    assert {ask.id for ask in solution.problem.ask} <= set(found)
    answers = [(section.id, answer.id) for section in select(solution, found) for answer in section.answers]
    assert set(found) <= {id for _, id in answers} | {f"{section}.{id}" for section, id in answers}


def test_what_is_no_address_is_noticed() -> None:
    solution = nnsolve.solve(NETWORK)
    with pytest.raises(ProblemError, match="hbar9"):
        select(solution, ["hbar1", "hbar9", "h1"])


def test_addresses_of_the_problem_on_the_line(folder: Path) -> None:
    assert proposed("run", NETWORK, "--only", "dell/dW") == ["dell/dW1", "dell/dW2"]
    assert proposed("run", NETWORK, "--only", "hbar1", "W1") == ["W1@1"]
    assert proposed("run", NETWORK, "--only=W2") == ["W2@1"]
    assert proposed("run", NETWORK, "--only", "hbar1", "--dec") == ["--decimals"]
    assert proposed("run", "--only", "") == ["z", "dC/dw", "C", "dC/dz"]  # of problem.yaml
    assert {item.help for item in items("run", "--only", "")} == {"asked", "forward pass", "gradient"}
    assert proposed("run", PARTS, "--only", "zeros.") == ["zeros.FU", "zeros.o"]


def test_layers_and_what_has_a_gradient() -> None:
    assert [(item.value, item.help) for item in items("grad", NETWORK, "--layer", "")] == [
        ("1", "W1, b1"),
        ("2", "W2, b2"),
    ]
    assert proposed("grad", SCALAR, "--layer", "") == []
    for path in (NETWORK, SCALAR):
        found = proposed("grad", path, "--of", "")
        assert len(found) >= 7
        for name in found:
            assert layer_gradients(load_problem(path), None, name).names, name


def test_a_gradient_that_does_not_exist_is_not_proposed(folder: Path) -> None:
    text = FREE.replace("C = z^2", "s = step(z), C = z^2 + s").replace(
        "inputs", "conventions: {step_at_zero: 0}\ninputs"
    )
    path = written(folder, text.replace(", dC/dw]", "]"), "step.yaml")
    assert proposed("run", path, "--only", "d") == ["dC/ds"]  # the others would pass through the step
    assert proposed("grad", path, "--of", "") == ["s"]


def test_parts() -> None:
    known = [part.id for part in load_problem(PARTS).parts]
    for command in ("run", "grad", "train", "export", "draw"):
        assert proposed(command, PARTS, "--part", "") == known
    assert proposed("run", NETWORK, "--part", "") == []


def test_addresses_of_the_part_on_the_line() -> None:
    """Its sequence has as many steps as it says: part a has 6, b 5, d 9."""
    path = str(PROBLEMS / "lstm-rounded-state.yaml")
    for part, last in (("a", 6), ("b", 5), ("d", 9)):
        for words in (
            [path, "--part", part, "--only"],
            ["--part", part, path, "--only"],
            [path, f"--part={part}", "--only"],
        ):
            assert proposed("run", *words, "c_") == [f"c_{t}" for t in range(1, last + 1)]
    assert proposed("run", path, "--part", "z", "--only", "c_") == []
    assert proposed("run", path, "--part", "b", "--only", "h") == ["h", *(f"h_{t}" for t in range(1, 6))]
    assert "a.h" in proposed("run", path, "--only", "a")
    assert proposed("run", path, "--part", "b", "--only", "a") == []


@pytest.mark.parametrize(
    "text", ["", "a: [", "equations: [z = q]\n", "&a [*a]\n", "equations: [z = 1]\nask: ['z z; rm -rf x', '$(x)']\n"]
)
def test_what_is_wrong_with_a_problem_proposes_nothing_and_says_nothing(
    text: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = written(folder, text, "broken.yaml")
    for words in (["run", path, "--only", ""], ["grad", path, "--of", ""], ["run", path, "--part", ""]):
        assert [word for word in proposed(*words) if word != "z"] == []
    assert proposed("run", "missing.yaml", "--only", "") == []
    assert capfd.readouterr() == ("", "")


def test_what_takes_long_proposes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def late() -> Iterator[tuple[str, str]]:
        time.sleep(1)
        yield "late", ""

    assert [item.value for item in completion.propose(late, "")] == ["late"]
    monkeypatch.setattr(completion, "SECONDS", 0.05)
    begun = time.perf_counter()
    assert completion.propose(late, "") == []
    assert time.perf_counter() - begun < 0.8


def completed(shell: str, words: str, index: int, cwd: Path) -> subprocess.CompletedProcess[str]:
    return process(cwd=cwd, _NNSOLVE_COMPLETE=f"{shell}_complete", COMP_WORDS=words, COMP_CWORD=str(index))


def test_the_process_that_a_shell_starts(folder: Path) -> None:
    assert completed("bash", "nnsolve run problem.yaml --only d", 4, folder).stdout == "plain,dC/dw\nplain,dC/dz\n"
    assert completed("zsh", "nnsolve grad problem.yaml --of w", 4, folder).stdout == "plain\nw\nparameter\n"
    for words in ("nnsolve run broken", "nnsolve rnu x", "nnsolve run 'unclosed"):
        assert completed("bash", words, 2, folder).stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_function(shell: str, tmp_path: Path) -> None:
    result = process(cwd=tmp_path, _NNSOLVE_COMPLETE=f"{shell}_source")
    assert result.returncode == 0 and "nnsolve" in result.stdout and result.stderr == ""


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_real_bash_takes_the_words(folder: Path) -> None:
    """What `complete` has been told is called as the Tab key calls it."""
    script = """
        eval "$(_NNSOLVE_COMPLETE=bash_source nnsolve)"
        compopt() { :; }  # is only there while a line is edited
        complete() { COMPREPLY=(); _nnsolve_completion nnsolve; echo "${COMPREPLY[@]}"; }
        COMP_WORDS=(nnsolve run problem.yaml --only dC/) COMP_CWORD=4; complete
        COMP_WORDS=(nnsolve run "") COMP_CWORD=2; complete
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
    result = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=folder, env={"PATH": path}, capture_output=True, text=True, timeout=60
    )
    assert result.stdout.splitlines() == ["dC/dw dC/dz", "problem.yaml"]
    assert not (folder / "gone").exists()


def test_fish_has_whole_descriptions(tmp_path: Path) -> None:
    """Its function cuts each line of the answer at a comma, the first one alone."""
    result = process(cwd=tmp_path, _NNSOLVE_COMPLETE="fish_source")
    assert result.stdout.count('string split --max 1 "," $completion') == 1


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_a_real_fish_takes_the_words(folder: Path) -> None:
    source = "_NNSOLVE_COMPLETE=fish_source nnsolve | source"
    lines = [source, "complete -C 'nnsolve run problem.yaml --only dC/'", "complete -C 'nnsolve answ'"]
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
    result = subprocess.run(
        ["fish", "--no-config", "-c", "\n".join(lines)],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    proposals = ["dC/dw\tasked", "dC/dz\tgradient", f"answers\t{COMMANDS['answers'].help}"]
    assert result.stdout.splitlines() == proposals


def test_proposing_commands_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from click.shell_completion import ShellComplete\n"
        "from nnsolve.cli.main import main\n"
        "assert ShellComplete(main, {}, 'nnsolve', '_X').get_completions([], '')\n"
        "print('LOADED', [name for name in ('numpy', 'yaml', 'rich', 'nnsolve.cli.run') if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "LOADED []" in result.stdout, result.stdout + result.stderr
