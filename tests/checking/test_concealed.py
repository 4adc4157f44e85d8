"""`--hide-solution`: nothing is said of a wrong answer from which the right one follows, nor that it is so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

import nnsolve
from nnsolve.checking.checker import Checker
from nnsolve.checking.diagnose import diagnose, diagnosis_of
from nnsolve.checking.key import Key, Target
from nnsolve.checking.mistakes import CAUSES
from nnsolve.checking.mistakes.examples import PROBLEMS
from nnsolve.checking.model import Item, Result
from nnsolve.checking.summary import Summary
from nnsolve.report.check import student_report
from nnsolve.report.style import Style
from nnsolve.report.verdicts import WRITERS
from nnsolve.report.verdicts.github import GithubWriter
from tests.cli.calling import call, written

Tensor: TypeAlias = NDArray[np.float64]

NUMBER = re.compile(r"\d+\.?\d*(?:e[-+]?\d+)?")
DIGITS = 6


def right(target: Target) -> Tensor:
    return np.reshape(target.values, target.shape)


def spelled(value: Tensor) -> str:
    texts = np.array([f"{number:.{DIGITS}g}" for number in value.ravel()], dtype=object).reshape(value.shape)
    return str(texts.tolist()).replace("'", "")


class Examples(NamedTuple):
    """The problems of the examples in a folder, and what checks answers to them; both ways with the same tables."""

    folder: Path
    checker: Checker

    def key(self, problem: str) -> Key:
        return self.checker.problems.named(problem, "").key

    def results(self, paths: Iterable[Path], hide: bool) -> list[Result]:
        self.checker.hide = hide
        return [self.checker.check(str(path)) for path in paths]

    def result(self, path: Path, hide: bool) -> Result:
        return self.results([path], hide)[0]

    def item(self, path: Path, hide: bool) -> Item:
        """The first item that is answered."""
        return next(item for item in self.result(path, hide).items if item.given is not None)

    def entries(self, problem: str, ask: str, code: str) -> Iterator[Tensor]:
        """The wrong values that a mistake alone gives."""
        evidence = diagnosis_of(self.key(problem)).evidence(ask)
        assert evidence is not None
        for entry in evidence.table.entries:
            if any([slip.code for slip in made] == [code] for made in entry.combinations):
                yield entry.value


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    folder = tmp_path_factory.mktemp("examples")
    for name, text in PROBLEMS.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return Examples(folder, Checker(str(folder), diagnose))


def handed_in(folder: Path, problem: str, answers: Mapping[str, Tensor], name: str = "a") -> Path:
    lines = "".join(f"  {json.dumps(id)}: {spelled(value)}\n" for id, value in answers.items())
    (folder / "in").mkdir(exist_ok=True)
    path = folder / "in" / f"{name}.yaml"
    path.write_text(f"problem: {problem}\nstudent: x\nanswers:\n{lines}", encoding="utf-8")
    return path


def outputs(result: Result) -> Iterator[str]:
    """What every format says of a result."""
    summary = Summary()
    summary.add(result)
    yield str(student_report(result, Style(width=300)))
    for writer in (*(make() for make in WRITERS.values()), GithubWriter(".")):
        text = writer.begin() + writer.entry(result) + writer.end(summary, False)
        yield re.sub("<style>.*?</style>", "", text, flags=re.S)


def secrets(targets: Iterable[Target]) -> set[str]:
    """Right numbers as they may be printed, of four digits and more."""
    numbers = [abs(number) for target in targets for number in target.values]
    found = {f"{number:.{digits}g}" for number in numbers for digits in range(4, 9)}
    return {text for text in found if len(text.replace(".", "").strip("0")) > 3}


def numbers_told(result: Result, path: Path) -> set[str]:
    """The numbers that the formats say and the answers do not."""
    said = {number for text in outputs(result) for number in NUMBER.findall(text)}
    return said - set(NUMBER.findall(path.read_text(encoding="utf-8")))


# What gives the right answer away -------------------------------------------------------------------------------------

STEPS: dict[str, Callable[[Tensor], Tensor]] = {
    "negated": lambda own: -own,
    "twice": lambda own: 2 * own,
    "half": lambda own: own / 2,
    "percent": lambda own: 100 * own,
    "transposed": lambda own: own.T,
    "backwards": lambda own: own.ravel()[::-1].reshape(own.shape),
    "negated and transposed": lambda own: -own.T,
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_no_cause_is_told_of_an_answer_that_a_simple_step_undoes(problem: str, examples: Examples) -> None:
    """Each ask of each example, nor a right number in any format; where nothing is hidden, there are both."""
    targets = examples.key(problem).targets
    secret = secrets(targets.values())
    causes = told = 0
    for step in STEPS.values():
        path = handed_in(examples.folder, problem, {id: step(right(target)) for id, target in targets.items()})
        shown, hidden = (examples.result(path, hide) for hide in (False, True))
        causes += sum(len(item.causes) for item in shown.items)
        told += len(numbers_told(shown, path) & secret)
        assert not numbers_told(hidden, path) & secret
        assert not [item.id for item in hidden.items if item.causes or item.expected is not None]
        assert not hidden.slips
        assert [item.verdict for item in shown.items] == [item.verdict for item in hidden.items]
        assert (shown.score, shown.max_score) == (hidden.score, hidden.max_score)
    assert causes and bool(told) is bool(secret)


WITHHELD = """
    sign-flipped transposed elements-permuted percent half-missing half-extra learning-rate-missing ascent-for-descent
    learning-rate-twice gradient-for-parameter step-for-parameter parameter-for-gradient step-for-gradient log2-for-ln
    log10-for-ln squared-norm-for-norm target-minus-prediction learning-rate-misread samples-not-summed
