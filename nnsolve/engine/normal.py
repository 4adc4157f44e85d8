"""The normal form of forward equations: known operations, conventions written in, losses expanded, named arguments."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnsolve.blocks import LOSSES
from nnsolve.blocks.losses import template
from nnsolve.core.diagnostics import Findings, Place, ProblemError, did_you_mean
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import (
    ONE,
    Call,
    Expr,
    Num,
    Option,
    Ref,
    add,
    call,
    mul,
    neg,
    nodes,
    references,
    rewrite,
    substitute,
)
from nnsolve.core.names import Name
from nnsolve.core.shapes import Shape, ShapeError
from nnsolve.core.spelling import spell
from nnsolve.engine.calls import positional, unknown_function
from nnsolve.engine.evaluate import evaluate
from nnsolve.engine.infer import Shapes
from nnsolve.engine.shortcuts import shortened
from nnsolve.engine.targets import mismatch_help
from nnsolve.ops import REGISTRY, Site
from nnsolve.ops.templates import apply_rule, full_options
from nnsolve.problem.model import to_add

if TYPE_CHECKING:
    from nnsolve.engine.data import Leaf


class Settings(NamedTuple):
    """What the file's conventions say about operations."""

    count_from: int | None
    relu_at_zero: int
    step_at_zero: int | None
    sign_at_zero: int | None
    said: bool = False  # whether the file has conventions: at all


class Comparison(NamedTuple):
    """What a loss compares, and where the file says so."""

    loss: str
    prediction: Expr
    target: Expr
    place: Place | None


