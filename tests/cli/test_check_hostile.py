"""`nnsolve check` on answers of strangers: every output is written, whatever a file or its name is, and a run's end."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from nnsolve.checking import answerfile
from nnsolve.checking.added import MAX_FAR, MAX_STEPS
from nnsolve.checking.check import check
from nnsolve.checking.checker import Checker
from nnsolve.checking.claims import value_of
from nnsolve.checking.diagnose import diagnose
from nnsolve.checking.files import MAX_DEPTH
from nnsolve.cli import check as command
from nnsolve.engine.training import Trainer
from nnsolve.problem.source import read_text
from nnsolve.report.verdicts import WRITERS
from nnsolve.report.verdicts.csv import CsvWriter, cell
from tests.cli.calling import call, written

CHAIN = "parameters: {w: 2}\ninputs: {x: 3.17}\nequations: [z = w * x, a = z^2]\nask: [z, a, {id: s, of: sqrt(a)}]\n"
RIGHT = "problem: chain\nanswers: {z: 6.34, a: 40.2, s: 6.34}\n"


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    written(tmp_path / "problems", CHAIN, "chain.yaml")
    for n in range(3):
        written(tmp_path / "in", RIGHT, f"{n}.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_file_name_that_is_no_text_is_spelled_out(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        with open(b"in/\xff.yaml", "w") as file:
            file.write("problem: chain\nanswers: {z: 1}\n")
    except OSError:
        pytest.skip("the file system takes no such name")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = call("check", "in", "--json", "out.json", "--csv", "out.csv", "--junit-xml", "out.xml")
    assert result.exit_code == 1 and r"file=in/\udcff.yaml" in result.output
    files = [entry["file"] for entry in json.loads(Path("out.json").read_text())["results"]]
    assert r"in/\udcff.yaml" in files  # half a surrogate pair is no text to strict readers of JSON


def test_a_broken_off_output_leaves_the_others(chain: Path) -> None:
    result = call("check", "in", "--json", "none/out.json", "--csv", "out.csv")
    assert result.exit_code == 2 and "none/out.json cannot be written" in result.output
    assert len(list(csv.reader(Path("out.csv").read_text().splitlines()))) == 4 and "3 answer files" in result.output


def test_no_output_takes_the_place_of_answers_or_of_another_output(chain: Path) -> None:
    assert call("check", "in", "--json", "in/../in/1.yaml").exit_code == 2
    assert Path("in/1.yaml").read_text() == RIGHT
    assert call("check", "in", "--json", "out", "--csv", "./out").exit_code == 2


def test_a_file_that_is_named_twice_is_checked_once(chain: Path) -> None:
    assert "3 answer files" in call("check", "in/1.yaml", "./in/1.yaml", "in").output


@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM"])
def test_an_interruption_between_two_formats_waits_for_the_second(
    chain: Path, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    """Ctrl-C, and what a time limit sends; afterwards both mean what they did before."""
    terminated = signal.getsignal(signal.SIGTERM)
    entry = CsvWriter.entry

    def interrupting(self: CsvWriter, result: Any) -> str:
        if result.file.endswith("1.yaml"):
            os.kill(os.getpid(), signal.Signals[sent])
        return entry(self, result)

    monkeypatch.setattr(CsvWriter, "entry", interrupting)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = call("check", "in", "--csv", "out.csv", "--json", "out.json")
    finally:
        signal.signal(signal.SIGINT, before)
    assert signal.getsignal(signal.SIGTERM) == terminated
    assert result.exit_code == 130 and "2 of 3 files" in result.output
    assert len(list(csv.reader(Path("out.csv").read_text().splitlines()))) == 3
    assert len(json.loads(Path("out.json").read_text())["results"]) == 2


def test_a_run_without_results_is_not_all_right(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_check", interrupted)
    assert call("check", "in/1.yaml", "--gradescope", "out.json").exit_code == 130
    assert json.loads(Path("out.json").read_text())["output"] == "The check was interrupted."


def test_a_lost_worker_ends_the_run_with_what_there_is(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(files: Any, executor: Any, *rest: Any) -> Any:
        yield check("in/0.yaml")
        raise BrokenExecutor

    monkeypatch.setattr("nnsolve.checking.check.checked", lost)
    result = call("check", "in", "--jobs", "2", "--json", "out.json")
    assert result.exit_code == 2 and "ended from outside: 1 of 3 files" in result.output
    assert json.loads(Path("out.json").read_text())["summary"]["interrupted"]


@pytest.mark.parametrize("text", ["=1", "a;=1", 'a;"=1"', "a; +1", '"=1'])
def test_no_cell_is_a_formula_wherever_cells_end(text: str) -> None:
    assert "'" in cell(text) and "'" not in cell("a;b=1")


@pytest.mark.skipif(os.name == "nt", reason="paths are shorter there")
def test_folders_in_folders_without_end_are_no_end_of_the_run(chain: Path) -> None:
    folder = os.getcwd()
    os.chdir("in")
    for _ in range(1100):  # deeper than calls may nest
        os.mkdir("d")
        os.chdir("d")
    os.chdir(folder)
    near = Path("in", *["d"] * (MAX_DEPTH - 1))
    written(near, RIGHT, "near.yaml")
    checked, linted = call("check", "in"), call("lint", "in", "problems")
    subprocess.run(["rm", "-r", "in/d"], check=True)  # what removes temporary folders nests calls, too
    assert "4 answer files" in checked.output and linted.exit_code == 0


@pytest.mark.skipif(os.name == "nt", reason="makes links")
def test_lint_follows_no_link_out_of_a_folder(chain: Path) -> None:
    Path("secret").write_text("token of somebody")
    Path("problems/link.yaml").symlink_to("../secret")
    result = call("lint", "problems")
    assert result.exit_code == 2 and "link-outside" in result.output and "token" not in result.output


def test_an_answer_by_its_address_is_traced_however_it_is_written(chain: Path) -> None:
    for key in ("sqrt(a)", "z", " z  ", "(z)"):
        path = written(chain, f'problem: chain\nanswers: {{"{key}": -6.34}}\n', "in.yaml")
        items = [item for item in check(path, "problems", diagnose).items if item.verdict == "wrong"]
        assert key == "sqrt(a)" or (len(items) == 1 and items[0].causes), key


def test_steps_without_end_are_not_looked_at(chain: Path) -> None:
    steps = "".join(f'  "{" " * (n // 60)}z{" " * (n % 60)}": 1\n' for n in range(1900))
    result = check(written(chain, f"problem: chain\nanswers:\n{steps}", "in.yaml"), "problems", diagnose)
    assert [finding.code for finding in result.findings] == ["too-many-steps", "answered-twice"]
    assert f"and {2 + MAX_STEPS} more are the same quantity" in result.findings[1].message and len(result.items) == 3


def test_findings_without_end_are_not_kept(chain: Path) -> None:
    path = written(chain, RIGHT + "".join(f"k{n}: 1\n" for n in range(5000)) + "problem: other\n", "in.yaml")
    found = check(path, "problems").findings
    assert len(found) <= 100 and any(finding.severity == "error" for finding in found)


TRAINED = """\
parameters: {w: 0.5}
inputs: {x: 1.7}
targets: {y: 1.1}
equations: [z = w * x]
loss: 1/2 * (z - y)^2
training: {optimizer: sgd, learning_rate: 0.001, steps: 3000}
ask: [w@1, w@end]
"""


def test_steps_after_many_updates_take_no_training_each(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in updates, whatever the order: many far steps are no more work than some."""
    written(chain / "problems", TRAINED, "t.yaml")
    made: list[int] = []
    advance = Trainer.advance

    def counted(self: Trainer, update: int, *rest: Any) -> None:
        made.append(update - self.update)
        advance(self, update, *rest)

    monkeypatch.setattr(Trainer, "advance", counted)
    checker = Checker("problems", diagnose)
    for first in (2990, 2500):
        keys = [f"w@{k}" for k in range(first, first - 50, -1)]
        path = written(chain, f"problem: t\nanswers: {{{', '.join(f'{key}: 7' for key in keys)}}}\n", "in.yaml")
        made.clear()
        result = checker.check(path)
        assert [finding.code for finding in result.findings] == ["too-many-steps"]
        assert [item.id for item in result.items if not item.asked] == keys[:MAX_FAR]
        assert sum(made) <= (MAX_FAR + 1) * 3000
    run = checker.problems.named("t", path).key.solvers[""].run
    assert len(run._moments) < 5  # nothing is kept of what others ask


