"""Errors carried forward: by what follows from the student's own digits, no more and no less."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnsolve.checking.check import check
from nnsolve.checking.diagnose import diagnose
from nnsolve.checking.key import Key, Target
from nnsolve.checking.model import Item
from nnsolve.core.expressions import references
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.run import Run
from nnsolve.problem.loader import load_problem
from tests.seeds.printed import ANSWER_FILES, PROBLEMS

STEMS = (
    "regression-3-4-3-l2-norm",
    "scalar-backpropagation",
    "softmax-unit-gradient-step",
    "binary-nll-gradient",
    "relu-relu-softmax-classifier",
)

FINE = 7
"""Digits of updated parameters, which show the update."""


def written(value: Any, digits: int) -> str:
    if isinstance(value, list):
        return f"[{', '.join(written(number, digits) for number in value)}]"
    return f"{value:.{digits - 1}e}" if value else "0"


def rounded(value: np.ndarray, digits: int) -> np.ndarray:
    return np.array([float(written(float(number), digits)) for number in value.ravel()]).reshape(value.shape)


class Student:
    """Makes one slip, a random wrong value, and calculates on from it: with all its digits, or with those written."""

    def __init__(self, stem: str, key: Key, slip: Target, rng: random.Random) -> None:
        self.stem, self.key, self.slip = stem, key, slip
        self.digits = {id: rng.choice([3, 4, 5]) for id in key.targets}
        largest = max(1e-3, *map(abs, slip.values))
        wrong = np.array(slip.values) + largest * np.array([rng.uniform(-1, 1) for _ in slip.values])
        assert slip.name is not None
        run = Run(key.problem)
        update, name = run.home(slip.name)
        if update and name in run.program.updated:
            update, name = update - 1, name.after(1)
        moment = run.moment(update)
        used = wrong if rng.random() < 0.5 else rounded(wrong, self.digits[slip.id])
        moment.values[name] = used.reshape(moment.program.shapes.of(name.after(0)).dims)
        self.values = {
            id: evaluate(t.expr, t.asked.shapes, {name: run.value(name) for name in references(t.expr)}).ravel()
            for id, t in key.targets.items()
            if not t.section
        }
        self.values[slip.id] = wrong

    def items(self, folder: Path) -> dict[str, Item]:
        path = folder / "student.yaml"
        lines = [f"problem: {self.stem}", "answers:"]
        for id, value in self.values.items():
            target = self.key.targets[id]
            digits = self.digits[id] if target.changes is None or id == self.slip.id else FINE
            lines.append(f"  {id}: {written(np.reshape(value, target.shape).tolist(), digits)}")
        path.write_text("\n".join(lines) + "\n")
        return {item.id: item for item in check(path, PROBLEMS).items}


def students(stem: str, count: int) -> list[Student]:
    rng = random.Random(stem)
    key = Key(load_problem(PROBLEMS / f"{stem}.yaml"))
    slips = [target for target in key.targets.values() if target.name is not None and not target.section]
    return [Student(stem, key, rng.choice(slips), rng) for _ in range(count)]


@pytest.mark.parametrize("stem", STEMS)
def test_one_slip_is_carried_through_all_that_follows(stem: str, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    for student in students(stem, 12):
        items = student.items(tmp_path)
        for id, item in items.items():
            assert id not in student.values or id == student.slip.id or item.verdict in ("correct", "carried"), item
            counts[item.verdict] += 1
    assert counts["carried"] >= 5


@pytest.mark.parametrize("stem", STEMS)
def test_a_second_slip_is_wrong(stem: str, tmp_path: Path) -> None:
    rng = random.Random(stem)
    seen = 0
    for student in students(stem, 12):
        carried = [id for id, item in student.items(tmp_path).items() if item.verdict == "carried"]
        if not carried:
            continue
        id = rng.choice(carried)
        target, value = student.key.targets[id], student.values[id].copy()
        start = np.subtract(target.values, target.changes or target.values)
        n = int(np.argmax(np.abs(value - start)))  # an element of some size
        value[n] += (value[n] - start[n]) * rng.choice([-2, -1, -0.5, 0.1, 1])
        student.values[id] = value
        item = student.items(tmp_path)[id]
        assert item.verdict == "wrong" and item.elements[n] == "wrong", item
        seen += 1
    assert seen >= 4


CHAIN = """\
parameters: {w: 2, v: 300}
inputs: {x: 5}
equations:
  - z = w * x
  - y = v * (z - 9.5)
  - L = y^2