class Normalizer:
    """Brings equations into normal form, one after the other in order of dependence.

    `defining` gives the expression of an equation that is settled already (its shortcut may apply); `settle_target` is
    told the shape of the prediction that a class target is compared with; `is_distribution` tells whether a target's
    values sum to 1 in every sample, which the shortcut of softmax and cross-entropy rests on. `averages` tells
    afterwards whether a loss was expanded to a mean over samples, `comparisons` what the losses compare, `called` has
    the equations that call a loss by its name, as they were before it was expanded.
    """

    def __init__(
        self,
        settings: Settings,
        shapes: Shapes,
        defining: Callable[[Name], Expr | None],
        settle_target: Callable[[Name, Shape], None],
        is_distribution: Callable[[Expr], bool],
        fresh_name: Callable[[Name], Name],
        leaves: Mapping[Name, Leaf],
    ) -> None:
        self.settings = settings
        self.shapes = shapes
        self.defining = defining
        self.settle_target = settle_target
        self.is_distribution = is_distribution
        self.fresh_name = fresh_name
        self.leaves = leaves
        self.comparisons: list[Comparison] = []
        self.called: dict[Name, Expr] = {}
        self.averages = False

    def equations(self, name: Name, expr: Expr, place: Place | None, *, shortcuts: bool = True) -> list[Equation]:
        """The equations that `name = expr` stands for: those of arguments that get a name of their own come first.

        Raises `ProblemError` where an operation is unknown or its operands do not fit.
        """
        extracted: list[Equation] = []

        def settle(node: Expr) -> Expr:
            if not isinstance(node, Call):
                return node
            result = self.settled(node, place)
            if isinstance(result, Call) and result.op in ("mul", "div") and result.loose:
                self.check_loose(result, place)
            return result

        def name_argument(node: Expr) -> Expr:
            """The argument of an activation is a named pre-activation, so that its delta has a name."""
            if not isinstance(node, Call) or not REGISTRY[node.op].activation or isinstance(node.args[0], (Ref, Num)):
                return node
            pre = self.fresh_name(name)
            self.shapes.named[pre] = self.infer(node.args[0], name, place)
            extracted.append(Equation(pre, node.args[0], place=place))
            return node.with_args((Ref(pre), *node.args[1:]))

        def normal(node: Expr) -> Expr:
            if not isinstance(node, Call):
                return node  # a class target has no shape yet
            result = settle(node)
            self.infer(result, name, place)
            self.check_constant(result, place)
            return name_argument(result)

        if any(isinstance(node, Call) and node.op in LOSSES for node in nodes(expr)):
            self.called[name] = expr
        long = rewrite(expr, normal)
        self.shapes.named[name] = self.infer(long, name, place)
        short, bypassed = shortened(long, self.defining, self.is_distribution) if shortcuts else (long, ())
        if short != long:
            self.infer(short, name, place)
            return [*extracted, Equation(name, short, place=place, long=long, bypassed=bypassed)]
        return [*extracted, Equation(name, long, place=place)]

    def infer(self, expr: Expr, name: Name, place: Place | None) -> Shape:
        try:
            return self.shapes(expr)
        except ShapeError as error:
            text = spell(expr)
            at = expr.at if isinstance(expr, Call) and expr.at >= 0 else 0
            where = place.right(at) if place else None
            shown = text if len(text) <= 60 else text[:57] + "..."
            raise ProblemError.of("shape-mismatch", f"{name}: {shown}: {error}", where, error.help) from None

    def settled(self, node: Call, place: Place | None) -> Expr:
        """A call of a known operation with its conventions written in, or what it is shorthand for."""
        where = place.right(node.at) if place and node.at >= 0 else place
        if node.op in LOSSES:
            return self.loss(node, where)
        operation = REGISTRY.get(node.op)
        if operation is None or operation.adjoint_only:
            if node.op.endswith("'") and node.op[:-1] in REGISTRY:
                return self.derivative(node, where)
            if node.op not in REGISTRY:
                raise unknown_function(node.op, where)
            operation = REGISTRY[node.op]
        if len(node.args) == 1 and isinstance(node.args[0], Call) and node.args[0].op == "sequence":
            pooled = self.over_time(node, node.args[0].args)
            if pooled is not None:
                return pooled
        if node.op == "softmax" and node.option("temperature") is not None:
            return self.with_temperature(node, where)
        node = positional(node, operation, where)
        options = dict(node.options)
        for key in options:
            if key not in operation.options:
                allowed = ", ".join(operation.options) or "none"
                help = did_you_mean(key, operation.options) or f"its options: {allowed}"
                raise ProblemError.of("unknown-option", f"{node.op} has no option {key}", where, help)
        for key, default in operation.options.items():
            if default is ... and key not in options:
                raise ProblemError.of(
                    "missing-option", f"{node.op} needs {key}=...", where, f"write {node.op}(x, {key}=...)"
                )
        return Call(node.op, node.args, tuple(self.conventions(node, options, where).items()), node.at, node.loose)

    def over_time(self, node: Call, steps: tuple[Expr, ...]) -> Expr | None:
        """A sum or mean of a sequence, over all its elements or step by step (axis=time), as a sum over its steps."""
        if node.op not in ("sum", "mean") or node.option("axis") not in (None, "time"):
            return None
        within = node.option("axis") is None and self.shapes(steps[0]).dims
        total = add(*(call(node.op, step) for step in steps) if within else steps)
        return total if node.op == "sum" else mul(Num(Fraction(1, len(steps))), total)

    def conventions(self, node: Call, options: dict[str, Option], where: Place | None) -> dict[str, Option]:
        if node.op == "index" and "base" not in options:
            base = options["base"] = self.count_from("an element is indexed", "elements", where)
            options["key"] = _shifted(options["key"], base, where)
        if "count_from" in REGISTRY[node.op].options and "count_from" not in options:
            options["count_from"] = self.count_from(f"{node.op} numbers words", "words", where)
        if node.op in ("relu", "relu'") and self.settings.relu_at_zero and "at_zero" not in options:
            options["at_zero"] = self.settings.relu_at_zero
        jump = {"step": self.settings.step_at_zero, "sign": self.settings.sign_at_zero}.get(node.op)
        if jump is not None and "at_zero" not in options:
            options["at_zero"] = jump
        return options

    def count_from(self, what: str, counted: str, where: Place | None) -> int:
        """From what the file counts; raises where it does not say."""
        if self.settings.count_from is None:
            raise ProblemError.of(
                "missing-convention",
                f"{what}, but the file does not say from what {counted} are counted",
                where,
                to_add("conventions", "count_from: 1", "(or 0)", there=self.settings.said),
            )
        return self.settings.count_from

    def with_temperature(self, node: Call, where: Place | None) -> Expr:
        temperature = node.option("temperature")
        options = tuple((k, v) for k, v in node.options if k != "temperature")
        if isinstance(temperature, str) and temperature != "None":
            raise ProblemError.of(
                "wrong-option", "temperature is a number here", where, f"write {node.op}(z / {temperature})"
            )
        assert isinstance(temperature, (int, float))
        if temperature <= 0:
            raise ProblemError.of("wrong-option", f"the temperature is positive, not {temperature}", where)
        scaled = call("div", node.args[0], Num(temperature))
        return self.settled(Call(node.op, (scaled,), options, node.at), where)

    def derivative(self, node: Call, where: Place | None) -> Expr:
        """`sigmoid'(z)`: the rule of an elementwise operation with the incoming gradient 1."""
        base = node.op[:-1]
        operation = REGISTRY[base]
        if not operation.elementwise or len(node.args) != 1:
            raise ProblemError.of(
                "unknown-function", f"{node.op} is known for elementwise functions of one argument", where
            )
        function = self.settled(Call(base, node.args, node.options, node.at), where)
        assert isinstance(function, Call)
        site = Site(function, ONE, function, function.args, (), Shape(()), full_options(function), self.shapes.layout)
        try:
            expr = apply_rule(operation, site, 0)
        except LookupError:
            reason = operation.no_derivative or "its derivative is not known"
            raise ProblemError.of("no-derivative", f"{node.op}: {reason}", where) from None
        return rewrite(expr, _without_unit_factor)

    def loss(self, node: Call, where: Place | None) -> Expr:
        """The expression that a loss is shorthand for, over all samples as its reduction says."""
        block = LOSSES[node.op]
        if len(node.args) != 2:
            message = f"{node.op} compares two values, not {len(node.args)}"
            raise ProblemError.of("wrong-arguments", message, where, f"write {node.op}(y_hat, y)")
        prediction, target = node.args
        shape = self.infer(prediction, Name(node.op), where)
        samples = self.shapes.layout.count(shape)
        options = {k: v for k, v in node.options if k != "reduction"}
        reduction = node.option("reduction")
        findings = Findings()
        with findings:
            self.check_target(node, shape, where)
        _check_options(node, options, where, findings)
        if reduction not in (None, "sum", "mean"):
            findings.error("wrong-option", f"reduction is sum or mean, not {reduction}", where)
        if samples > 1 and reduction is None:
            findings.error(
                "missing-reduction",
                f"{node.op} compares {samples} samples, and the file does not say whether they are summed or averaged",
                where,
                f"write {spell(node)[:-1]}, reduction=mean)  (or sum)"
                if node.at >= 0
                else f"write  loss: {{name: {node.op}, reduction: mean}}  (or sum)",
            )
        findings.raise_errors()
        self.averages = self.averages or reduction == "mean"
        self.comparisons.append(Comparison(node.op, prediction, target, where))
        divisor = samples if reduction == "mean" else 1
        if block.mean_over_outputs:
            divisor *= shape.size // samples
        expr = substitute(template(block, samples), {Name("a"): prediction, Name("y"): target})
        expr = rewrite(expr, lambda part: _filled(part, options))
        expr = rewrite(expr, lambda part: self.settled(part, where) if isinstance(part, Call) else part)
        return _scaled(Fraction(1, divisor), expr)

    def check_target(self, node: Call, shape: Shape, where: Place | None) -> None:
        """Raise where the target is unknown or has not the shape of the prediction."""
        prediction, target = node.args
        if isinstance(target, Ref) and target.name not in self.shapes.named:
            self.settle_target(target.name, shape)
        target_shape = self.infer(target, Name(node.op), where)
        if target_shape.dims != shape.dims and (target_shape.size, shape.size) != (1, 1):
            leaf = self.leaves.get(target.name) if isinstance(target, Ref) else None
            raise ProblemError.of(
                "shape-mismatch",
                f"{node.op} compares {spell(prediction)} ({shape}) with {spell(target)} ({target_shape})",
                (leaf.place if leaf else None) or where,
                mismatch_help(
                    leaf.value, shape, self.shapes.layout, isinstance(target, Ref) and target.name.time is not None
                )
                if leaf
                else "prediction and target need the same shape",
            )

    def with_shapes(self, shapes: Shapes) -> Normalizer:
        """The same conventions over other named quantities."""
        other = copy.copy(self)
        other.shapes = shapes
        other.comparisons, other.called = [], {}
        return other

    def on_trial(self, shapes: Shapes) -> Normalizer:
        """The same over other shapes, to see whether they fit; nothing else is told."""
        other = self.with_shapes(shapes)
        other.settle_target = lambda name, shape: None
        other.fresh_name = lambda name: Name(f"<{name}>")
        return other

    def check_constant(self, node: Expr, place: Place | None) -> None:
        """A power of numbers that no float can hold is a slip of the file, not a result."""
        if not (isinstance(node, Call) and node.op == "pow") or references(node):
            return
        if not np.isfinite(evaluate(node, self.shapes, {})).all():
            where = place.right(node.at) if place and node.at >= 0 else place
            message = f"{spell(node)[:60]} is no finite number"
            raise ProblemError.of("too-large", message, where, "the largest number is about 1.8e308; a^b^c is a^(b^c)")

    def check_loose(self, node: Call, place: Place | None) -> None:
        """`a * W @ x` of tensors reads in two ways; with a number in it, both are the same."""
        tensors = [arg for arg in node.args if self.shapes(arg).dims]
        if len(tensors) > 1:
            raise ProblemError.of(
                "mixed-products",
                f"{spell(node)[:60]} stands beside an @ without parentheses",
                place.right(node.at) if place and node.at >= 0 else place,
                "say which product comes first: (a * W) @ x or a * (W @ x)",
            )


