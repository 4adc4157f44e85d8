"""Optimizers: shorthand that expands to the update equation of one parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from nnsolve.core.expressions import Expr, Ref, add, mul, neg
from nnsolve.core.names import Name


class Update(NamedTuple):
    """What an optimizer is given: the parameter, its gradient, and the hyperparameters as named constants.

    `through(e)` is the gradient that an error e at the argument of the output's activation would give the parameter:
    e x^T for a weight matrix, e for a bias; `error` is target minus prediction.
    """

    parameter: Ref
    gradient: Ref
    hyper: Callable[[str], Ref]
    error: Callable[[], Expr]
    through: Callable[[Expr], Expr]


class OptimizerBlock(NamedTuple):
    """An optimizer: its hyperparameters (those without a default have to be given), and the new parameter."""

    name: str
    doc: str
    hyperparameters: Mapping[str, float | None]
    new_parameter: Callable[[Update], Expr]
    needs_loss: bool = True
    source: str = ""


def _sgd(update: Update) -> Expr:
    return add(update.parameter, neg(mul(update.hyper("learning_rate"), update.gradient)))


def _perceptron(update: Update) -> Expr:
    return add(update.parameter, mul(update.hyper("learning_rate"), update.through(update.error())))


OPTIMIZERS = {
    block.name: block
    for block in (
        OptimizerBlock(
            "sgd",
            "gradient descent: W - eta dL/dW",
            {"learning_rate": None},
            _sgd,
            source="Robbins, Monro: A Stochastic Approximation Method (1951)",
        ),
        OptimizerBlock(
            "perceptron",
            "the perceptron rule: W + eta (y - y_hat) x^T; it needs no loss",
            {"learning_rate": None},
            _perceptron,
            needs_loss=False,
            source="Rosenblatt: The Perceptron (1958)",
        ),
    )
}

SYMBOLS = {"learning_rate": "eta"}
"""How hyperparameters are written; `symbols: {eta: alpha}` renames them."""


def hyperparameter_name(hyperparameter: str, symbols: Mapping[str, str]) -> Name:
    """The name under which a hyperparameter stands in update equations."""
    symbol = SYMBOLS.get(hyperparameter, hyperparameter)
    return Name(symbols.get(symbol, symbol))


def hyperparameter_symbols(symbols: Mapping[str, str]) -> set[str]:
    """Every name that a hyperparameter may have in update equations."""
    keys = {key for block in OPTIMIZERS.values() for key in block.hyperparameters}
    return keys | {str(hyperparameter_name(key, symbols)) for key in keys}