loss: L
training: {learning_rate: 1.0e-9}
ask: [z, y, dL/dv, v@1]
"""


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ("z: 9.9, y: 120.0", "carried"),  # by what was written
        ("z: 9.9, y: 132.1", "carried"),  # 9.94 was rounded
        ("z: 9.9, y: 105.5", "carried"),
        ("z: 9.9, y: 104.5", "wrong"),
        ("z: 9.9, y: 135.5", "wrong"),
        ("z: 9.90, y: 132.1", "wrong"),
        ("z: 9.90, y: 121.4", "carried"),
        ("z: 10, y: 150", "correct"),
        ("z: 10.005, y: 151.5", "imprecise"),  # z is right, but y was computed from what was written
        ("z: 10.005, y: 153.1", "wrong"),
        ("z: 10, y: 151.5", "wrong"),
    ],
)
def test_digits_that_were_left_out_count_by_what_they_change(answers: str, verdict: str, tmp_path: Path) -> None:
    """y = 300 (z - 9.5) is 60 times as sensitive as z."""
    (tmp_path / "chain.yaml").write_text(CHAIN)
    path = tmp_path / "a.yaml"
    path.write_text(f"problem: chain\nanswers: {{{answers}}}\n")
    item = {item.id: item for item in check(path, tmp_path).items}["y"]
    assert item.verdict == verdict, item
    assert ("your z" in item.message) is (verdict in ("carried", "imprecise"))


FEW = """\
parameters: {w: 2.47, v: 3}
inputs: {x: 1}
equations: [z = w * x, a = v * z, b = a - 1, y = b + z]
ask: [y, b, a, z]
"""


@pytest.mark.parametrize(
    ("answers", "verdicts"),
    [
        ("z: 2.47, a: 7.41, b: 6.41", "correct correct correct"),
        ("z: 2, a: 7.41, b: 6.41", "imprecise correct correct"),  # went on with more digits
        ("z: 2, a: 6, b: 5", "imprecise imprecise imprecise"),  # went on with what was written
        ("z: 2, b: 5", "imprecise imprecise"),
        ("z: 3, a: 9, b: 8", "wrong carried carried"),
        ("z: 2, a: 8.3, b: 7.3", "imprecise wrong carried"),
        ("z: 2, a: 6, b: 8.3, y: 10.3", "imprecise imprecise wrong carried"),  # of both, and one is wrong
        ("z: 2, a: 6, b: 5, y: 7", "imprecise imprecise imprecise imprecise"),
    ],
)
def test_few_digits_are_no_error_that_is_carried(answers: str, verdicts: str, tmp_path: Path) -> None:
    """z = 2.47, a = 7.41, b = 6.41: who goes on with z = 2 has lost digits, and half of the first that follows.

    What else follows loses nothing more; in any order.
    """
    (tmp_path / "few.yaml").write_text(FEW)
    path = tmp_path / "a.yaml"
    path.write_text(f"problem: few\nanswers: {{{answers}}}\n")
    items = {item.id: item for item in check(path, tmp_path).items if item.verdict != "missing"}
    found = [items[id].verdict for id in "zaby" if id in items]
    assert found == verdicts.split()
    credits = {"correct": 1, "imprecise": 0.5, "carried": 1, "wrong": 0}
    again = [id for id, item in items.items() if item.message.startswith("rounded on the way")][1:]
    assert {id: item.credit for id, item in items.items()} == {
        id: 1 if id in again else credits[item.verdict] for id, item in items.items()
    }
    assert all(("charged once, at " in item.message) is (id in again) for id, item in items.items())
    assert all((not item.carried_from) is (item.verdict != "carried") for item in items.values())


def test_what_follows_from_a_tensor_of_few_digits_says_so(tmp_path: Path) -> None:
    """Two of three numbers of a follow from z; the third is a slip of its own."""
    (tmp_path / "few.yaml").write_text(FEW.replace("2.47", "[2.47, 1.32, 5]").replace("a - 1", "2 * a"))
    path = tmp_path / "a.yaml"
    path.write_text("problem: few\nanswers: {z: [2, 1, 5.00], a: [6, 3, 16]}\n")
    items = {item.id: item for item in check(path, tmp_path).items}
    assert (items["a"].verdict, items["a"].elements) == ("wrong", ("imprecise", "imprecise", "wrong"))
    assert items["a"].credit == pytest.approx(1 / 3)
    assert items["a"].message.startswith("1 of 3 numbers is wrong, at [3]; the others are rounded on the way")


def test_what_follows_from_rounding_that_is_not_shown_is_imprecise_too(tmp_path: Path) -> None:
    """z = 0.6175 is rounded to 0.62 and not shown: a is imprecise, and so is b, which follows from it."""
    text = FEW.replace("2.47", "0.6175").replace("v * z", "v * z^3")
    (tmp_path / "few.yaml").write_text(text)
    path = tmp_path / "a.yaml"
    a = 3 * 0.62**3
    path.write_text(f"problem: few\nanswers: {{a: {a:.6f}, b: {a - 1:.6f}}}\n")
    items = {item.id: item for item in check(path, tmp_path, diagnose).items}
    assert [items[id].verdict for id in "ab"] == ["imprecise", "imprecise"]
    assert [items[id].credit for id in "ba"] == [0.5, 1]
    path.write_text(f"problem: few\nanswers: {{a: {-a:.6f}, b: {-a - 1:.6f}}}\n")
    items = {item.id: item for item in check(path, tmp_path, diagnose).items}
    assert [items[id].verdict for id in "ab"] == ["wrong", "carried"]


def test_rounding_that_is_shown_and_right_is_charged_once(tmp_path: Path) -> None:
    """z = 0.6175 is right as 0.62; what follows from that loses half once, not a slip of its own."""
    (tmp_path / "few.yaml").write_text(FEW.replace("2.47", "0.6175").replace("[y, b, a, z]", "[z, a, b, y]"))
    path = tmp_path / "a.yaml"
    path.write_text("problem: few\nanswers: {z: 0.62, a: 1.86, b: 0.86, y: 1.9}\n")
    items = check(path, tmp_path).items
    assert [item.verdict for item in items] == ["correct", "imprecise", "imprecise", "wrong"]
    assert [item.credit for item in items] == [1, 0.5, 1, 0]
    assert items[2].message == "rounded on the way: right by the digits of your a; charged once, at a"


def test_a_bare_digit_among_longer_numbers_leaves_nothing_open(tmp_path: Path) -> None:
    """The 0 in [7.08, 0, -1.92] is no number between -0.5 and 0.5."""
    path = tmp_path / "a.yaml"
    for second, verdict in (("0.1451", "carried"), ("0.2176", "wrong")):
        path.write_text(
            "problem: regression-3-4-3-l2-norm\n"
            f"answers: {{q-c: [7.080, 0, -1.920], q-d: 6.892, q-e-h2: [0.8096, {second}, -0.5688]}}\n"
        )
        assert {item.id: item.verdict for item in check(path, PROBLEMS).items}["q-e-h2"] == verdict


def test_what_was_not_updated_is_not_carried(tmp_path: Path) -> None:
    """dL/dw = x; the first number is rightly rounded to 0.00, but who goes on with that does not update."""
    text = "parameters: {w: [1, 2]}\ninputs: {x: [0.004, 5]}\nequations: [L = sum(w * x)]\nloss: L\n"
    text += "training: {learning_rate: 0.1}\nask: [{of: dL/dw, decimals: 2}, w@1]\n"
    (tmp_path / "chain.yaml").write_text(text)
    path = tmp_path / "a.yaml"
    for new, verdict in (("1.0000", "wrong"), ("1.0004", "wrong"), ("0.9996", "correct"), ("0.9997", "imprecise")):
        path.write_text(f"problem: chain\nanswers: {{dL/dw: [0.00, 5.00], w@1: [{new}, 1.5]}}\n")
        assert {item.id: item.verdict for item in check(path, tmp_path).items} == {"dL/dw": "correct", "w@1": verdict}


def test_slip_of_the_pen_among_carried_numbers_is_wrong() -> None:
    """0.9946 is typeset where the flipped sign gives 0.99408; the eleven other numbers are right for it."""
    items = {item.id: item for item in check(ANSWER_FILES["regression-3-4-3-l2-norm-typeset"], PROBLEMS).items}
    item = items["q-g-W2"]
    assert (item.verdict, item.elements.count("carried"), item.elements.index("wrong")) == ("wrong", 8, 9)
    assert item.message == "1 of 12 numbers is wrong, at [3,2]; the others are right, given your q-e-W2"
    assert item.credit == pytest.approx(11 / 12) and not item.carried_from
    assert (item.line, item.column) == (25, 82)
    honest = ("q-e-W2", "q-e-b2", "q-f-h1", "q-f-hbar1", "q-f-W1", "q-f-b1", "q-g-b2", "q-g-W1")
    assert {items[id].verdict for id in honest} == {"carried"}


BATCHES = """\
conventions: {weights: columns, samples: rows}
layers: [{dense: {W: [[0.5]]}}]
inputs: {x: [[1], [2], [3]]}
targets: {y: [[1], [1], [2]]}
loss: {name: half_squared_error, reduction: sum}
training: {optimizer: sgd, learning_rate: 0.1, epochs: 1, batch_size: 2}
ask: [W@end, z@end, {id: twice, of: 2 * z@end}]
"""


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("{W@end: [[0.712]], z@end: [0.712, 1.424, 2.136]}", ["carried", "carried", "carried"]),
        ("{W@end: [[0.712]], z@end: [0.712, 1.424, 2.4]}", ["carried", "carried", "wrong"]),
        ("{W@end: [[0.712]], z@end: [0.904, 1.808, 2.612]}", ["wrong", "wrong", "wrong"]),
        ("{z@end: [0.904, 1.808, 2.612], twice: [1.808, 3.616, 5.224]}", ["wrong", "wrong", "wrong"]),
    ],
)
def test_what_follows_after_the_last_update_is_over_all_samples(
    answers: str, expected: list[str], tmp_path: Path
) -> None:
    (tmp_path / "batches.yaml").write_text(BATCHES)
    (tmp_path / "a.yaml").write_text(f"problem: batches\nanswers: {answers}\n")
    items = {item.id: item for item in check(tmp_path / "a.yaml").items}
    assert list(items["z@end"].elements) == expected
    assert items["twice"].verdict == ("carried" if "twice" in answers else "missing")


@pytest.mark.parametrize(("seen", "verdict"), [("0.6477", "carried"), ("0.6577", "wrong")])
def test_the_losses_of_epochs_follow_from_a_wrong_gradient(tmp_path: Path, seen: str, verdict: str) -> None:
    file = tmp_path / "s.yaml"
    answers = f"{{dL/dW1: [[0, 0], [0.1117, 0.1117]], L@e1: {seen}}}"
    file.write_text(f"problem: xor-mini-batches\nstudent: s\nanswers: {answers}\n")
    items = {item.id: item for item in check(file, PROBLEMS).items}
    assert (items["L@e1"].verdict, items["L@e1"].carried_from) == (verdict, ("dL/dW1",) if verdict == "carried" else ())


@pytest.mark.parametrize(("percent", "verdict"), [("10.1%", "carried"), ("10.2%", "wrong")])
def test_a_quantity_that_is_asked_twice_is_charged_once(tmp_path: Path, percent: str, verdict: str) -> None:
    (tmp_path / "p.yaml").write_text(
        "inputs: {z: [1, 2]}\nequations: [p = softmax(z)]\nask: [{id: a, of: p}, {id: b, of: p, percent: true}]\n"
    )
    file = tmp_path / "s.yaml"
    file.write_text(f"problem: p\nstudent: s\nanswers: {{a: [0.101, 0.899], b: [{percent}, 89.9%]}}\n")
    first, second = check(file, tmp_path).items
    assert (first.verdict, second.verdict, second.carried_from) == (
        "wrong",
        verdict,
        ("a",) if verdict == "carried" else (),
    )


SEQUENCE = """\
conventions: {weights: rows, samples: columns}
layers: [{rnn: {W_xh: [[0.5], [1]], W_hh: [[0.5, 0], [-1, 0.25]], b: [0, 0.1], activation: identity}}]
inputs: {x: [1, -2, 3]}
targets: {y: [[0, 0], [0, 0], [1, 0]]}
loss: {name: half_squared_error, over_time: sum}
ask: [h, h_3, L]
"""


@pytest.mark.parametrize(
    ("answers", "elements", "verdict"),
    [
        (
            "h: [[0.5, 1.200], [-0.75, -2.100], [1.125, 3.325]], L: 8.867",
            "right wrong right carried right carried",
            "carried",
        ),
        (
            "h: [[0.5, 1.200], [-0.75, -2.100], [1.125, 3.325]], L: 8.967",
            "right wrong right carried right carried",
            "wrong",
        ),
        (
            "h: [[0.5, 1.1], [-0.75, -2.125], [1.25, 3.31875]], L: 8.807",
            "right right right right wrong right",
            "carried",
        ),
        ("h: [[0.5, 1.1], [-0.75, -2.125], [1.25, 3.31875]], L: 8.820", "right right right right wrong right", "wrong"),
    ],
)
def test_a_wrong_step_of_a_sequence_is_carried_forward(
    answers: str, elements: str, verdict: str, tmp_path: Path
) -> None:
    """To the steps after it, and to what follows from all of them, as if each step had been asked."""
    (tmp_path / "steps.yaml").write_text(SEQUENCE)
    (tmp_path / "a.yaml").write_text(f"problem: steps\nanswers: {{{answers}}}\n")
    items = {item.id: item for item in check(tmp_path / "a.yaml").items}
    assert list(items["h"].elements) == elements.replace("right", "correct").split()
    assert (items["L"].verdict, items["L"].carried_from) == (verdict, ("h",) if verdict == "carried" else ())


def test_a_sequence_that_follows_from_another_one_names_that_alone(tmp_path: Path) -> None:
    (tmp_path / "steps.yaml").write_text(SEQUENCE.replace("L]", "dL/dh]"))
    states = "[0.5, 1.200], [-0.75, -2.100], [1.125, 3.325]"
    gradients = "[-0.2375, 0.88281], [-4.0125, -1.26875], [0.125, 3.325]"
    (tmp_path / "a.yaml").write_text(f"problem: steps\nanswers: {{h: [{states}], dL/dh: [{gradients}]}}\n")
    items = {item.id: item for item in check(tmp_path / "a.yaml").items}
    assert (items["dL/dh"].verdict, items["dL/dh"].carried_from) == ("carried", ("h",))


@pytest.mark.parametrize(("step", "verdict"), [("[1.25, 3.31875]", "carried"), ("[1.35, 3.31875]", "wrong")])
def test_a_step_that_is_asked_with_its_sequence_is_charged_once(step: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "steps.yaml").write_text(SEQUENCE)
    sequence = "[[0.5, 1.1], [-0.75, -2.125], [1.25, 3.31875]]"
    (tmp_path / "a.yaml").write_text(f"problem: steps\nanswers: {{h: {sequence}, h_3: {step}}}\n")
    items = {item.id: item for item in check(tmp_path / "a.yaml").items}
    assert (items["h"].verdict, items["h_3"].verdict) == ("wrong", verdict)


@pytest.mark.parametrize(
    ("written", "verdict"),
    [("[0.5, -0.75, 1.125]", "correct"), ("[[0.5, -0.75, 1.125]]", "correct"), ("[[0.5], [-0.75], [1.125]]", "correct"),
     ("[[0.5, -0.75], [1.125]]", "unreadable")],
)  # fmt: skip
def test_a_sequence_of_single_numbers_is_a_vector_however_it_is_written(
    written: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "steps.yaml").write_text(
        "conventions: {weights: rows, samples: columns}\n"
        "layers: [{rnn: {W_xh: [[0.5]], W_hh: [[0.5]], activation: identity}}]\ninputs: {x: [1, -2, 3]}\nask: [h]\n"
    )
    (tmp_path / "a.yaml").write_text(f"problem: steps\nanswers: {{h: {written}}}\n")
    (item,) = check(tmp_path / "a.yaml").items
    assert item.verdict == verdict


SMALL_STEP = """
conventions: {weights: rows, samples: columns, count_from: 1}
layers:
  - dense: {W: [[0.4, -0.7], [1.1, 0.3], [-0.2, 0.9]], b: [0.1, -0.3, 0.2], activation: tanh}
  - dense: {W: [[0.6, -1.2, 0.5], [0.8, 0.35, -0.9], [-0.45, 0.7, 1.3]], b: [0.05, -0.15, 0.25], activation: softmax}