def _check_options(node: Call, options: Mapping[str, Option], where: Place | None, findings: Findings) -> None:
    """Report options that a loss does not have, or has to be given."""
    known = LOSSES[node.op].options
    for key in options:
        if key not in known:
            names = ["reduction", *known]
            help = did_you_mean(key, names) or f"options: {', '.join(names)}"
            findings.error("unknown-option", f"{node.op} has no option {key}", where, help)
    for key in known:
        if key not in options:
            help = f"write {node.op}(y_hat, y, {key}=1), or  loss: {{name: {node.op}, {key}: 1}}"
            findings.error("missing-option", f"{node.op} needs {key}", where, help)


def _shifted(key: Option, base: int, where: Place | None) -> Option:
    """A key counted from 0; raises where an index lies before the first element."""
    assert isinstance(key, tuple)

    def shift(index: Option) -> Option:
        if not isinstance(index, int):
            return index
        if index < base:
            raise ProblemError.of("shape-mismatch", f"the index {index} is before the first element, {base}", where)
        return index - base

    return tuple((shift(part[0]), shift(part[1])) if isinstance(part, tuple) else shift(part) for part in key)


def _filled(node: Expr, options: Mapping[str, Option]) -> Expr:
    if isinstance(node, Call) and any(isinstance(v, str) and v in options for _, v in node.options):
        filled = tuple((k, options.get(v, v) if isinstance(v, str) else v) for k, v in node.options)
        return Call(node.op, node.args, filled, node.at)
    return node


def _scaled(factor: Fraction, expr: Expr) -> Expr:
    if factor == 1:
        return expr
    if isinstance(expr, Call) and expr.op == "neg":
        return neg(_scaled(factor, expr.args[0]))
    if isinstance(expr, Call) and expr.op == "mul" and isinstance(expr.args[0], Num):
        return mul(Num(factor * Fraction(expr.args[0].value)), *expr.args[1:])
    return mul(Num(factor), expr)


def _without_unit_factor(node: Expr) -> Expr:
    if isinstance(node, Call) and node.op == "mul" and ONE in node.args:
        rest = tuple(arg for arg in node.args if arg != ONE)
        return rest[0] if len(rest) == 1 else Call("mul", rest) if rest else ONE
    return node
