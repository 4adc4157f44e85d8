"""What is named for wrong answers, and what is not: evidence, corroboration, coincidence."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from nnsolve.checking.check import check
from nnsolve.checking.diagnose import Diagnosis, diagnose
from nnsolve.checking.mistakes.late import FEWEST, Early, likely
from nnsolve.checking.mistakes.mistake import Slip, identity
from nnsolve.checking.model import Given
from nnsolve.problem.loader import load_problem
from tests.bench import slips_sequences
from tests.bench import trained as trainings
from tests.bench.accusations import CHANCE, accusations
from tests.bench.diagnosis import known, outcomes, share
from tests.bench.slips import networks, units
from tests.bench.slips import regression as regression_slips
from tests.bench.slips_training import training
from tests.checking.answering import answer

SEEDS = Path(__file__).parents[2] / "problems"


def regression() -> Diagnosis:
    return known("regression-3-4-3-l2-norm").diagnosis


def right(ask: str) -> np.ndarray:
    evidence = regression().evidence(ask)
    assert evidence is not None
    return evidence.right


def codes(given: dict[str, object], digits: int = 4) -> dict[str, set[str]]:
    """The causes of answers all of which are wrong."""
    answers = {ask: answer(value, digits) for ask, value in given.items()}
    return {ask: {c.code for c in found} for ask, found in regression().explain(answers, list(answers)).items()}


def test_mistakes_made_by_hand_are_named() -> None:
    """The figure of the bench, on two of its exercises."""
    exercises = [e for e in (*networks.EXERCISES, *units.EXERCISES) if e.problem in ("rnn", "scalar-backpropagation")]
    found = share(outcome for outcome in outcomes(exercises) if not outcome.says_nothing)
    assert found.of > 150
    assert found.found >= 0.98 * found.of


@pytest.mark.parametrize(("digits", "most"), [(4, 0.01), (2, 0.02)])
def test_random_wrong_answers_are_accused_of_nothing(digits: int, most: float) -> None:
    share = accusations(CHANCE, digits, ("classifier", "scalar-backpropagation"))
    assert share.of > 400
    assert share.found <= most * share.of


def test_zeros_and_ones_prove_nothing() -> None:
    masked = np.array([[0.0, 1, 0], [1, 0, -1], [0, 0, 0], [1, -1, 0]])
    assert codes({"q-f-W1": masked}) == {"q-f-W1": set()}


def lstm() -> Diagnosis:
    return known("lstm-rounded-gates").diagnosis


@pytest.mark.parametrize("made", ["gate-inverted", "wrong-activation:output", "wrong-time-step:input"])
def test_sequences_of_zeros_and_ones_say_something_together(made: str) -> None:
    given = {ask: answer(value) for ask, value in slips_sequences.lstm(False, (made,)).items()}
    found = lstm().explain(given, ["a.h", "d.h", "e.h"])
    assert all(made.partition(":")[0] in {cause.code for cause in causes} for causes in found.values())


def test_other_sequences_of_zeros_and_ones_are_accused_of_nothing() -> None:
    given = {"d.h": answer([1, 0, 0, -1, 1, 0, 1, 0, -1]), "e.h": answer([0, 1, 0, -1, 0, 1, 1, 0, 1])}
    assert set(lstm().explain(given, list(given)).values()) == {()}


def test_a_single_small_whole_number_says_nothing() -> None:
    assert lstm().explain({"f.c_10": answer(0)}, ["f.c_10"]) == {"f.c_10": ()}


def test_few_digits_of_a_given_bias_say_that_it_is_not_updated() -> None:
    given = {"q-d": answer(right("q-d")), "q-g-b1": answer([0, 1, 1, -1], 2), "q-g-b2": answer([1, 0, 0.6], 2)}
    found = regression().explain(given, ["q-g-b1", "q-g-b2"])
    assert "bias-not-updated" in {cause.code for cause in found["q-g-b1"]}
    assert found["q-g-b2"] == ()  # it is not the given one, which is 1, 0, 0.5


def test_where_all_numbers_have_few_digits_a_given_bias_may_be_a_rounded_one() -> None:
    given = {"q-d": answer(right("q-d"), 2), "q-g-b1": answer([0, 1, 1, -1], 2)}
    assert regression().explain(given, ["q-g-b1"]) == {"q-g-b1": ()}


def test_two_digits_of_a_number_prove_little() -> None:
    loss = float(right("q-d"))
    assert codes({"q-d": loss**2}, 4)["q-d"] >= {"squared-norm-for-norm"}
    assert codes({"q-d": 2.1 * loss}, 2) == {"q-d": set()}


def test_one_wrong_number_among_right_ones_is_no_mistake_of_the_whole() -> None:
    wrong = np.array(right("q-f-W1"))
    wrong[0, 0] *= 1.37
    assert codes({"q-f-W1": wrong}) == {"q-f-W1": set()}


def test_slip_of_the_pen_does_not_hide_the_mistake_of_all_other_elements() -> None:
    wrong = -np.array(right("q-f-W1"))
    wrong[0, 0] *= 1.37
    assert "sign-flipped" in codes({"q-f-W1": wrong})["q-f-W1"]


def test_answers_support_each_other() -> None:
    """Two digits say little; that all of them fit the same slip says enough."""
    asks = ("q-e-h2", "q-f-h1", "q-f-hbar1", "q-e-W2")
    found = codes({ask: -2 * right(ask) for ask in asks}, 2)
    alone = codes({"q-d": 0.5 * float(right("q-d"))}, 2)
    assert all(found.values())
    assert alone == {"q-d": set()}


def test_cause_says_where_it_bites() -> None:
    answers = {ask: answer(-right(ask)) for ask in ("q-e-h2", "q-f-h1", "q-f-W1")}
    explained = regression().explain(answers, list(answers))
    places = {cause.of for found in explained.values() for cause in found if cause.code == "sign-flipped"}
    assert places == {"dell/dh2"}


def test_addresses_that_were_not_asked_are_explained_too() -> None:
    diagnosed = known("network").diagnosis
    given = {"W2@1[1,2]": answer(np.pi)}
    assert diagnosed.explain(given, list(given)) == {"W2@1[1,2]": ()}
    flipped = {"dL/dx": answer(-np.asarray(diagnosed.solution["dL/dx"]))}
    assert "sign-flipped" in {c.code for c in diagnosed.explain(flipped, ["dL/dx"])["dL/dx"]}


def test_unknown_questions_have_no_causes() -> None:
    assert regression().explain({"nonsense": answer(1.5)}, ["nonsense", "q-a"]) == {"nonsense": (), "q-a": ()}


def test_answer_files_are_diagnosed() -> None:
    path = SEEDS / "printed" / "regression-3-4-3-l2-norm.yaml"
    items = {item.id: item for item in check(path, SEEDS, diagnose).items}
    assert "sign-flipped" in {cause.code for cause in items["q-e-h2"].causes}
    assert items["q-a"].causes == ()


def test_parts_are_explained_apart() -> None:
    diagnosed = Diagnosis(load_problem(SEEDS / "relu-relu-softmax-classifier.yaml"))
    o = np.asarray(diagnosed.solution["three-quarters.o"])
    found = diagnosed.explain({"three-quarters.o": answer(o[::-1], 6)}, ["three-quarters.o"])
    assert "elements-permuted" in {cause.code for cause in found["three-quarters.o"]}


TRAINING = """
conventions: {weights: columns, samples: rows}
layers:
  - dense: {W: [[0.3, -0.5, -0.9], [-1, 0.6, 0.8]], b: [0.8, 0.1, 0.6], activation: sigmoid}
  - dense: {W: [[-0.8], [-0.2], [0.2]], b: [0.8], activation: sigmoid}