inputs: {x: [1.3, -0.6]}
targets: {y: {class: 2}}
loss: cross_entropy
training: {optimizer: sgd, learning_rate: 0.01, steps: 1}
ask: [z1, a1, z2, a2, L, dL/dz2, dL/dW2, W2@1]
"""

ROUNDED = """problem: small
answers:
  z1: [1, 0.95, -0.6]
  a1: [0.76, 0.74, -0.54]
  z2: [-0.65, 1.2, -0.28]
  a2: [0.11, 0.72, 0.16]
  L: 0.33
  dL/dz2: [0.11, -0.28, 0.16]
  dL/dW2: [[0.084, 0.081, -0.059], [-0.21, -0.21, 0.15], [0.12, 0.12, -0.086]]
  W2@1: [[0.6, -1.2, 0.5], [0.8, 0.35, -0.9], [-0.45, 0.7, 1.3]]
"""


def test_old_parameters_are_no_rounding_on_the_way(tmp_path: Path) -> None:
    """Everything is rounded to two digits, which explains the old weights, too: nothing was updated."""
    (tmp_path / "small.yaml").write_text(SMALL_STEP)
    (tmp_path / "a.yaml").write_text(ROUNDED)
    *before, updated = check(tmp_path / "a.yaml", tmp_path, diagnose).items
    assert "rounded-early" in {cause.code for cause in updated.causes}
    assert (updated.verdict, updated.credit) == ("wrong", 0)
    assert {item.verdict for item in before} <= {"correct", "imprecise"}


def test_half_of_what_is_wrong_may_be_carried(tmp_path: Path) -> None:
    """One wrong number in z and what follows from it in a, and a slip of the pen there: who errs less loses less."""
    (tmp_path / "p.yaml").write_text("inputs: {x: [1, 2, 3]}\nequations: [z = 2.5 * x, a = z^2]\nask: [z, a]\n")
    path = tmp_path / "a.yaml"
    path.write_text("problem: p\nanswers: {z: [2.5, 5, 7.6], a: [6.25, 26.3, 57.76]}\n")
    assert check(path, tmp_path).items[1].elements == ("correct", "wrong", "carried")


@pytest.mark.parametrize(
    ("added", "verdict", "credit"),
    [("W: 4", "wrong", 0), ("x: 6", "wrong", 0), ("W: 4, x: 5", "wrong", 0), ("z: 16.5", "carried", 1)],
)
def test_nothing_is_carried_from_what_the_problem_states(
    added: str, verdict: str, credit: float, tmp_path: Path
) -> None:
    """W = 3 and x = 5 stand in the problem: who answers something else to them has not worked it out."""
    text = "parameters: {W: 3, b: 0.5}\ninputs: {x: 5}\nequations: [z = W * x + b, a = 2 * z]\nask: [a]\n"
    (tmp_path / "p.yaml").write_text(text)
    path = tmp_path / "a.yaml"
    a = {"W: 4": 41, "x: 6": 37, "W: 4, x: 5": 41, "z: 16.5": 33}[added]
    path.write_text(f"problem: p\nanswers: {{a: {a}, {added}}}\n")
    first, *others = check(path, tmp_path).items
    assert (first.verdict, first.credit) == (verdict, credit)
    assert others[0].verdict == "wrong"


def test_an_updated_parameter_is_a_step(tmp_path: Path) -> None:
    """w is given, w@1 is not: what follows from a wrong one is carried."""
    text = "parameters: {w: 2}\ninputs: {x: 3}\nequations: [y = w * x, L = y^2]\nloss: L\n"
    (tmp_path / "p.yaml").write_text(text + "training: {learning_rate: 0.01, steps: 1}\nask: [y@1]\n")
    path = tmp_path / "a.yaml"
    for step, verdict in (("w@1: 1.5", "carried"), ("w: 1.5", "wrong")):
        path.write_text(f"problem: p\nanswers: {{{step}, y@1: 4.5}}\n")
        assert check(path, tmp_path).items[0].verdict == verdict


@pytest.mark.parametrize(
    ("less", "b", "verdict", "credit"),
    [(4.54, "0.46", "imprecise", 0.5), (4.80, "0.20", "imprecise", 0.5), (4.84, "0.16", "wrong", 0)],
)
def test_rounding_on_the_way_is_no_excuse_for_what_is_far_off(
    less: float, b: str, verdict: str, credit: float, tmp_path: Path
) -> None:
    """z = 4.94 is rounded to 5: of b = z - 4.84 = 0.1 that makes 0.16, more than half too much."""
    text = f"parameters: {{w: 4.94}}\ninputs: {{x: 1}}\nequations: [z = w * x, b = z - {less}]\nask: [z, b]\n"
    (tmp_path / "p.yaml").write_text(text)
    path = tmp_path / "a.yaml"
    path.write_text(f"problem: p\nanswers: {{z: 5, b: {b}}}\n")
    first, second = check(path, tmp_path).items
    assert first.verdict == "imprecise"
    assert (second.verdict, second.credit) == (verdict, credit)
    assert "the digits of your z" in second.message


def test_a_number_that_rounding_makes_huge_is_wrong(tmp_path: Path) -> None:
    """v = (0.01)^2 is rounded to 0: w@1 is off by a million, whatever made it so."""
    (tmp_path / "p.yaml").write_text(ADAM)
    path = tmp_path / "a.yaml"
    path.write_text("problem: p\nanswers: {W1@1: [[0.4699, -1.95e+06], [0.9701, 1.95e+06]]}\n")
    item = next(item for item in check(path, tmp_path, diagnose).items if item.given)
    assert [cause.code for cause in item.causes] == ["rounded-early"]
    assert (item.verdict, item.elements) == ("wrong", ("imprecise", "wrong", "imprecise", "wrong"))
    assert item.credit == 0.25 and item.message.startswith("2 of 4 numbers are wrong")


ADAM = """\
layers:
  - dense: {W: [[0.31, -0.72], [1.13, 0.44]], b: [0.15, -0.63], activation: softmax}
conventions: {weights: rows, samples: columns, count_from: 1}
inputs: {x: [1.21, -0.37]}
targets: {y: [1, 0]}
loss: cross_entropy
training: {optimizer: adam, learning_rate: 0.13, beta1: 0.8, beta2: 0.95, epsilon: 1e-8, steps: 2}
ask: [L, W1@1]
"""
