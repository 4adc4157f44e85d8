"""Single units and single layers worked out by hand, and the mistakes made in them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.bench.slips.exercise import (
    Answers,
    Exercise,
    Made,
    Reading,
    array,
    each_with_each,
    misread,
    relu,
    rounded,
    sigmoid,
)

# A sigmoid unit and its negative log likelihood -------------------------------------------------------------------


def likelihood(made: Made) -> Answers:
    """NLL = -(y ln a + (1 - y) ln(1 - a)) of one sigmoid unit, and its gradient with respect to the weights."""
    w, x, y = array([-2, 1]), array([1, 1]), 0.0 if "wrong-class" in made else 1.0
    z = float(w @ x)
    a = float(sigmoid(array(-z if "minus-left-out:exp" in made else z)))
    if "activation-left-out" in made:
        a = z
    if "wrong-activation:tanh" in made:
        a = float(np.tanh(z))
    a = float(rounded(a, "a", made))
    with np.errstate(all="ignore"):
        nll = -float(np.log(a) if y else np.log(1 - a))
        da = -1 / a if y else 1 / (1 - a)
    base = np.log(2) if "log2-for-ln" in made else np.log(10) if "log10-for-ln" in made else 1.0
    nll = nll / base
    if "sign-flipped/minus-left-out:loss" in made:
        nll, da = -nll, -da
    slope = a * (1 - a)
    if "derivative-of-another-activation" in made:
        slope = 1 - a**2
    if "derivative-at-activation" in made:
        slope = float(sigmoid(array(a)) * (1 - sigmoid(array(a))))
    if "derivative-at-preactivation" in made:
        slope = z * (1 - z)
    if "activation-derivative-missing" in made:
        slope = 1.0
    dz = (1.0 if "factor-left-out:da" in made else da) * slope
    if "activation-left-out" in made or "wrong-activation:tanh" in made:
        dz = a - y
    if "target-minus-prediction" in made or "sign-flipped" in made:
        dz = -dz
    if "activation-derivative-extra" in made:
        dz = dz * a * (1 - a)
    return {"z": z, "a": a, "NLL": nll, "dNLL/dW": (dz * x).reshape(2, 1)}


def likelihood_misread(right: Answers) -> Iterator[Reading]:
    yield from misread(right, chances=("a",))
    yield Reading("a", "z-for-a", right["z"])
    yield Reading("z", "a-for-z", right["a"])
    yield Reading("NLL", "wrong-class", -float(np.log(1 - right["a"])))


LIKELIHOOD = Exercise(
    "binary-nll-gradient",
    likelihood,
    (
        "wrong-class",
        "minus-left-out:exp",
        "activation-left-out",
        "wrong-activation:tanh",
        "log2-for-ln",
        "log10-for-ln",
        "sign-flipped/minus-left-out:loss",
        "derivative-of-another-activation",
        "derivative-at-activation",
        "derivative-at-preactivation",
        "activation-derivative-missing",
        "factor-left-out:da",
        "target-minus-prediction",
        "sign-flipped",
        "activation-derivative-extra",
        "rounded-early:a:1",
        "rounded-early:a:2",
        "rounded-early:a:3",
    ),
    (
        *each_with_each(
            ("target-minus-prediction", "sign-flipped"),
            (
                "wrong-class",
                "minus-left-out:exp",
                "activation-derivative-extra",
                "activation-derivative-missing",
                "derivative-at-preactivation",
                "factor-left-out:da",
                "rounded-early:a:2",
                "log10-for-ln",
            ),
        ),
        *each_with_each(("wrong-class",), ("log10-for-ln", "activation-derivative-extra", "rounded-early:a:2")),
        *each_with_each(("rounded-early:a:2",), ("log10-for-ln", "log2-for-ln", "activation-derivative-extra")),
        *each_with_each(("sign-flipped/minus-left-out:loss",), ("log10-for-ln", "log2-for-ln", "wrong-class")),
    ),
    likelihood_misread,
)


# A linear layer and its ReLU ---------------------------------------------------------------------------------------


def layer(made: Made) -> Answers:
    """hbar2 = W h1 and its ReLU."""
    hbar = array([[-1, -1], [-1, 1], [-1, 0]]) @ array([1.5, 2])
    if "sign-flipped" in made:
        hbar = -hbar
    h = relu(hbar)
    if "activation-left-out" in made:
        h = hbar
    if "wrong-activation:sigmoid" in made:
        h = sigmoid(hbar)
    if "wrong-activation:tanh" in made:
        h = np.tanh(hbar)
    return {"q-a": hbar, "q-b": h}


def layer_misread(right: Answers) -> Iterator[Reading]:
    yield from misread(right)
    yield Reading("q-a", "a-for-z", right["q-b"])
    yield Reading("q-b", "z-for-a", right["q-a"])


LAYER = Exercise(
    "linear-layer-relu",
    layer,
    ("sign-flipped", "activation-left-out", "wrong-activation:sigmoid", "wrong-activation:tanh"),
    each_with_each(("sign-flipped",), ("activation-left-out", "wrong-activation:sigmoid", "wrong-activation:tanh")),
    layer_misread,
)


# One hidden unit, factor by factor ---------------------------------------------------------------------------------


def slope(z: float, y: float, made: Made) -> float:
    """The derivative of the output's sigmoid, as the student takes it."""
    if "activation-derivative-missing" in made or "activation-left-out" in made:
        return 1.0
    if "derivative-at-activation" in made:
        y = float(sigmoid(array(y)))
    if "derivative-at-preactivation" in made:
        y = z
    if "derivative-of-another-activation" in made or "wrong-activation:tanh" in made:
        return 1 - y**2
    return y * (1 - y)


