"""The dense (fully connected) layer: z = W x + b, a = f(z)."""

from __future__ import annotations

from nnsolve.blocks.layer import LAYERS, LayerBlock, LayerSite, Step
from nnsolve.core.expressions import add, call, mul
from nnsolve.core.shapes import SCALAR, Shape


def expand(site: LayerSite) -> None:
    """Emit z and a in the file's conventions, at every time step if the layer reads a sequence.

    weights rows: W is (units, inputs), z = W x + b; weights columns: W is (inputs, units), z = W^T x + b. With a sample
    per row the products are transposed: x W^T + b and x W + b. A folded bias is the first or last column (row) of W,
    and x gets a 1.
    """
    rows = site.weights == "rows"
    W = site.matrix("W", as_row=rows)
    units, inputs = W.shape if rows else W.shape[::-1]
    folded = site.bias in ("first", "last")
    features = site.read_features(inputs - folded)
    if features is not None and features + folded != inputs:
        raise site.wrong_inputs("W", units, inputs, features, int(folded), " and a 1 for the bias" if folded else "")
    number = site.given["W"].ndim == 0 and site.shape == SCALAR and not folded  # a number times a number
    weight = site.parameter("W", *((site.given["W"], SCALAR) if number else (W, Shape(W.shape))))
    bias = None
    if "b" in site.given:
        if folded:
            message = f"b is given, but the bias is folded into W (conventions: bias: {site.bias})"
            raise site.fail("unexpected-bias", message, "b", "leave b out, or say bias: separate")
        bias = site.parameter("b", *site.vector("b", units, "units"))
    activation = site.activation()
    outputs = []
    for time, x in site.inputs if number else site.vectors():
        extended = call("append_one" if site.bias == "last" else "prepend_one", x) if folded else x
        z = mul(weight, x) if number else site.product(weight, extended)
        pre_activation = site.equation("z", z if bias is None else add(z, bias), time)
        if activation is None:
            site.alias("a", time, pre_activation)
            outputs.append(Step(time, pre_activation))
        else:
            outputs.append(Step(time, site.equation("a", activation(pre_activation), time)))
    site.outputs = tuple(outputs)
    site.output_shape = SCALAR if number else site.with_features(units)


LAYERS["dense"] = LayerBlock(
    "dense",
    "z = W x + b, a = activation(z)",
    {"W": "the weight matrix", "b": "the bias: a list, or one number that all units share; without it there is none"},
    ("W",),
    ("W", "b", "z", "a"),
    expand,
    {"W": [[1.0, -1.0, 0.0], [0.0, -1.0, 1.0]], "b": [0.0, 1.0], "activation": "sigmoid"},
    [-1.0, 0.25, 1.5],
    domain="vectors of any real numbers",
    range="that of the activation; any real numbers without one",
    source="Goodfellow, Bengio, Courville: Deep Learning (2016), 6.1",
)
