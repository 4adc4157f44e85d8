"""Single formulas, losses of given probabilities and scores under a softmax, by hand, with mistakes made in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from tests.bench.slips.exercise import (
    Answers,
    Array,
    Exercise,
    Made,
    Reading,
    array,
    each_with_each,
    misread,
    relu,
    rounded,
    sigmoid,
    softmax,
)


def logarithm(value: float, made: Made) -> float:
    """The logarithm that the student takes."""
    with np.errstate(all="ignore"):
        return float(
            np.log(value) / (np.log(2) if "log2-for-ln" in made else np.log(10) if "log10-for-ln" in made else 1)
        )


# Losses ------------------------------------------------------------------------------------------------------------


def given_probabilities(made: Made) -> Answers:
    """NLLM = -ln of the probability of the true class."""
    true = 1 if "wrong-class" in made else 2 if "wrong-class:last" in made else 0
    loss = -logarithm(array([0.1, 0.4, 0.5])[true], made)
    if "mean-for-sum" in made:
        loss = loss / 3
    return {"NLLM": -loss if "sign-flipped/minus-left-out" in made else loss}


LOGS = ("log2-for-ln", "log10-for-ln")
GIVEN_PROBABILITIES = Exercise(
    "multiclass-nll",
    given_probabilities,
    ("wrong-class", "wrong-class:last", "mean-for-sum", "sign-flipped/minus-left-out", *LOGS),
    (
        *each_with_each(("wrong-class", "sign-flipped/minus-left-out"), LOGS),
        ("wrong-class", "sign-flipped/minus-left-out"),
        ("wrong-class:last", "log10-for-ln"),
        ("mean-for-sum", "log10-for-ln"),
    ),
)


def logits(made: Made) -> Answers:
    """p = softmax(h) and CE = -ln p[2], the classes counted from 1."""
    h = array([2, -1, 5, 0])
    p = softmax(-h if "sign-flipped:logits" in made else h)
    if "softmax-left-out" in made:
        p = h
    if "softmax-not-normalized" in made:
        p = np.exp(h)
    if "wrong-activation:sigmoid" in made:
        p = sigmoid(h)
    p = rounded(p, "p", made)
    loss = -logarithm(p[2 if "wrong-class" in made else 0 if "wrong-class:first" in made else 1], made)
    if "mean-for-sum" in made:
        loss = loss / 4
    return {"q-a": p, "q-a-percent": p, "q-b": -loss if "sign-flipped/minus-left-out" in made else loss}


def logits_misread(right: Answers) -> Iterator[Reading]:
    yield from misread(right, chances=("q-a", "q-a-percent"))
    yield Reading("q-a", "z-for-a", array([2, -1, 5, 0]))
    yield Reading("q-a", "softmax-not-normalized", np.exp(array([2, -1, 5, 0])))


LOGITS = Exercise(
    "softmax-cross-entropy-logits",
    logits,
    (
        "sign-flipped:logits",
        "softmax-left-out",
        "softmax-not-normalized",
        "wrong-activation:sigmoid",
        "wrong-class",
        "wrong-class:first",
        "mean-for-sum",
        "sign-flipped/minus-left-out",
        "rounded-early:p:2",
        "rounded-early:p:3",
        "rounded-early:p:4",
        *LOGS,
    ),
    (
        *each_with_each(("wrong-class", "sign-flipped/minus-left-out", "rounded-early:p:3", "rounded-early:p:4"), LOGS),
        *each_with_each(
            ("wrong-class",), ("softmax-not-normalized", "sign-flipped/minus-left-out", "sign-flipped:logits")
        ),
        ("softmax-not-normalized", "log10-for-ln"),
        ("rounded-early:p:3", "wrong-class"),
        ("mean-for-sum", "log10-for-ln"),
    ),
    logits_misread,
)


# Derivatives of activations --------------------------------------------------------------------------------------


def derivative(kind: str, x: Array, prefix: str, made: Made) -> Answers:
    """sigma and its derivative at some points."""
    if "wrong-activation" in made:
        kind = {"sigmoid": "tanh", "tanh": "sigmoid"}[kind]
    value = np.tanh(x) if kind == "tanh" else sigmoid(-x if "minus-left-out:exp" in made else x)
    if "sign-flipped:x" in made:
        value = np.tanh(-x) if kind == "tanh" else sigmoid(-x)
    if "wrong-activation:relu" in made:
        value = relu(x)
    value = rounded(value, "sigma", made)
    at = value
    if "derivative-at-activation" in made:
        at = np.tanh(value) if kind == "tanh" else sigmoid(value)
    if "derivative-at-preactivation" in made:
        at = x
    if "derivative-of-another-activation" in made:
        kind = {"sigmoid": "tanh", "tanh": "sigmoid"}[kind]
    slope = 1 - at**2 if kind == "tanh" else at * (1 - at)
    if "wrong-activation:relu" in made:
        slope = array(x > 0)
    if "factor-left-out" in made:
        slope = 1 - at
    return {prefix + "sigma": value, prefix + "dsigma/dx": -slope if "sign-flipped" in made else slope}


def derivative_misread(right: Answers) -> Iterator[Reading]:
    yield from misread(right, chances=[ask for ask in right if ask.endswith("sigma")])


DERIVATIVE = (
    "wrong-activation",
    "wrong-activation:relu",
    "sign-flipped",
    "derivative-at-activation",
    "derivative-at-preactivation",
    "derivative-of-another-activation",
    "factor-left-out",
)
LIMITS = array([-1000, 0, 1000])


def derivatives(problem: str, values: Callable[[Made], Answers], *more: str) -> Exercise:
    """The exercise with the same mistakes for each function."""
    singles = DERIVATIVE + more
    pairs = each_with_each(("sign-flipped",), singles[3:])
    return Exercise(problem, values, singles, pairs, derivative_misread)


# The classifier of two ReLU layers under a softmax ------------------------------------------------------------------

W = array([[1, 0, -1], [0, 1, -1], [-1, 0, -1], [0, -1, -1]])
V = array([[1, 1, 1, 1, 0], [-1, -1, -1, -1, 2]])
HIDDEN = {"": None, "quarters.": 0.25, "zeros.": 0.0, "three-quarters.": 0.75}


def scores(made: Made) -> Answers:
    """The network of ReLU + ReLU + softmax for x = (3, 14), and for hidden activations that are given."""
    found: Answers = {}
    x = np.append(array([3, 14]), 0.0 if "bias-missing:1" in made or "bias-missing:both" in made else 1.0)
    for part, given in HIDDEN.items():
        Z = W @ x
        F = hidden(Z, made) if given is None else np.full(4, given)
        U = V @ np.append(F, 0.0 if "bias-missing:2" in made or "bias-missing:both" in made else 1.0)
        if "sign-flipped:bias" in made:
            U = V[:, :4] @ F - V[:, 4]
        FU = U if "activation-left-out:2" in made or "activation-left-out:both" in made else relu(U)
        if "wrong-activation:2" in made:
            FU = sigmoid(U)
        if given is None:
            found |= {"Z": Z, "F": F, "U": U}
        found |= {part + "FU": FU, part + "o": distribution(FU, made)}
    for part, beta in (("temperature-1.", 1.0), ("temperature-5-halves.", 2.5)):
        factor = 1 / beta if "temperature-inverted" in made else 1.0 if "factor-left-out:beta" in made else beta
        found[part + "o"] = distribution(factor * array([3, 1]), made)
    o = found["temperature-5-halves.o"]
    return found | {"temperature-5-halves.ratio": o[0] / o[1]}


def hidden(Z: Array, made: Made) -> Array:
    if "activation-left-out:1" in made or "activation-left-out:both" in made:
        return Z
    return sigmoid(Z) if "wrong-activation:1" in made else relu(Z)


def distribution(FU: Array, made: Made) -> Array:
    if "softmax-left-out" in made:
        return FU
    if "softmax-not-normalized" in made:
        return np.asarray(np.exp(FU))
    o = softmax(-FU if "sign-flipped:scores" in made else FU)
    return np.asarray(rounded(o, "o", made))


def scores_misread(right: Answers) -> Iterator[Reading]:
    yield from misread(right, chances=[ask for ask in right if ask.endswith("o") and not ask.endswith("ratio")])
    yield Reading("Z", "a-for-z", right["F"])
    yield Reading("F", "z-for-a", right["Z"])
    yield Reading("U", "a-for-z", right["FU"])
    yield Reading("FU", "z-for-a", right["U"])
    yield Reading("FU", "a-for-z", right["o"])
    for part in HIDDEN:
        yield Reading(part + "o", "z-for-a/softmax-left-out", right[part + "FU"])


SCORES = Exercise(
    "relu-relu-softmax-classifier",
    scores,
    (
        "bias-missing:1",
        "bias-missing:2",
        "bias-missing:both",
        "sign-flipped:bias",
        "activation-left-out:1",
        "activation-left-out:2",
        "activation-left-out:both",
        "wrong-activation:1",
        "wrong-activation:2",
        "temperature-inverted",
        "factor-left-out:beta",
        "softmax-left-out",
        "softmax-not-normalized",
        "sign-flipped:scores",
        "rounded-early:o:2",
    ),
    (
        *each_with_each(
            ("bias-missing:1", "bias-missing:2"), ("activation-left-out:1", "activation-left-out:2", "softmax-left-out")
        ),
        *each_with_each(
            ("softmax-not-normalized",), ("bias-missing:2", "activation-left-out:2", "temperature-inverted")
        ),
        ("softmax-left-out", "activation-left-out:2"),
        ("temperature-inverted", "rounded-early:o:2"),
    ),
    scores_misread,
)


def sigmoids(made: Made) -> Answers:
    """The limits, and the part with two points."""
    return derivative("sigmoid", LIMITS, "", made) | derivative("sigmoid", array([0, -1]), "points.", made)


EXERCISES = (
    GIVEN_PROBABILITIES,
    LOGITS,
    derivatives("sigmoid-derivative", sigmoids, "minus-left-out:exp", "rounded-early:sigma:1", "rounded-early:sigma:2"),
    derivatives("tanh-derivative", partial(derivative, "tanh", LIMITS, ""), "sign-flipped:x"),
    SCORES,
)
