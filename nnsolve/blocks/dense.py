"""The dense (fully connected) layer: z = W x + b, a = f(z)."""

from __future__ import annotations

from nnsolve.blocks.layer import LAYERS, LayerBlock, LayerSite
from nnsolve.core.expressions import Expr, Ref, add, call
from nnsolve.core.shapes import SCALAR, Shape


def expand(site: LayerSite) -> None:
    """Emit z and a in the file's conventions.

    weights rows: W is (units, inputs), z = W x + b; weights columns: W is (inputs, units), z = W^T x + b. With a sample
    per row the products are transposed: x W^T + b and x W + b. A folded bias is the first or last column (row) of W,
    and x gets a 1.
    """
    rows = site.weights == "rows"
    W = site.matrix("W", as_row=rows)
    units, inputs = W.shape if rows else W.shape[::-1]
    folded = site.bias in ("first", "last")
    features = _features(site)
    if features is not None and features + folded != inputs:
        raise _wrong_inputs(site, (units, inputs), features, folded)
    weight = site.parameter("W", W, Shape(W.shape))
    x: Expr = site.input
    if folded:
        x = call("append_one" if site.bias == "last" else "prepend_one", x)
    z = _product(weight, x, rows, site.layout.features == 0)
    if "b" in site.given:
        if folded:
            message = f"b is given, but the bias is folded into W (conventions: bias: {site.bias})"
            raise site.fail("unexpected-bias", message, "b", "leave b out, or say bias: separate")
        z = add(z, site.parameter("b", *site.vector("b", units, "units")))
    pre_activation = site.equation("z", z)
    if site.activation is None:
        site.output = pre_activation
        site.aliases[site.name("a")] = pre_activation.name
    else:
        site.output = site.equation("a", site.activation(pre_activation))


def _features(site: LayerSite) -> int | None:
    if site.shape is None:
        return None
    return 1 if site.shape == SCALAR else site.shape.dims[site.layout.features]


def _product(weight: Ref, x: Expr, weights_in_rows: bool, samples_in_columns: bool) -> Expr:
    if samples_in_columns:
        return call("matmul", weight if weights_in_rows else call("transpose", weight), x)
    return call("matmul", x, call("transpose", weight) if weights_in_rows else weight)


def _wrong_inputs(site: LayerSite, shape: tuple[int, ...], features: int, folded: bool) -> Exception:
    units, inputs = shape
    one = " and a 1 for the bias" if folded else ""
    message = (
        f"{site.name('W')} has {units} units with {inputs} inputs (weights: {site.weights}), "
        f"but {site.input.name} has {features} features{one}"
    )
    if units == features + folded:
        other = "columns" if site.weights == "rows" else "rows"
        help = f"W fits as conventions: weights: {other}"
    elif inputs == features + 1:
        help = "was a bias 1 left out? With the bias folded into W, say conventions: bias: last (or first)"
    else:
        help = f"W needs {features + folded} inputs"
    return site.fail("shape-mismatch", message, "W", help)


LAYERS["dense"] = LayerBlock(
    "dense",
    "z = W x + b, a = activation(z)",
    {"W": "the weight matrix", "b": "the bias: a list, or one number that all units share; without it there is none"},
    ("W",),
    ("W", "b", "z", "a"),
    expand,
    {"W": [[1.0, -1.0, 0.0], [0.0, -1.0, 1.0]], "b": [0.0, 1.0], "activation": "sigmoid"},
)