def test_a_few_steps_after_many_updates_are_judged(chain: Path) -> None:
    written(chain / "problems", TRAINED, "t.yaml")
    exact = 1.1 / 1.7 + (0.5 - 1.1 / 1.7) * (1 - 0.001 * 1.7**2) ** 1000
    result = check(
        written(chain, f"problem: t\nanswers: {{w@1000: {exact:.6f}, w@999: 7}}\n", "in.yaml"), "problems", diagnose
    )
    assert not result.findings
    assert {item.id: item.verdict for item in result.items if not item.asked} == {"w@1000": "correct", "w@999": "wrong"}


HOSTILE = {
    "nesting": "  z: " + "[" * 200_000,
    "braces": "  z: " + "{a: " * 100_000,
    "dashes": "  z:\n   " + "- " * 200_000,
    "keys": "".join(f"  k{n}: 1\n" for n in range(60_000)),
    "one long key": f"  {'k' * 500_000}: 1\n",
    "anchors": "".join(f"  k{n}: &a{n} 1\n" for n in range(20_000)),
    "rows": "  z: [" + "[1]," * 100_000 + "]\n",
    "digits": f"  z: {'9' * 500_000}\n  a: 1/{'9' * 400_000}\n",
    "exponents": "  z: 1e999999\n  a: -1e99999999999999999999\n  s: 1e-999999\n",
    "other notations": "  z: 0xFFFFFFFF\n  a: 0o17\n  s: 190:20:30.15\n",
    "objects": "  z: !!python/object/apply:os.system [exit 1]\n  a: !!python/name:os.system\n",
    "merged": "  <<: {z: 6.34}\n",
    "escapes": '  z: "\\x1b[31m\\u202e"\n  "\\x00": ::error::x\n  s: "]]></testsuites><script>"\n',
    "addresses": "".join(f'  "{"(" * 45}z{")" * 45}{" " * (n % 9)}+{n}": {n}\n' for n in range(1900)),
    "documents": "  z: 1\n---\n" * 1000,
    "nul": "  z: \0\n",
    "words": f"  z: [{'x, ' * 24_000}x]\n",
    "keys in items": "".join(f"  - k{n % 1999}: 1\n" for n in range(16_000)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_every_output_is_whole_and_soon_there(chain: Path, kind: str) -> None:
    path = written(chain, f"problem: chain\nstudent: s\nanswers:\n{HOSTILE[kind]}", "hostile.yaml")
    outputs = [f"out.{format}" for format in WRITERS]
    start = time.process_time()
    result = call("check", path, *[text for format in WRITERS for text in (f"--{format}", f"out.{format}")])
    assert time.process_time() - start < 3
    assert result.exit_code == 1 and max(map(len, result.output.splitlines())) < 200
    texts = {Path(name).suffix: Path(name).read_text(encoding="utf-8") for name in outputs}
    graded = json.loads(texts[".gradescope"])
    assert graded["score"] == 0 and [test["score"] for test in graded["tests"]] in ([], [0, 0, 0])
    assert graded["output"] or any(test["output"] not in ("wrong", "missing") for test in graded["tests"])
    (entry,) = json.loads(texts[".json"])["results"]
    assert entry["score"] == 0 and (entry["findings"] or any(item["message"] for item in entry["items"]))
    assert len(list(csv.reader(texts[".csv"].splitlines()))) == 2
    assert ElementTree.fromstring(texts[".junit-xml"]).tag == "testsuites"
    assert max(map(len, texts.values())) < 100_000


@pytest.mark.skipif(os.name == "nt", reason="makes links and pipes")
def test_what_is_no_file_or_vanishes_is_a_result(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo("in/pipe.yaml")
    os.mkdir("in/folder.yaml")
    for name, target in (("out", "/etc/passwd"), ("device", "/dev/zero"), ("loop", "loop.yaml"), ("none", "nothing")):
        os.symlink(target, f"in/{name}.yaml")
    os.symlink("..", "in/up")
    written(chain / "in", RIGHT, "vanishing.yaml")

    def vanishing(path: Any, *rest: Any) -> str:
        Path("in/vanishing.yaml").unlink(missing_ok=True)
        return read_text(path, *rest)

    monkeypatch.setattr(answerfile, "read_text", vanishing)
    result = call("check", "in", "--json", "out.json")
    entries = {Path(entry["file"]).stem: entry for entry in json.loads(Path("out.json").read_text())["results"]}
    codes = {name: entry["findings"][0]["code"] for name, entry in entries.items() if entry["findings"]}
    assert result.exit_code == 1 and "root:" not in json.dumps(entries)
    assert codes == {
        "pipe": "not-a-file", "out": "link-outside", "device": "link-outside", "loop": "file-unreadable",
        "none": "file-not-found", "vanishing": "file-not-found",
    }  # fmt: skip
    assert [entries[name]["score"] for name in ("0", "1", "2")] == [3, 3, 3]


@pytest.mark.parametrize("text", ["yes", "no", "on", "~x", "0o17", "0x1F", "1_000", "1:30", "2020-01-01", ".5.", "1e"])
def test_what_yaml_would_make_of_a_word_is_no_number(chain: Path, text: str) -> None:
    result = check(
        written(chain, f"problem: chain\nanswers: {{z: {text}, a: 40.2}}\n", "in.yaml"), "problems", diagnose
    )
    z, a, _ = result.items
    assert z.verdict == "unreadable" and "is not a number; write" in z.message and repr(text) in z.message
    assert a.verdict == "correct"  # and 010 is ten: YAML 1.1 reads eight
    other = check(written(chain, "problem: chain\nanswers: {z: 010}\n", "in.yaml"), "problems")
    assert other.items[0].given == "010" and value_of("010") == 10
