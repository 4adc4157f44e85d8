"""Long short-term memory: a cell state c that gates write to, forget and read.

    f_t = sigmoid(W_fh h_{t-1} + W_fx x_t + b_f)        what the cell keeps
    i_t = sigmoid(W_ih h_{t-1} + W_ix x_t + b_i)        what it takes in
    o_t = sigmoid(W_oh h_{t-1} + W_ox x_t + b_o)        what it shows
    g_t = tanh(W_gh h_{t-1} + W_gx x_t + b_g)           the candidate
    c_t = f_t * c_{t-1} + i_t * g_t,   h_t = o_t * tanh(c_t)

Hochreiter, Schmidhuber: Long Short-Term Memory (1997), with the forget gates of Gers, Schmidhuber, Cummins: Learning to
Forget (2000); Goodfellow, Bengio, Courville: Deep Learning (2016), 10.10.1. Peepholes let the gates see the cell: they
add p_f * c_{t-1}, p_i * c_{t-1} and p_o * c_t (Gers, Schmidhuber: Recurrent Nets that Time and Count, 2000).

PyTorch stacks its weights in the order i f g o and has two biases, Keras stacks them as i f c o (its c is g here).
"""

from __future__ import annotations

from nnsolve.blocks.forms import JOINED, also_called, read_form, weight_options
from nnsolve.blocks.layer import LAYERS, LayerBlock, LayerSite, Step
from nnsolve.blocks.recurrent import RETURN, RETURNED, Cell, give
from nnsolve.core.expressions import Expr, Ref, add, mul

GATES = {"f": "forget gate", "i": "input gate", "o": "output gate", "g": "candidate"}


def expand(site: LayerSite) -> None:
    """Emit each gate's pre-activation and value, c_t and h_t for every time step."""
    cell = Cell(site, read_form(site, tuple(GATES)))
    seen = {gate: cell.vector(f"p_{gate}") for gate in "fio" if f"p_{gate}" in site.given}

    def peephole(gate: str, c: Ref) -> list[Expr]:
        return [mul(seen[gate], c)] if gate in seen else []

    squash = site.activation("gate_activation", "sigmoid")
    candidate = site.activation("activation", "tanh")
    output = site.activation("output_activation", "tanh")
    assert squash and candidate and output
    h, c = cell.initial("h"), cell.initial("c")
    states = []
    for time, x in cell.inputs_by_step():
        sums = cell.by_gate(h, x, time)
        f = cell.gate("f", [*sums["f"], *peephole("f", c)], squash, time)
        i = cell.gate("i", [*sums["i"], *peephole("i", c)], squash, time)
        g = cell.gate("g", sums["g"], candidate, time)
        c = site.equation("c", add(mul(f, c), mul(i, g)), time)
        o = cell.gate("o", [*sums["o"], *peephole("o", c)], squash, time)
        h = site.equation("h", mul(o, output(c)), time)
        states.append(Step(time, h))
    give(site, states, cell.state_shape)


LAYERS["lstm"] = LayerBlock(
    "lstm",
    "gates f, i, o and candidate g; c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t, h_t = o_t ⊙ tanh(c_t)",
    {
        **weight_options(GATES),
        "p_f": "the peephole of the forget gate, times c_{t-1}",
        "p_i": "the peephole of the input gate, times c_{t-1}",
        "p_o": "the peephole of the output gate, times c_t",
        "gate_activation": "the activation of f, i and o; sigmoid if not said",
        "output_activation": "the activation of c_t in h_t; tanh if not said",
        **RETURN,
    },
    (),
    (
        *[stem for stem in weight_options(GATES) if stem[0] in "Wb"],
        *("p_f", "p_i", "p_o", "z", "zf", "zi", "zo", "zg", "f", "i", "o", "g", "c", "h"),
    ),
    expand,
    {
        "W_fx": [[1.0, -0.5], [0.5, 1.0]],
        "W_fh": [[0.5, -1.0], [0.25, 0.75]],
        "W_ix": [[-0.5, 0.25], [1.0, -1.0]],
        "W_ih": [[0.1, 0.3], [-0.6, 0.2]],
        "W_ox": [[0.3, 0.8], [-0.2, 0.4]],
        "W_oh": [[-0.7, 0.5], [0.9, -0.1]],
        "W_gx": [[0.6, -0.9], [0.2, 0.7]],
        "W_gh": [[0.4, -0.3], [-0.8, 0.5]],
        "b_f": [0.1, -0.2],
        "b_i": [-0.3, 0.1],
        "b_o": [0.4, 0.7],
        "b_g": [0.2, -0.4],
    },
    [[1.0, -1.0], [0.25, 0.75]],
    sequential=True,
    words={**JOINED, **RETURNED, "gate_activation": (), "output_activation": ()},
    orders={"gates": tuple(GATES)},
    also_called=also_called(GATES, {"g": ("c", "C")}),
    forms=(
        "With peepholes the gates see the cell, too: f adds p_f * c_{t-1}, i adds p_i * c_{t-1}, o adds p_o * c_t, "
        "each before its sigmoid.",
        "With a bias b and no gates, all four share it.",
        "Weights that are joined (over state and input) or stacked (of all gates) compute the same.",
    ),
    domain="sequences of vectors of any real numbers",
    range="`h` between `-1` and `1`, and never one of these; `c` any real numbers (with sigmoid and tanh)",
    source="Hochreiter, Schmidhuber: Long Short-Term Memory (1997); Gers, Schmidhuber, Cummins: Learning to Forget "
    "(2000); Goodfellow, Bengio, Courville: Deep Learning (2016), 10.10.1",
)