inputs: {x: [[0, 0], [1, 0], [0, 1], [1, 1]]}
targets: {y: [[0], [1], [1], [0]]}
loss: {name: half_squared_error, reduction: sum}
training: {optimizer: sgd, learning_rate: RATE, epochs: 100, batch_size: 1}
ask: [W2@1, L@e1, L@e100, W1@end, W2@end, y_hat@end]
"""


def fresh(rate: float = 0.5) -> Diagnosis:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "training.yaml"
        path.write_text(TRAINING.replace("RATE", str(rate)), encoding="utf-8")
        return Diagnosis(load_problem(path))


trained = cache(fresh)


@cache
def squared_rate() -> dict[str, Given]:
    """The answers of a student who applies the learning rate twice, from first to last."""
    return {id: answer(value) for id, value in fresh(0.25).solution.answers.items()}


def test_a_mistake_is_named_for_what_comes_after_many_updates() -> None:
    given = squared_rate()
    for answers in (given, {"W2@end": given["W2@end"]}):  # with what was answered early on, and without
        found = trained().explain(answers, list(answers))
        assert all("learning-rate-twice" in {cause.code for cause in causes} for causes in found.values()), found


def test_what_is_asked_after_other_updates_is_recognised() -> None:
    diagnosed = trained()
    given = {"W2@1": answer(np.asarray(diagnosed.solution["W2@end"]))}
    assert {cause.code for cause in diagnosed.explain(given, ["W2@1"])["W2@1"]} == {"wrong-update"}


def test_the_loss_of_the_last_batch_is_not_that_of_the_epoch() -> None:
    diagnosed = trained()
    y_hat = np.asarray(diagnosed.solution["y_hat@3"])  # of the fourth sample, before the update that it makes
    found = diagnosed.explain({"L@e1": answer(0.5 * y_hat**2)}, ["L@e1"])["L@e1"]
    assert "wrong-sample" in {cause.code for cause in found}


def test_a_gradient_may_be_given_for_a_parameter_after_many_updates() -> None:
    diagnosed = trained()
    gradient = answer(np.asarray(diagnosed.solution["dL/dW2"]))
    found = diagnosed.explain({"dL/dW2": gradient, "W2@end": gradient}, ["W2@end"])["W2@end"]
    assert "gradient-for-parameter" in {cause.code for cause in found}


def test_what_is_not_there_at_all_is_not_updated() -> None:
    """Without biases z and what follows are others, and b stays as it was: that is no second mistake."""
    made = training("xor-mini-batches", ("bias-missing",))
    diagnosis = Diagnosis(load_problem(SEEDS / "xor-mini-batches.yaml"))
    given = {ask: answer(value) for ask, value in made.items()}
    found = diagnosis.explain(given, ["b1@end", "W1@end"])
    assert all("bias-missing" in {cause.code for cause in causes} for causes in found.values())


def test_two_mistakes_are_named_for_what_comes_after_many_updates() -> None:
    """An early answer says the one; with it the trainings of the other are tried."""
    made = training("xor-stochastic", ("learning-rate-twice", "activation-derivative-missing:hidden"))
    diagnosis = trainings.diagnosis("xor-stochastic")
    given = {ask: answer(value) for ask, value in made.items()}
    late = ["W1@end", "b1@end", "y_hat@end"]
    found = diagnosis.explain(given, ["W2@1", *late])
    assert {cause.code for cause in found["W2@1"]} >= {"learning-rate-twice"}
    for ask in late:
        assert {"learning-rate-twice", "activation-derivative-missing"} <= {cause.code for cause in found[ask]}
    misread = diagnosis.explain({"W2@1": given["W2@1"], "b1@end": answer([0.8123, 0.1412, 0.5718])}, ["W2@1", "b1@end"])
    assert misread["b1@end"] == ()


def test_wrong_values_after_many_updates_are_accused_of_nothing() -> None:
    diagnosed, rng = trained(), np.random.default_rng(0)
    for id in ("L@e100", "W1@end", "W2@end"):
        right = np.asarray(diagnosed.solution[id])
        wrong = {id: answer(right * (1 + 0.3 * rng.normal(size=right.shape)))}
        assert diagnosed.explain(wrong, [id]) == {id: ()}


def test_what_is_said_of_late_answers_does_not_depend_on_the_files_before() -> None:
    given = squared_rate()
    other = {**given, "W2@1": answer(2 * np.asarray(trained().solution["W2@1"]))}
    unused, used = fresh(), fresh()
    used.explain(other, list(other))
    assert used.explain(given, list(given)) == unused.explain(given, list(given))


def late(diagnosed: Diagnosis, id: str) -> int:
    """How many trainings were made for an answer."""
    return max(len(trained) for ask, trained in diagnosed.tables._evidence if ask == id)


def test_trainings_are_few_where_early_answers_tell_the_mistake() -> None:
    diagnosed, given = fresh(), squared_rate()
    diagnosed.explain(given, list(given))
    assert 0 < late(diagnosed, "W2@end") < 2 * FEWEST


@pytest.mark.parametrize("asks", [("L@e20", "W2@end"), ("W2@1", "L@e20", "W2@end")])
def test_trainings_are_few_where_an_answer_on_the_way_tells_the_mistake(asks: tuple[str, ...]) -> None:
    """An answer in the middle of a training says which mistakes are trained to its end."""
    made = training("xor-stochastic", ("half-extra",))
    given = {ask: answer(made[ask]) for ask in asks}
    diagnosed = trainings.diagnosis("xor-stochastic")
    found = diagnosed.explain(given, list(given))
    assert 0 < late(diagnosed, "W2@end") < 2 * FEWEST
    assert "half-extra" in {cause.code for cause in found["W2@end"]}


def test_trainings_begin_with_what_explains_most() -> None:
    first, second, both = (Slip("one", "W@1"),), (Slip("other", "b@1"),), (Slip("one", "W@1"), Slip("other", "b@1"))
    made = [first, second, both]
    assert list(likely(made, [], 3)) == [(0, 1), (0, 1, 2)]
    assert next(likely(made, [], 3, {"other"})) == (1,)  # b@end is as the file gives it
    early = Early({identity(first), identity(second)}, {identity(second)}, is_right=False)
    assert next(likely(made, [early], 3)) == (1,)
    assert next(likely(made, [early], 1)) == (1,)


def test_two_mistakes_that_change_every_answer_are_named() -> None:
    """No answer shows one of them alone, and others are likelier together."""
    made = training("xor-batch", ("learning-rate-twice", "mean-for-sum"))
    diagnosis = trainings.diagnosis("xor-batch")
    given = {ask: answer(made[ask]) for ask in ("W2@1", "L@e1", "W2@end", "y_hat@end")}
    found = diagnosis.explain(given, ["W2@1", "W2@end", "y_hat@end"])
    assert all({"learning-rate-twice", "mean-for-sum"} <= {cause.code for cause in causes} for causes in found.values())
    other = np.asarray(made["W2@1"]) * [[1.03], [0.98], [1.05]]
    assert diagnosis.explain({"W2@1": answer(other)}, ["W2@1"]) == {"W2@1": ()}


def scalar(answers: dict[str, float], wrong: str, digits: int) -> set[str]:
    """The causes of a wrong answer in a file; the others are as they are given."""
    checked = known("scalar-backpropagation")
    given = {ask: answer(np.array(value), digits) for ask, value in answers.items()}
    return {cause.code for cause in checked.diagnosis.explain(given, [wrong])[wrong]}


def test_right_answers_leave_fewer_mistakes_that_could_be_meant() -> None:
    """Two digits are few, but hardly any mistake changes one answer alone."""
    targets = known("scalar-backpropagation").key.targets
    rights = {ask: target.values[0] for ask, target in targets.items()}
    given = {"z_2": rights["y"]}
    assert scalar(given, "z_2", 2) == set()
    assert "a-for-z" in scalar(rights | given, "z_2", 2)
    assert scalar(rights | {"z_2": 1.23 * rights["z_2"]}, "z_2", 2) == set()


def test_the_activation_of_the_next_layer_is_recognised_in_free_equations() -> None:
    targets = known("scalar-backpropagation").key.targets
    assert "wrong-layer" in scalar({"a_1": targets["y"].values[0]}, "a_1", 4)


def test_digits_of_right_answers_tell_what_was_rounded() -> None:
    """Whose right answers have the digits of a loss of two decimals used it further on, too."""
    (exercise,) = regression_slips.EXERCISES
    made = ("rounded-early:ell:2", "learning-rate-missing")
    for kept, expected in ((("rounded-early:ell:2", "learning-rate-missing"), set(made)), ((), set())):
        values = {**exercise.values(kept), "q-g-W2": exercise.values(made)["q-g-W2"]}
        given = {ask: answer(value, 4) for ask, value in values.items()}
        wrong = [ask for ask in given if known("regression-3-4-3-l2-norm").is_wrong(ask, given[ask])]
        causes = {cause.code for cause in regression().explain(given, wrong)["q-g-W2"]}
        assert {f"{code}:ell:2" if code == "rounded-early" else code for code in causes} == expected


def test_what_is_not_asked_is_worked_out_for_few_updates_in_all() -> None:
    """Where something is asked after as many updates it is worked out: that is the same in every file."""
    some = answer([[0.1], [0.2], [0.37]])
    for keys, affordable in (
        (["W2@30", "W2@29", "W2@40", "W1@9", "W2@1"], {"W2@30", "W2@29", "W1@9", "W2@1"}),
        (["W2@4", "W2@400", "b1@end", "W2"], {"W2@4", "W2@400", "b1@end", "W2"}),  # L@e1 is asked, and W2@end
        (["W2@70", "W2@2"], {"W2@2"}),
    ):
        assert set(trained().affordable(dict.fromkeys(keys, some))) == affordable
    given = dict.fromkeys(["W2@70", "W2@32"], some)
    assert trained().explain(given, list(given)) == {"W2@70": (), "W2@32": ()}


@pytest.mark.parametrize(
    ("made", "at"), [("activation-derivative-missing", "dL/dz1_3"), ("target-minus-prediction", "dL/da2_3")]
)
def test_a_slip_is_called_after_what_is_worked_out_first(made: str, at: str) -> None:
    """The backward pass begins with the last time step."""
    values = networks.recurrent((0.0, 0.0), (made,))
    asks = ["dL/dh_1", "dL/dh_2", "dL/dW_hh"]
    found = known("rnn").diagnosis.explain({ask: answer(values[ask], 4) for ask in asks}, asks)
    assert at in {cause.of for cause in found["dL/dW_hh"] if cause.code == made}
