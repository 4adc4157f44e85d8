"""The gated recurrent unit: a state that is renewed as far as the update gate u says.

    r_t = sigmoid(W_rh h_{t-1} + W_rx x_t + b_r)                 the reset gate
    u_t = sigmoid(W_uh h_{t-1} + W_ux x_t + b_u)                 the update gate
    g_t = tanh(W_gh (r_t * h_{t-1}) + W_gx x_t + b_g)            the candidate, reset: before the product
    g_t = tanh(r_t * (W_gh h_{t-1} + b_gh) + W_gx x_t + b_gx)    or reset: after it
    h_t = (1 - u_t) * h_{t-1} + u_t * g_t                        or update: keeps, u_t * h_{t-1} + (1 - u_t) * g_t

Cho et al.: Learning Phrase Representations using RNN Encoder-Decoder (2014) reset before and keep, and so do
Goodfellow, Bengio, Courville: Deep Learning (2016), 10.10.2; Chung et al.: Empirical Evaluation of Gated Recurrent
Neural Networks (2014) renew. PyTorch and Keras (reset_after=True) reset after and keep, with two biases; PyTorch stacks
r u g, Keras u r g.
"""

from __future__ import annotations

from nnsolve.blocks.forms import JOINED, also_called, read_form, weight_options
from nnsolve.blocks.layer import LAYERS, LayerBlock, LayerSite, Step
from nnsolve.blocks.recurrent import RETURN, RETURNED, Cell, give
from nnsolve.core.expressions import ONE, Expr, Ref, add, mul, neg

GATES = {"r": "reset gate", "u": "update gate", "g": "candidate"}


def expand(site: LayerSite) -> None:
    """Emit each gate's pre-activation and value, and h_t, for every time step."""
    form = read_form(site, tuple(GATES))
    after = site.word("reset") == "after"
    if after and form.joined:
        message = f"reset: after multiplies W_gh h by r, but joined: {form.joined} has one weight over h and x"
        raise site.fail("mixed-weights", message, "reset", "write W_gh and W_gx apart, or say reset: before")
    keeps = site.word("update", "renews") == "keeps"
    cell = Cell(site, form)
    squash, candidate = site.activation("gate_activation", "sigmoid"), site.activation("activation", "tanh")
    assert squash and candidate
    h = cell.initial("h")
    states = []
    for time, x in cell.inputs_by_step():
        if after:
            r_sum, u_sum, state_part, input_part = _sums_apart(cell, h, x, time)
            r = cell.gate("r", r_sum, squash, time)
            u = cell.gate("u", u_sum, squash, time)
            g_sum = [mul(r, add(*state_part)), *input_part]
        else:
            weights = {gate: cell.cut(cell.weights[""], gate) for gate in GATES} if form.stacked else cell.weights
            r = cell.gate("r", cell.terms(weights["r"], h, x), squash, time)
            u = cell.gate("u", cell.terms(weights["u"], h, x), squash, time)
            g_sum = cell.terms(weights["g"], mul(r, h), x)
        g = cell.gate("g", g_sum, candidate, time)
        old, new = (u, _complement(u)) if keeps else (_complement(u), u)
        h = site.equation("h", add(mul(old, h), mul(new, g)), time)
        states.append(Step(time, h))
    give(site, states, cell.state_shape)


def _sums_apart(cell: Cell, h: Ref, x: Expr, time: int | None) -> tuple[list[Expr], list[Expr], list[Expr], list[Expr]]:
    """The sums of r and u, and the candidate's parts from the state and from the input."""
    if not cell.form.stacked:
        r, u, g = (cell.weights[gate] for gate in GATES)
        return cell.terms(r, h, x), cell.terms(u, h, x), cell.of_state(g, h), cell.of_input(g, x)
    zh = cell.site.equation("zh", add(*cell.of_state(cell.weights[""], h)), time)
    zx = cell.site.equation("zx", add(*cell.of_input(cell.weights[""], x)), time)
    r_sum, u_sum = ([cell.part(zh, gate), cell.part(zx, gate)] for gate in "ru")
    return r_sum, u_sum, [cell.part(zh, "g")], [cell.part(zx, "g")]


def _complement(u: Ref) -> Expr:
    return add(ONE, neg(u))


LAYERS["gru"] = LayerBlock(
    "gru",
    "reset gate r, update gate u, candidate g; h_t = (1 - u_t) ⊙ h_{t-1} + u_t ⊙ g_t",
    {
        **weight_options(GATES),
        "reset": "before or after: whether r multiplies h_{t-1} before or after the matrix product of the candidate",
        "update": "renews, h_t = (1 - u) h_{t-1} + u g, which holds if not said; or keeps, u h_{t-1} + (1 - u) g",
        "gate_activation": "the activation of r and u; sigmoid if not said",
        **RETURN,
    },
    ("reset",),
    (
        *[stem for stem in weight_options(GATES) if stem[0] in "Wb"],
        *("zh", "zx", "zr", "zu", "zg", "r", "u", "g", "h"),
    ),
    expand,
    {
        "W_rx": [[1.0, -0.5], [0.5, 1.0]],
        "W_rh": [[0.5, -1.0], [0.25, 0.75]],
        "W_ux": [[-0.5, 0.25], [1.0, -1.0]],
        "W_uh": [[0.1, 0.3], [-0.6, 0.2]],
        "W_gx": [[0.6, -0.9], [0.2, 0.7]],
        "W_gh": [[0.4, -0.3], [-0.8, 0.5]],
        "b_r": [0.1, -0.2],
        "b_u": [-0.5, 0.2],
        "b_g": [0.3, 0.4],
        "reset": "before",
    },
    [[1.0, -1.0], [0.25, 0.75]],
    sequential=True,
    words={
        **JOINED,
        **RETURNED,
        "reset": ("before", "after"),
        "update": ("renews", "keeps"),
        "gate_activation": (),
    },
    orders={"gates": tuple(GATES)},
    also_called=also_called(GATES, {"u": ("z",), "g": ("n", "h", "c")}),
    forms=(
        "Here r multiplies the state before the matrix product; with reset: after, as in PyTorch and Keras, it "
        "multiplies W_gh h_{t-1} + b_gh, and the candidate has the bias b_gx besides.",
        "With update: keeps, as in PyTorch and Keras, u and 1 - u change places: u is what stays of the state.",
        "Weights that are joined (over state and input) or stacked (of all gates) compute the same.",
    ),
    domain="sequences of vectors of any real numbers",
    range="`h` between `-1` and `1`, and never one of these, if the initial state is (with sigmoid and tanh)",
    source="Cho et al.: Learning Phrase Representations using RNN Encoder-Decoder (2014), which keeps; Chung et al.: "
    "Empirical Evaluation of Gated Recurrent Neural Networks (2014), which renews; "
    "Goodfellow, Bengio, Courville: Deep Learning (2016), 10.10.2",
)
