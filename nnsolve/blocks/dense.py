"""The dense (fully connected) layer: z = W x + b, a = f(z)."""

from __future__ import annotations

from nnsolve.blocks.layer import LAYERS, LayerBlock, LayerSite
from nnsolve.core.expressions import Expr, Ref, add, call
from nnsolve.core.shapes import SCALAR, Layout, Shape


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
    site.output_shape = _with_features(site.shape, units, site.layout)
    if site.activation is None:
        site.output = pre_activation
        site.aliases[site.name("a")] = pre_activation.name
    else:
        site.output = site.equation("a", site.activation(pre_activation))


def _with_features(shape: Shape | None, units: int, layout: Layout) -> Shape | None:
    """The shape of as many samples, with `units` features each."""
    if shape is None or shape.kind in ("scalar", "vector"):
        return None if shape is None else layout.vector(units)
    return Shape(tuple(units if axis == layout.features else n for axis, n in enumerate(shape.dims)))


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
    W, x = site.name("W"), site.input.name
    one = " and a 1 for the bias" if folded else ""
    message = (
        f"{W} has {_counted(units, 'unit')} with {_counted(inputs, 'input')} (weights: {site.weights}), "
        f"but {x} has {_counted(features, 'feature')}{one}"
    )
    ways = [f"{W} needs {_counted(features + folded, 'input')}, or {x} {_counted(inputs - folded, 'feature')}"]
    if units == features + folded:
        ways.append(f"{W} fits transposed: weights: {_other(site.weights)} (for every layer)")
    if site.shape is not None and site.shape.kind == "tensor":
        samples = site.shape.dims[1 - site.layout.features]
        if samples + folded == inputs:
            ways.append(f"{x} fits transposed: samples: {'columns' if site.layout.features else 'rows'}")
    if inputs == features + 1 and not folded:
        ways.append(f"was a bias 1 left out? With the bias folded into {W}: bias: last (or first)")
    return site.fail("shape-mismatch", message, "W", "; ".join(ways))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _other(convention: str) -> str:
    return "columns" if convention == "rows" else "rows"


LAYERS["dense"] = LayerBlock(
    "dense",
    "z = W x + b, a = activation(z)",
    {"W": "the weight matrix", "b": "the bias: a list, or one number that all units share; without it there is none"},
    ("W",),
    ("W", "b", "z", "a"),
    expand,
    {"W": [[1.0, -1.0, 0.0], [0.0, -1.0, 1.0]], "b": [0.0, 1.0], "activation": "sigmoid"},
)
