"""Whatever a file holds: a message with its place, exit status 2, no traceback, in bounded time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest

from tests.cli.calling import call, process, written

BOUND = 20.0
"""Seconds that a broken file may take; it takes a fraction of one, but a machine may be busy."""


def problem(equation: str, rest: str = "") -> str:
    return f"equations:\n  - {equation}\ninputs: {{x: 1}}\nask: [z]\n{rest}"


BROKEN: dict[str, tuple[str | bytes, str, str]] = {
    # what is in the file, the code of the error, its place
    "empty": ("", "empty-file", "problem.yaml"),
    "only a comment": ("# nothing\n", "empty-file", "problem.yaml"),
    "not utf-8": (b"title: \xe9\n", "not-utf8", "problem.yaml:1:8"),
    "utf-16": ("title: a\n".encode("utf-16"), "not-utf8", "problem.yaml:1:1"),
    "control characters": ('title: "\\e[31m"\n' + problem("z = x"), "control-character", "problem.yaml:1:8"),
    "binary": (bytes(range(256)), "not-utf8", "problem.yaml:"),
    "a list": ("- 1\n", "wrong-type", "problem.yaml:1:1"),
    "an unclosed bracket": ("ask: [\n", "unclosed", "problem.yaml:2:1"),
    "alias bomb": ("a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n", "anchor", "problem.yaml:1:4"),
    "a tag": ("title: !!python/object:os.system x\n" + problem("z = x"), "tag", "problem.yaml:1:8"),
    "a million brackets": ("inputs: {x: " + "[" * 1_000_000, "too-deep", "problem.yaml:1:"),
    "a huge number": (problem("z = x").replace("1}", "9**9**9}"), "not-finite", "problem.yaml:3:13"),
    "a huge number in an equation": (problem("z = x * 9**9**9"), "too-large", "problem.yaml:2:14"),
    "nan": (problem("z = x").replace("1}", ".nan}"), "not-a-number", "problem.yaml:3:13"),
    "unknown key": ("tittle: a\n" + problem("z = x"), "unknown-key", "problem.yaml:1:1"),
    "duplicate key": (problem("z = x", "ask: [z]\n"), "duplicate-key", "problem.yaml:5:1"),
    "unknown name": (problem("z = 2 * q"), "unknown-name", "problem.yaml:2:13"),
    "unknown function": (problem("z = rellu(x)"), "unknown-function", "problem.yaml:2:9"),
    "unknown ask": (problem("z = x", "").replace("[z]", "[zz]"), "unknown-name", "problem.yaml:4:7"),
    "circle": (problem("z = y\n  - y = z"), "cyclic-equations", "problem.yaml:2:5"),
    "twice the same equation": (problem("z = x\n  - z = 2 * x"), "duplicate-name", "problem.yaml:3:5"),
    "shapes": (problem("z = [1] @ x"), "syntax", "problem.yaml:2:9"),
    "nested brackets in an equation": (problem("z = " + "(" * 100_000 + "x"), "syntax", "problem.yaml:2:"),
    "no count_from": (problem("z = x[1]").replace("x: 1", "x: [1, 2]"), "missing-convention", "problem.yaml:2:"),
    "a target is missing": (
        problem("y_hat = x", "loss: l2_norm\n").replace("[z]", "[y_hat]"), "missing-key", "problem.yaml:5:7"),
    "a file outside": (problem("z = x").replace("1}", "{file: ../../../etc/passwd.csv}}"), "", "problem.yaml:3:"),
    "a training that never ends": (
        "parameters: {w: 1}\nequations:\n  - L = w^2\nloss: L\n"
        "training: {learning_rate: 1, steps: 99999999999}\nask: [L]\n",
        "out-of-range", "problem.yaml:5:"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", ["run", "train", "grad", "lint"])
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_reported_with_its_place(command: str, case: str) -> None:
    content, code, place = BROKEN[case]
    Path("problem.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    start = perf_counter()
    result = call(command, "problem.yaml")
    assert perf_counter() - start < BOUND
    if command in ("grad", "train") and case == "unknown ask":
        return  # it asks for other things
    assert result.exit_code == 2
    assert f"error[{code}" in result.output and f"] {place}" in result.output, result.output[:2000]
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["run", "train", "grad", "lint"])
def test_a_path_that_is_not_there_or_is_a_folder(command: str) -> None:
    Path("folder").mkdir()
    for path, code in (("missing.yaml", "file-not-found"), ("folder", "not-a-file"), ("/dev/zero", "not-a-file")):
        result = call(command, path)
        assert result.exit_code == 2
        if not (command == "lint" and path == "folder"):
            assert f"error[{code}] {path}" in result.output


def test_100_megabytes_are_refused_unread() -> None:
    with Path("problem.yaml").open("wb") as file:
        file.truncate(100_000_000)
    start = perf_counter()
    assert "error[too-big] problem.yaml" in call("run").output
    assert perf_counter() - start < BOUND


def test_all_errors_of_a_file_are_said_at_once() -> None:
    Path("problem.yaml").write_text(problem("z = x", "tittle: b\ntraining: {steps: -1}\nask: [z]\n"), encoding="utf-8")
    output = call("run").output
    assert output.count("error[") >= 3


def test_a_long_sum_simply_works() -> None:
    Path("problem.yaml").write_text(problem("z = " + " + ".join(["x"] * 50_000)), encoding="utf-8")
    result = call("run", "--detail", "brief")
    assert result.exit_code == 0 and "50000" in result.output


@pytest.mark.parametrize(
    "args",
    [
        ["run", "-h"],
        ["run", "missing.yaml"],
        ["run", "--nothing"],
        ["new", "nothing"],
        ["lint"],
        ["grad", "--layer", "x"],
    ],
)
def test_a_process_ends_without_traceback(args: list[str], tmp_path: Path) -> None:
    result = process(*args, cwd=tmp_path)
    assert result.returncode in (0, 2)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [(KeyboardInterrupt, 130, "interrupted"), (MemoryError, 2, "too much memory"), (RecursionError, 2, "too deeply")],
)
def test_what_stops_a_command_is_quiet(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: type[BaseException], status: int, message: str
) -> None:
    from nnsolve.engine import select

    def stop(*args: object) -> None:
        raise error

    monkeypatch.setattr(select, "select", stop)
    result = call("run", written(tmp_path, problem("z = x")))
    assert result.exit_code == status
    assert message in result.output and "Traceback" not in result.output


def test_text_of_a_file_cannot_reach_the_terminal_as_codes() -> None:
    Path("problem.yaml").write_text(problem("z = x", '"a\\u202eb\\u0007": 1\n'), encoding="utf-8")
    output = call("run").output
    assert all(character.isprintable() or character == "\n" for character in output)


def limits() -> Callable[[], None]:
    """At most 2 GB of memory for a process."""
    import resource

    return lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))


def test_broken_files_take_bounded_memory(tmp_path: Path) -> None:
    import subprocess
    import sys

    written(tmp_path, "inputs: {x: " + "[" * 1_000_000)
    program = "from nnsolve.cli.main import main; main(['run', 'problem.yaml'])"
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=limits(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 2 and "too-deep" in result.stderr, result.stderr


def test_thousands_of_findings_are_not_all_printed(tmp_path: Path) -> None:
    path = tmp_path / "problem.yaml"
    path.write_text("equations:\n" + "".join(f"  - a{i} = nowhere{i}\n" for i in range(3000)) + "ask: [a1]\n")
    result = call("run", str(path))
    assert result.exit_code == 2
    assert result.stderr.count("error[unknown-name]") == 200
    assert "... and 2800 more findings" in result.stderr


def test_a_misspelt_key_hides_no_other_fault(tmp_path: Path) -> None:
    path = tmp_path / "problem.yaml"
    path.write_text("tittle: a\nequations:\n  - z = rellu(x)\ninputs: {x: 1}\nask: [z, z]\n")
    result = call("run", str(path))
    assert result.exit_code == 2
    found = [line for line in result.stderr.splitlines() if line.startswith("error[")]
    assert [line.partition("]")[0] for line in found] == [
        "error[unknown-key",
        "error[unknown-function",
        "error[duplicate-id",
    ]
    path.write_text("tittle: a\nequations:\n  - z = rellu(x)\ninputs: [\nask: [z]\n")  # what cannot be read ends it
    assert "unknown-function" not in call("run", str(path)).stderr
