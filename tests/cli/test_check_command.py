"""`nnsolve check` and `nnsolve answers`: reports, exit codes, JSON, and what strangers' files cannot do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from nnsolve.checking.answerfile import parse_answers
from nnsolve.checking.check import CHUNK
from tests.cli.calling import NETWORK, PARTS, PROBLEMS, call, process, written

PRINTED = str(PROBLEMS / "printed")
NETWORK_ANSWERS = str(PROBLEMS / "printed" / "regression-3-4-3-l2-norm.yaml")
EVIL = r"[red]x[/red] =cmd|'/C calc'!A0 ::error::x"
STEMS = sorted(path.stem for path in PROBLEMS.glob("*.yaml"))
CHAIN = "parameters: {w: 2}\ninputs: {x: 3.17}\nequations: [z = w * x, a = z^2]\nask: [z, a, {id: s, of: sqrt(a)}]\n"


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    written(tmp_path / "problems", CHAIN, "chain.yaml")
    return tmp_path


def test_one_file_is_reported_answer_by_answer() -> None:
    result = call("check", NETWORK_ANSWERS, "--problems", str(PROBLEMS), "--width", "90")
    assert result.exit_code == 1
    assert "10.75 of 15 points" in result.output and "missing" in result.output
    block = result.output.partition("q-e-h2")[2].partition("q-e-W2")[0]
    assert "[-0.92050994, -0.36162891, 0.1479391]" in block and "[0.92051, 0.361629, -0.147939]" in block
    assert "within 0.1 % of the value" in block and "regression-3-4-3-l2-norm.yaml:11:12" in block
    assert "right, given your q-e-h2" in result.output


def test_a_wrong_answer_is_traced_to_the_mistakes_that_give_it() -> None:
    printed = PROBLEMS / "printed" / "relu-softmax-2-4-2-step.yaml"
    items = json.loads(call("check", str(printed), "--json", "-").output)["results"][0]["items"]
    causes = {item["id"]: item["causes"] for item in items}
    assert causes["W1@1"] == ["updated-weights-used", "factors-exchanged"]
    assert not any(item["causes"] for item in items if item["verdict"] != "wrong")


def test_hiding_the_solution_prints_no_expected_value(tmp_path: Path) -> None:
    """Of a blank file and a wrong one, in no format, where no answer has the right digits."""
    wrong = parse_answers(Path(NETWORK_ANSWERS).read_text(), "a")
    lines = [f"  {id}: 77.7\n" for id in wrong.answers]
    path = written(tmp_path, f"problem: regression-3-4-3-l2-norm\nanswers:\n{''.join(lines)}", "a.yaml")
    shown = call("check", path, "--problems", str(PROBLEMS)).output
    hidden = call("check", path, "--problems", str(PROBLEMS), "--hide-solution")
    document = call("check", path, "--problems", str(PROBLEMS), "--hide-solution", "--json", "-")
    assert hidden.exit_code == document.exit_code == 1
    for digits in ("0.92051", "6.08", "3.68204", "0.99079"):
        assert digits in shown or digits == "0.99079"
        assert digits not in hidden.output and digits not in document.output
    assert all(item["expected"] is None for item in json.loads(document.output)["results"][0]["items"])


def test_many_files_are_a_table_and_the_class_s_picture() -> None:
    result = call("check", PRINTED)
    assert result.exit_code == 1
    assert "Students" in result.output and "Questions" in result.output and "15 answer files" in result.output
    row = next(line for line in result.output.splitlines() if " q-e-W2 " in line)
    assert row.split() == ["q-e-W2", "0", "%", "0", "2", "0", "0"]


@pytest.mark.parametrize("cells", [40, 60, 80, 120])
def test_no_name_makes_the_tables_wider_than_the_terminal(cells: int, chain: Path) -> None:
    name, wide = "Ada " + "von und zu " * 17 + "Ende", "名" * 200
    problems = {"chain": "chain", "a-" * 40 + "b": "c" * 90}
    for n, (problem, id) in enumerate(problems.items()):
        text = CHAIN.replace("[z, a,", f"[z, a, {{id: {id}, of: z + 1}},")
        written(chain / "problems", text, f"{problem}.yaml")
        for student in (name, wide):
            text = f'problem: {problem}\nstudent: "{student}"\nanswers: {{z: 6.34, a: 1, s: 6, "{id}": x}}\n'
            written(chain / "in", text, f"{n}{len(student)}.yaml")
    written(chain / "in", "problem: chain\nanswers: [" + "x" * 500, "torn.yaml")
    result = process("check", "in", "--width", str(cells), "--json", "out.json", cwd=chain)
    lines = result.stdout.splitlines()
    assert max(map(cell_len, lines)) <= cells and not result.stderr
    assert all(any(start in line for line in lines) for start in ("  Ada", "  名", "  c", "torn.yaml"))
    assert {entry["student"] for entry in json.loads((chain / "out.json").read_text())["results"]} == {name, wide, None}


def test_the_average_says_which_files_it_is_without(chain: Path) -> None:
    files = {
        "right": "problem: chain\nanswers: {z: 6.34, a: 40.2, s: 6.34}\n",
        "half": "problem: chain\nanswers: {z: 6.34, a: 20.1}\nstudent: x\n",
    }
    for name, text in files.items():
        written(chain / "in", text, f"{name}.yaml")
    assert "2 answer files, 66.7 % of the points on average\n" in process("check", "in", cwd=chain).stdout
    written(chain / "in", "problem: chain\nanswers: {z: ]}\n", "torn.yaml")
    assert (
        "3 answer files, 44.4 % of the points on average; 1 that cannot be read counts as 0\n"
        in process("check", "in", "--width", "200", cwd=chain).stdout
    )
    written(chain / "in", "problem: other\nanswers: {z: 1}\n", "other.yaml")
    text = (
        "4 answer files, 44.4 % of the points on average; 1 that cannot be read counts as 0; 1 that cannot be checked"
    )
    assert f"{text} is left out\n" in process("check", "in", "--width", "200", cwd=chain).stdout


def test_json_is_what_the_contract_says() -> None:
    result = call("check", PRINTED, "--json", "-")
    document = json.loads(result.output)
    assert set(document) == {"results", "summary"} and len(document["results"]) == 15
    keys = {"file", "student", "problem", "score", "max_score", "items"}
    item_keys = {"id", "of", "verdict", "credit", "points", "given", "expected", "causes", "message", "line", "column"}
    for entry in document["results"]:
        assert keys <= set(entry) and all(item_keys <= set(item) for item in entry["items"])
        assert entry["score"] == pytest.approx(sum(item["credit"] * item["points"] for item in entry["items"]))
    network = next(r for r in document["results"] if r["file"].endswith("/regression-3-4-3-l2-norm.yaml"))
    item = next(item for item in network["items"] if item["id"] == "q-f-hbar1")
    assert item["given"] == [-1.52870401, -0.77257085, 0.0, 0.41094194] and item["carried_from"] == "q-f-h1"
    assert item["expected"][2] == 0 and (item["line"], item["column"]) == (22, 15)


def test_json_joins_the_answers_that_one_is_right_for(tmp_path: Path) -> None:
    written(
        tmp_path / "problems",
        "inputs: {x: 3}\nequations: [y = 2 * x, z = 4 * x, s = y + z]\nask: [y, z, s]\n",
        "p.yaml",
    )
    path = written(tmp_path, "problem: p\nanswers: {y: 7, z: 15, s: 22}\n", "a.yaml")
    document = json.loads(call("check", path, "--problems", str(tmp_path / "problems"), "--json", "-").output)
    found = {item["id"]: (item["verdict"], item["carried_from"]) for item in document["results"][0]["items"]}
    assert found == {"y": ("wrong", None), "z": ("wrong", None), "s": ("carried", "z, y")}


def test_the_order_is_the_same_for_any_number_of_jobs(tmp_path: Path) -> None:
    traced = (PROBLEMS / "printed" / "softmax-unit-gradient-step.yaml").read_text()
    for n in range(3 * CHUNK):  # the first chunk has what takes long
        text = traced if n < CHUNK else f"problem: tanh-derivative\nanswers: {{sigma: {n}}}\n"
        written(tmp_path / "in", text, f"{n:03}.yaml")
    for jobs in ("1", "2"):
        arguments = ["--problems", str(PROBLEMS), "--jobs", jobs, "--json", str(tmp_path / f"{jobs}.json")]
        assert call("check", str(tmp_path / "in"), *arguments).exit_code == 1
    results = json.loads((tmp_path / "1.json").read_text())["results"]
    assert [Path(entry["file"]).stem for entry in results] == [f"{n:03}" for n in range(3 * CHUNK)]
    assert any(item["causes"] for item in results[0]["items"])
    assert (tmp_path / "1.json").read_text() == (tmp_path / "2.json").read_text()
    written(tmp_path / "in", "answers: [", "002.yaml")
    one, two = [call("check", str(tmp_path / "in"), "--problems", str(PROBLEMS), "--jobs", jobs) for jobs in "12"]
    assert one.exit_code == two.exit_code == 1 and one.output == two.output
    assert "Causes" in one.output and f"{3 * CHUNK} answer files" in one.output and "002.yaml" in one.output


def test_an_output_that_is_there_already_is_replaced_unless_it_is_an_answer_file(chain: Path) -> None:
    arguments = ["check", str(chain / "in"), "--problems", str(chain / "problems"), "--json"]
    for n in range(3):
        written(chain / "in", "problem: chain\nanswers: {z: 6.34}\n", f"{n}.yaml")
    for path in (chain / "new.json", chain / "in" / "new.json"):
        for _ in range(2):
            assert call(*arguments, str(path)).exit_code == 1
        assert len(json.loads(path.read_text())["results"]) == 3
    for path in (chain / "in" / "0.yaml", chain / "in" / "2.yaml"):
        result = call(*arguments, str(path))
        assert result.exit_code == 2 and "is an answer file" in result.output
        assert "problem: chain" in path.read_text()


@pytest.mark.parametrize("stem", STEMS)
def test_the_key_is_right_and_a_blank_file_misses_everything(stem: str, tmp_path: Path) -> None:
    problem = str(PROBLEMS / f"{stem}.yaml")
    key, blank = str(tmp_path / "key.yaml"), str(tmp_path / "blank.yaml")
    assert call("answers", problem, "--key", "-o", key).exit_code == 0
    assert call("answers", problem, "-o", blank).exit_code == 0
    result = call("check", key, "--problems", str(PROBLEMS))
    assert result.exit_code == 0, result.output
    empty = call("check", blank, "--problems", str(PROBLEMS), "--json", "-")
    assert {item["verdict"] for item in json.loads(empty.output)["results"][0]["items"]} == {"missing"}
    assert empty.exit_code == 1


def test_a_blank_file_says_what_is_asked() -> None:
    output = call("answers", NETWORK, "--blank").output
    assert "problem: regression-3-4-3-l2-norm\nstudent:\nanswers:\n" in output
    assert "  q-e-W2:    # dell/dW2, 3x4 numbers, a list for each row: [[...], ...]\n" in output
    assert "  q-g-b2:    # b2@1, 3 numbers: [...], to 3 decimals\n" in output
    assert "  quarters.o:    # 2 numbers: [...]\n" in call("answers", PARTS).output


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ("{z: 6.34, a: 40.2, s: 6.34}", 0),
        ("{z: 6.34, a: 40.2}", 1),
        ("{z: 6.34, a: 40.2, s: 6.35}", 1),
        ("{z: 6.34, a: 40.2, s: oops}", 1),
        ("{z: 6, a: 40.2, s: 6.34}", 1),
        ("{z: 6.34, a: 40.2, s: 6.34, more: 1}", 1),
        ("[", 1),
    ],
)
def test_exit_status_of_answers(chain: Path, answers: str, status: int) -> None:
    path = written(chain, f"problem: chain\nanswers: {answers}\n", "a.yaml")
    assert process("check", path, cwd=chain).returncode == status


def test_exit_status_of_problems_and_usage(chain: Path) -> None:
    path = written(chain, "problem: broken\nanswers: {z: 1}\n", "a.yaml")
    assert process("check", path, cwd=chain).returncode == 1  # an unknown problem
    written(chain / "problems", "equations: [z = rellu(x)]\ninputs: {x: 1}\nask: [z]\n", "broken.yaml")
    broken = process("check", path, cwd=chain)
    assert broken.returncode == 2 and "problems/broken.yaml:1:17" in broken.stderr and "rellu" in broken.stderr
    (chain / "empty").mkdir()
    for arguments in (["none.yaml"], ["empty"], [path, "--problems", "none"], [path, "--jobs", "0"], []):
        assert process("check", *arguments, cwd=chain).returncode == 2


def test_nothing_of_a_file_is_interpreted(chain: Path) -> None:
    folder = chain / "in"
    for n, name in enumerate([EVIL, "a\\e[31mb", "a\\u202eb", "a\\nb"]):
        text = f'problem: chain\nstudent: "{name}"\nanswers: {{"{EVIL}": 1, z: "{EVIL}"}}\n'
        written(folder, text, f"{n}.yaml")
    written(folder, "problem: ../../../etc/passwd\nanswers: {z: 1}\n", "\x1b[31mred.yaml")
    many = process("check", str(folder), cwd=chain)
    single = [process("check", str(path), "--width", "200", cwd=chain) for path in sorted(folder.iterdir())]
    for result in [many, *single]:
        assert result.returncode == 1 and not result.stderr
        assert all(character == "\n" or character.isprintable() for character in result.stdout)
        assert "root:" not in result.stdout
    assert "[red]x[/red]" in many.stdout and any("[red]x[/red]" in result.stdout for result in single)


def test_hostile_files_are_results_and_spoil_no_other(chain: Path) -> None:
    folder = chain / "in"
    written(folder, "problem: chain\nstudent: good\nanswers: {z: 6.34, a: 40.2, s: 6.34}\n", "good.yaml")
    written(folder, "problem: chain\nanswers: " + "[" * 100_000, "deep.yaml")
    written(folder, "a: &a [1]\nb: [*a, *a]\nproblem: chain\n", "bomb.yaml")
    with open(folder / "big.yaml", "wb") as file:
        file.truncate(100 << 20)
    (folder / "link.yaml").symlink_to("/etc/passwd")
    os.mkfifo(folder / "fifo.yaml")
    result = process("check", str(folder), "--json", "-", cwd=chain)
    entries = {os.path.basename(entry["file"]): entry for entry in json.loads(result.stdout)["results"]}
    assert result.returncode == 1 and len(entries) == 6
    assert entries["good.yaml"]["score"] == 3
    for name, entry in entries.items():
        assert name == "good.yaml" or (entry["score"] == 0 and entry["findings"]), name


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_an_interrupted_run_writes_what_it_has(chain: Path) -> None:
    """Ctrl-C comes when the 31st of 40 files is opened."""
    for n in range(40):
        written(chain / "in", "problem: chain\nanswers: {z: 6.34}\n", f"{n:02}.yaml")
    start = (
        "import os, signal, sys; from nnsolve.cli.main import main\n"
        "presses = [1]\n"
        "def opened(event, arguments):\n"
        "    if event == 'open' and str(arguments[0]).endswith('30.yaml') and presses:\n"
        "        os.kill(os.getpid(), presses.pop() and signal.SIGINT)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler); sys.addaudithook(opened); main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", start, "check", "in", "--json", "out.json", "--html", "out.html"],
        cwd=chain, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    verdicts = json.loads((chain / "out.json").read_text())
    found = len(verdicts["results"])
    assert result.returncode == 130 and f"interrupted: {found} of 40 files were checked" in result.stderr
    assert 0 < found < 40 and verdicts["summary"]["interrupted"]
    assert [Path(entry["file"]).name for entry in verdicts["results"]] == [f"{n:02}.yaml" for n in range(found)]
    assert "<b>Interrupted:</b>" in (chain / "out.html").read_text(encoding="utf-8")


def test_what_is_odd_about_a_file_stands_in_the_class_s_table(chain: Path) -> None:
    """Nobody sees from a row of zeros that a key was misspelt."""
    written(chain / "in", "problem: chain\nstudent: s1\nanswer: {z: 10}\n", "a.yaml")
    written(chain / "in", "problem: chain\nstudent: s2\nanswers: {Z: 10}\n", "b.yaml")
    written(chain / "in", "problem: chain\nstudent: s3\nanswers: {z: 7}\n", "c.yaml")
    outputs = [f"--{name}={chain / name}" for name in ("csv", "html")]
    result = call("check", str(chain / "in"), "--problems", str(chain / "problems"), *outputs, "--width", "200")
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line.startswith("  s")}
    assert "an answer file has no key 'answer'; did you mean 'answers'?" in rows["s1"]
    assert "'Z' is nothing that is asked" in rows["s2"] and rows["s3"].split() == ["s3", "0", "3"]
    for text in ((chain / "csv").read_text(), (chain / "html").read_text()):
        assert "no key" in text and "nothing that is asked" in text


def test_a_problem_is_named_once_above_its_questions() -> None:
    for width in ("60", "80", "120"):
        text = call("check", PRINTED, "--width", width).stdout.partition("Questions ")[2].partition("Causes")[0]
        rows = [line.split() for line in text.splitlines() if " % " in line]
        assert len([row for row in rows if row[1] == "q-a" and row[0][:5] == "regre"]) == 1, width
        assert ["q-b", "100", "%"] in [row[:3] for row in rows] and "problem" in text
    text = call("check", NETWORK_ANSWERS, NETWORK_ANSWERS.replace(".yaml", "-typeset.yaml")).stdout
    (heads,) = [line.split() for line in text.splitlines() if " right" in line and " carried" in line]
    assert heads[:2] == ["question", "right"]


def test_a_matrix_that_is_too_wide_has_a_row_a_line(tmp_path: Path) -> None:
    written(
        tmp_path,
        "parameters: {W: [[0.123456, 0.234567, 0.345678], [1.123456, 1.2, 1.3]]}\nequations: [V = -(-W)]\nask: [V]\n",
        "p.yaml",
    )
    path = written(tmp_path, "problem: p\nanswers: {V: [[0.1234, 0.2345, 0.3457], [9.1, 1.2, 1.3]]}\n", "in/a.yaml")
    lines = {
        width: call("check", path, "--problems", str(tmp_path), "--width", width).stdout for width in ("60", "100")
    }
    assert "  given     [[0.1234, 0.2345, 0.3457], [9.1, 1.2, 1.3]]\n" in lines["60"]
    expected = "  expected  [[0.123456, 0.234567, 0.345678],\n             [1.12346, 1.2, 1.3]]"
    assert f"{expected}\n            (within 0.1 % of the value)\n" in lines["60"]
    assert "  expected  [[0.123456, 0.234567, 0.345678], [1.12346, 1.2, 1.3]]  (within" in lines["100"]
    assert all(len(line) <= 60 for line in lines["60"].splitlines())


def test_what_a_person_should_look_at_stands_beside_the_score(tmp_path: Path) -> None:
    """Answers that cannot be read, answers to nothing, points that come from steps that nobody asked for."""
    problem = "parameters: {w: 2.5}\ninputs: {x: [1, 2]}\nequations: [u = w * x, z = 2 * u, a = z + 1]\nask: [z, a]\n"
    written(tmp_path / "problems", problem, "p.yaml")
    for name, answers in {
        "s1": "z: '1,5', a: [6, 1O]",
        "s2": "u: [7, 9], z: [14, 18], q03: 1, q04: 2",
        "s3": "q03: 1, q04: 2, q05: 3, q06: 4",
        "s4": "u: [2.5, 5], z: [5, 10], a: [6, '?']",
        "s5": "z: [7, 9], a: [8, 10]",
    }.items():
        written(tmp_path / "in", f"problem: p\nstudent: {name}\nanswers: {{{answers}}}\n", f"{name}.yaml")
    outputs = [f"--{name}={tmp_path / name}" for name in ("csv", "html")]
    result = call("check", str(tmp_path / "in"), "--problems", str(tmp_path / "problems"), *outputs, "--width", "200")
    rows = {line.split()[0]: line.split("  ")[-1] for line in result.stdout.splitlines() if line.startswith("  s")}
    assert rows["s1"] == "2 unreadable"
    both = "1 carried from steps that are not asked; 2 answers to nothing that is asked: q03, q04"
    assert rows["s2"] == both
    assert rows["s3"] == "4 answers to nothing that is asked: q03, q04, q05 ..."
    assert rows["s4"].strip() == rows["s5"].strip() == "2"  # nothing but the points
    for text in ((tmp_path / "csv").read_text(), (tmp_path / "html").read_text()):
        assert "2 unreadable" in text and both in text
