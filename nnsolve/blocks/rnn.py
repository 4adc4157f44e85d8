"""The simple recurrent layer of Elman (1990): z_t = W_hh h_{t-1} + W_xh x_t + b, h_t = f(z_t)."""

from __future__ import annotations

from nnsolve.blocks.forms import JOINED, read_form
from nnsolve.blocks.layer import LAYERS, LayerBlock, LayerSite, Step
from nnsolve.blocks.recurrent import RETURN, RETURNED, Cell, give
from nnsolve.core.expressions import add


def expand(site: LayerSite) -> None:
    """Emit z_t and h_t for every time step (Elman: Finding Structure in Time, 1990; Goodfellow et al., 10.2).

    The product of the input may have its own bias, and so may that of the state (PyTorch: b_ih and b_hh). `joined`
    weights are one W over [h_{t-1}; x_t] or [x_t; h_{t-1}].
    """
    cell = Cell(site, read_form(site, ()))
    activation = site.activation()
    assert activation is not None
    h = cell.initial("h")
    states = []
    for time, x in cell.inputs_by_step():
        z = site.equation("z", add(*cell.terms(cell.weights[""], h, x)), time)
        h = site.equation("h", activation(z), time)
        states.append(Step(time, h))
    give(site, states, cell.state_shape)


LAYERS["rnn"] = LayerBlock(
    "rnn",
    "z_t = W_hh h_{t-1} + W_xh x_t + b, h_t = activation(z_t)",
    {
        "W_hh": "the weight over the state before",
        "W_xh": "the weight over the input",
        "b": "the bias: a list, or one number that all units share; without it there is none",
        "b_hh": "a bias beside the state's product",
        "b_xh": "a bias beside the input's product",
        "W": "the joined weight, over state and input",
        "joined": "h_first or x_first: W is over [h; x] or [x; h]",
        **RETURN,
    },
    ("activation",),
    ("W_hh", "W_xh", "W", "b", "b_hh", "b_xh", "z", "h"),
    expand,
    {
        "W_xh": [[1.0, -0.5, 0.25], [0.5, 1.0, -1.0]],
        "W_hh": [[0.5, -1.0], [0.25, 0.75]],
        "b": [0.1, -0.2],
        "activation": "tanh",
    },
    [[1.0, -1.0, 0.5], [0.25, 0.75, -0.5], [-1.5, 1.0, 2.0]],
    sequential=True,
    words={**JOINED, **RETURNED},
    also_called={
        "W_h": "W_hh", "W_x": "W_xh", "W_hx": "W_xh", "W_ih": "W_xh", "W_ss": "W_hh", "W_aa": "W_hh", "W_ax": "W_xh",
        "U": "W_xh", "V": "W_hh", "b_h": "b", "b_ih": "b_xh",
    },
    domain="sequences of vectors of any real numbers",
    range="that of the activation: with `tanh(z)` between `-1` and `1`, and never one of these",
    source="Elman: Finding Structure in Time (1990); Goodfellow, Bengio, Courville: Deep Learning (2016), 10.2",
)  # fmt: skip