"""
STAYS = """
    activation-derivative-missing relu-mask-missing updated-weights-used wrong-layer z-for-a a-for-z softmax-left-out
    derivative-of-another-activation weights-transposed recurrent-gradient-dropped bias-gradient-early
    gates-exchanged wrong-activation one-sample-alone wrong-base derivative-sign sign-lost
"""


@pytest.mark.parametrize("code", f"{WITHHELD} {STAYS}".split())
def test_what_takes_new_work_is_named_and_the_rest_is_not(code: str, examples: Examples) -> None:
    problem, ask = CAUSES[code].example
    named = {True: 0, False: 0}
    for value in islice(examples.entries(problem, ask, code), 8):
        path = handed_in(examples.folder, problem, {ask: value})
        for hide in named:
            named[hide] += code in {cause.code for cause in examples.item(path, hide).causes}
    assert named[False] > 0
    assert (named[True] == named[False]) is (code in STAYS.split())


def test_a_mistake_that_gives_one_answer_away_is_named_for_no_other(examples: Examples) -> None:
    """After three steps of Adam nothing undoes the sign; but whoever reads of it negates the gradient."""
    code = "target-minus-prediction"
    wrong = {ask: next(examples.entries("optimizer", ask, code)) for ask in ("dL/dW", "W@3")}
    path = handed_in(examples.folder, "optimizer", {"W@3": wrong["W@3"]})
    assert code in {cause.code for cause in examples.item(path, hide=True).causes}
    path = handed_in(examples.folder, "optimizer", wrong)
    shown, hidden = (examples.result(path, hide) for hide in (False, True))
    assert {id for slip in shown.slips for id in slip.items} == set(wrong)
    assert not hidden.slips and not any(item.causes for item in hidden.items)


TRAINED = """
conventions: {{weights: rows, samples: columns}}
layers: [{{dense: {{W: [[0.31, -0.72], [1.13, 0.44]], b: [0.15, -0.63], activation: tanh}}}}]
inputs: {{x: [1.21, -0.37]}}
targets: {{y: [0.3, -0.2]}}
loss: half_squared_error
training: {{learning_rate: 0.13, steps: 2, {}}}
ask: [{}]
"""
UNIT = """
parameters: {w: 0.37, v: -4.3, b: 0.7}
inputs: {x: 1.7}
targets: {t: 1}
equations: [z = w * x, a = sigmoid(z), u = v * a + b, y = sigmoid(u), C = 1/2 * (y - t)^2]
loss: C
ask: [dC/dw]
"""
BATCH = """
layers: [{dense: {W: [[0.31, -0.72]], b: [0.15], activation: tanh}}]
conventions: {weights: rows, samples: rows}
inputs: {x: [[1.2, 0.3], [0.4, -1.7], [0.9, 1.6], [-0.6, 0.8]]}
targets: {y: [[0.3], [-0.2], [0.8], [0.1]]}
loss: {name: half_squared_error, reduction: sum}
training: {learning_rate: 0.13, epochs: 2, batch_size: all}
ask: [L@e1]
"""
DECAY = 0.13 * 0.17 * np.array([[0.31, -0.72], [1.13, 0.44]])
ADAM = "optimizer: adam, beta1: 0.73, beta2: 0.94"
STATED: dict[str, tuple[str, str, Callable[[Tensor], Tensor]]] = {
    "factor-left-out": (UNIT, "dC/dw", lambda own: own / -4.3),
    "weight-decay-missing": (TRAINED.format("weight_decay: 0.17", "W1@1"), "W1@1", lambda own: own + DECAY),
    "betas-exchanged": (TRAINED.format(ADAM, "m_W@1"), "m_W@1", lambda own: own * 0.06 / 0.27),
    "sum-for-mean": (BATCH, "L@e1", lambda own: 16 * own),
}


@pytest.mark.parametrize("code", STATED)
def test_no_cause_is_told_of_an_answer_that_the_problem_s_numbers_undo(code: str, tmp_path: Path) -> None:
    problem, ask, wrong = STATED[code]
    (tmp_path / "p.yaml").write_text(problem, encoding="utf-8")
    checker = Examples(tmp_path, Checker(str(tmp_path), diagnose))
    path = handed_in(tmp_path, "p", {ask: wrong(right(checker.key("p").targets[ask]))})
    shown, hidden = (checker.item(path, hide) for hide in (False, True))
    assert code in {cause.code for cause in shown.causes}
    assert not hidden.causes


@pytest.mark.parametrize(("problem", "ask"), [("batch", "a2"), ("batch", "L"), ("steps", "L@e1"), ("batch", "W1@1")])
def test_no_step_is_told_that_leads_to_what_is_only_rounded(problem: str, ask: str, examples: Examples) -> None:
    """Numbers that are rounded on the way earn half, so their sign earned half as well."""
    combined = 0
    for value in islice(examples.entries(problem, ask, "rounded-early"), 10):
        path = handed_in(examples.folder, problem, {ask: value})
        if examples.item(path, hide=True).verdict == "imprecise":
            path = handed_in(examples.folder, problem, {ask: -value})
            combined += bool(examples.item(path, hide=False).causes)
            assert not examples.item(path, hide=True).causes
    assert combined


def test_the_class_s_picture_counts_no_cause_that_is_withheld(examples: Examples) -> None:
    target = examples.key("network").targets["dL/dz2"]
    path = handed_in(examples.folder, "network", {"dL/dz2": -right(target)})
    for hide in (False, True):
        summary = Summary()
        summary.add(examples.result(path, hide))
        assert bool(summary.causes or summary.sentences) is not hide


@pytest.mark.parametrize("code", CAUSES)
def test_no_format_says_a_right_number_beside_a_mistake(code: str, examples: Examples) -> None:
    """Of what each registered mistake gives in its example."""
    problem, ask = CAUSES[code].example
    path = handed_in(examples.folder, problem, {ask: next(examples.entries(problem, ask, code))})
    secret = secrets(examples.key(problem).targets.values())
    assert not numbers_told(examples.result(path, hide=True), path) & secret


def test_a_slip_that_is_charged_once_is_not_named_either(tmp_path: Path) -> None:
    """Which answers it joins would tell as much as its name; the points are the same."""
    (tmp_path / "p.yaml").write_text(f"{PROBLEMS['formula']}marking: {{repeated: 0.6}}\n", encoding="utf-8")
    checker = Examples(tmp_path, Checker(str(tmp_path), diagnose))
    wrong = {ask: -right(checker.key("p").targets[ask]) for ask in ("dC/dw", "dC/db")}
    shown, hidden = (checker.result(handed_in(tmp_path, "p", wrong), hide) for hide in (False, True))
    assert ["charged once" in item.message for item in shown.items].count(True) == 1
    assert not any(item.message for item in hidden.items)
    assert shown.score == hidden.score == 0.6


# That something is withheld -------------------------------------------------------------------------------------------

SHAPES = {
    "negated": "dL/dz2",
    "percent": "dL/dW1",
    "transposed": "W1@1",
    "backwards": "b1@1",
    "half": "W2@1",
    "twice": "L",
}


@pytest.mark.parametrize("step", SHAPES)
def test_nothing_tells_that_a_cause_is_withheld(step: str, examples: Examples) -> None:
    """What is said of such an answer is what is said of any wrong one, but for the numbers themselves.

    What is right by accident, on the diagonal of a transposed matrix, earns nothing and counts as wrong.
    """
    target = examples.key("network").targets[SHAPES[step]]
    own = STEPS[step](right(target))
    other = own + np.linspace(3.123456, 7.123456, own.size).reshape(own.shape)  # no mistake gives it
    stays = own == 0 if step in ("transposed", "backwards") else own == right(target)
    other = np.where(stays, own, other)
    said = []
    for value in (own, other):
        path = handed_in(examples.folder, "network", {target.id: value})
        hidden = examples.result(path, hide=True)
        said.append([re.sub(r"-?\d+\.\d+(e-\d+)?|-?\d+e-\d+", "#", text) for text in outputs(hidden)])
        assert ("consistent with" in "".join(outputs(examples.result(path, hide=False)))) is (value is own)
    assert said[0] == said[1]


MATRIX = "parameters: {B: [[2.03, 7.01, 6.07], [3.11, 2.17, 8.29], [5.27, 4.23, 1.91]]}\nequations: [A = -(-B)]\n"
GAPS = {
    "permuted": "[[5.27, 4.23, ?], [3.11, 2.17, 8.29], [2.03, 7.01, 6.07]]",
    "transposed": "[[2.03, 3.11, 5.27], [7.01, 2.17, ?], [6.07, 8.29, 1.91]]",
}


@pytest.mark.parametrize("order", GAPS)
def test_a_number_that_cannot_be_read_hides_no_order(order: str, tmp_path: Path) -> None:
    """And it is no wrong number."""
    written(tmp_path, f"{MATRIX}ask: [A]\n", "p.yaml")
    path = Path(written(tmp_path, f"problem: p\nanswers:\n  A: {GAPS[order]}\n", "a.yaml"))
    checker = Examples(tmp_path, Checker(str(tmp_path), diagnose))
    shown, hidden = (checker.item(path, hide) for hide in (False, True))
    assert shown.causes and not hidden.causes
    assert hidden.elements.count("unreadable") == 1
    assert f"{hidden.elements.count('wrong')} of 9 numbers count as wrong" in hidden.message
    assert "1 of 9 numbers cannot be read" in hidden.message


def test_of_no_number_is_said_that_it_is_wrong_which_is_right(tmp_path: Path) -> None:
    """The diagonal of what is transposed is right; it earns nothing, as any wrong number: it counts as wrong."""
    written(tmp_path, f"{MATRIX}ask: [A]\n", "p.yaml")
    checker = Examples(tmp_path, Checker(str(tmp_path), diagnose))
    transposed = "[[2.03, 3.11, 5.27], [7.01, 2.17, 4.23], [6.07, 8.29, 1.91]]"
    for text, count in ((transposed, 9), (transposed.replace("2.03", "1.55").replace("1.91", "7.7"), 8)):
        path = Path(written(tmp_path, f"problem: p\nanswers: {{A: {text}}}\n", "a.yaml"))
        assert checker.item(path, hide=True).message == f"{count} of 9 numbers count as wrong, the first is [1,1]"
        assert "are wrong" in checker.item(path, hide=False).message


def test_numbers_of_one_digit_hide_no_sign(tmp_path: Path) -> None:
    """Turned round, most of them would be right but for the digits, which earns half."""
    problem = "parameters: {v: [0.04, 0.003, 0.6, 8.2, 55, 0.088, 0.05, 0.15, 6, 0.95]}\nequations: [A = -(-v)]\n"
    written(tmp_path, f"{problem}ask: [A]\n", "p.yaml")
    answer = "[-0.04, -0.003, -0.6, -8, -60, -0.09, -0.1, -0.2, -6, -1]"
    path = Path(written(tmp_path, f"problem: p\nanswers: {{A: {answer}}}\n", "a.yaml"))
    checker = Examples(tmp_path, Checker(str(tmp_path), diagnose))
    assert checker.item(path, hide=False).causes and not checker.item(path, hide=True).causes


def test_a_percentage_of_few_digits_is_not_written_out(tmp_path: Path) -> None:
    written(tmp_path, "parameters: {p: 0.0068}\nequations: [q = p]\nask: [{of: q, percent: true}]\n", "p.yaml")
    path = Path(written(tmp_path, "problem: p\nanswers: {q: 1}\n", "a.yaml"))
    checker = Examples(tmp_path, Checker(str(tmp_path), diagnose))
    assert "1 %" in checker.item(path, hide=False).message
    assert not checker.item(path, hide=True).message


def test_a_hint_that_writes_the_right_percentage_is_withheld(tmp_path: Path) -> None:
    written(tmp_path, "parameters: {p: 0.72419}\nequations: [q = p]\nask: [{of: q, percent: true}]\n", "p.yaml")
    path = written(tmp_path, "problem: p\nanswers: {q: 72.419}\n", "a.yaml")
    arguments = ["check", path, "--problems", str(tmp_path)]
    shown, hidden = (call(*arguments, *more).output for more in ([], ["--hide-solution"]))
    assert "72.419 %" in shown and "percent" in shown
    assert "%" not in hidden.replace("0.1 % of the value", "") and "percent" not in hidden


def test_the_python_function_and_the_command_hide(examples: Examples) -> None:
    target = examples.key("formula").targets["dC/dz"]
    path = handed_in(examples.folder, "formula", {"dC/dz": -right(target)})
    for hide in (False, True):
        (result,) = nnsolve.check_many([path], problems=examples.folder, hide_solution=hide).results
        assert result == examples.result(path, hide)
        more = ["--hide-solution"] if hide else []
        printed = call("check", str(path), "--problems", str(examples.folder), *more).output
        assert ("sign-flipped" in printed) is not hide
