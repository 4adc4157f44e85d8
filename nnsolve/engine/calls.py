"""Calls as they are written: which functions there are, and how many arguments each takes."""

from __future__ import annotations

from nnsolve.blocks import LOSSES
from nnsolve.core.diagnostics import Place, ProblemError, did_you_mean
from nnsolve.core.expressions import Call
from nnsolve.core.tokens import LOG_HELP
from nnsolve.ops import REGISTRY, Operation

INTERNAL = {
    "add",
    "append_one",
    "div",
    "huber_error",
    "index",
    "matmul",
    "mul",
    "neg",
    "normal_cdf",
    "normal_pdf",
    "pow",
    "prepend_one",
    "ratio",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "xlogy",
}
"""Operations behind signs, losses and derivatives: nobody is told to write them."""

LANGUAGE = {name for name, operation in REGISTRY.items() if not operation.adjoint_only}


def unknown_function(name: str, where: Place | None) -> ProblemError:
    """The error for a function that the language does not have."""
    if name == "log":
        help: str | None = LOG_HELP
    else:
        functions = sorted(n for n in (LANGUAGE - INTERNAL) | set(LOSSES) if not n.endswith("'"))
        help = did_you_mean(name, functions) or f"functions: {', '.join(functions)}"
    return ProblemError.of("unknown-function", f"{name[:40]} is not a known function", where, help)


def positional(node: Call, operation: Operation, where: Place | None) -> Call:
    """A call with the right number of arguments."""
    most = len(operation.arguments)
    least = 1 if operation.variadic else most - operation.optional
    count = len(node.args)
    if count < least or (count > most and not operation.variadic):
        wanted = f"{least} or more" if operation.variadic else str(most) if least == most else f"{least} or {most}"
        usage = f"{operation.name}({', '.join(operation.arguments)})"
        plural = "" if wanted == "1" else "s"
        raise ProblemError.of(
            "wrong-arguments",
            f"{operation.name} takes {wanted} argument{plural}, not {count}",
            where,
            f"{usage}: {operation.doc}",
        )
    return node