def hidden_unit(made: Made) -> Answers:
    """z_1 = w_1 x, a_1 = relu(z_1), z_2 = w_2 a_1 + b, y = sigmoid(z_2), C = 1/2 (y - t)^2."""
    w_1, w_2, b, x, t = 0.01, -5.0, -1.0, 3.0, 1.0
    if "bias-missing" in made:
        b = 0.0
    if "sign-flipped:bias" in made:
        b = -b
    z_1 = w_1 * x
    a_1 = float(sigmoid(array(z_1))) if "wrong-activation:hidden" in made else z_1
    z_2 = w_2 * a_1 + b
    y = float(sigmoid(array(-z_2 if "minus-left-out:exp" in made else z_2)))
    if "activation-left-out" in made:
        y = z_2
    if "wrong-activation:tanh" in made:
        y = float(np.tanh(z_2))
    y = float(rounded(y, "y", made))
    half = 1.0 if "half-missing" in made else 0.5
    dy = 2 * half * (t - y if "target-minus-prediction" in made else y - t)
    if "half-extra:gradient" in made:
        dy = dy / 2
    if "half-missing:gradient" in made:
        dy = dy * 2
    if "factor-left-out:error" in made:
        dy = 1.0
    dz_2 = float(rounded(dy * slope(z_2, y, made), "dz_2", made))
    if "sign-flipped" in made:
        dz_2 = -dz_2
    da_1 = dz_2 * (1.0 if "factor-left-out:w_2" in made else w_2)
    dz_1 = da_1 * (0.0 if "relu-mask-inverted" in made else 1.0)
    if "wrong-activation:hidden" in made:
        dz_1 = da_1 * a_1 * (1 - a_1)
    found = {"z_1": z_1, "a_1": a_1, "z_2": z_2, "y": y, "C": half * (y - t) ** 2}
    found["dC/dw_1"] = dz_1 * (1.0 if "factor-left-out:x" in made else x)
    found["dC/dw_2"] = dz_2 * (1.0 if "factor-left-out:a_1" in made else a_1)
    return found | {"dC/db": dz_2}


def hidden_unit_misread(right: Answers) -> Iterator[Reading]:
    yield from misread(right, chances=("y",))
    yield Reading("z_2", "a-for-z", right["y"])
    yield Reading("y", "z-for-a", right["z_2"])
    yield Reading("a_1", "wrong-layer", right["y"])
    yield Reading("dC/dw_1", "another-gradient/wrong-layer", right["dC/dw_2"])
    yield Reading("dC/dw_2", "another-gradient/wrong-layer", right["dC/dw_1"])
    yield Reading("C", "half-missing", 2 * right["C"])
    yield Reading("dC/dw_2", "factor-left-out", right["dC/db"])


HIDDEN_LIKELY = (
    "target-minus-prediction",
    "sign-flipped",
    "half-missing",
    "bias-missing",
    "activation-derivative-missing",
    "factor-left-out:x",
    "factor-left-out:a_1",
)
HIDDEN = Exercise(
    "scalar-backpropagation",
    hidden_unit,
    (
        *HIDDEN_LIKELY,
        "sign-flipped:bias",
        "wrong-activation:hidden",
        "minus-left-out:exp",
        "activation-left-out",
        "wrong-activation:tanh",
        "half-extra:gradient",
        "half-missing:gradient",
        "factor-left-out:error",
        "factor-left-out:w_2",
        "derivative-at-activation",
        "derivative-at-preactivation",
        "derivative-of-another-activation",
        "relu-mask-inverted",
        "rounded-early:y:1",
        "rounded-early:y:2",
        "rounded-early:y:3",
        "rounded-early:dz_2:1",
        "rounded-early:dz_2:2",
    ),
    (
        *each_with_each(HIDDEN_LIKELY, HIDDEN_LIKELY),
        *each_with_each(
            ("half-extra:gradient", "derivative-at-preactivation", "factor-left-out:w_2", "rounded-early:y:2"),
            ("target-minus-prediction", "sign-flipped", "bias-missing"),
        ),
    ),
    hidden_unit_misread,
)
EXERCISES = (LIKELIHOOD, LAYER, HIDDEN)
