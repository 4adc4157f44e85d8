"""The operations of the equation language, in families; importing this registers them all."""

from nnsolve.ops import (
    activations,
    adjoint,
    arithmetic,
    functions,
    linear,
    losses,
    rectifiers,
    reductions,
    shaping,
    time,
    words,
)
from nnsolve.ops.operation import REGISTRY, Operation, Site

__all__ = [
    "REGISTRY",
    "Operation",
    "Site",
    "activations",
    "adjoint",
    "arithmetic",
    "functions",
    "linear",
    "losses",
    "rectifiers",
    "reductions",
    "shaping",
    "time",
    "words",
]
