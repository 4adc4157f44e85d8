"""Optimizers: shorthand that expands to the update equations of one parameter.

In the formulas below W is any parameter, g its gradient as the optimizer sees it (clipped and with an L2 penalty where
the file says so), and eta the learning rate, or the rate of a schedule. What is written `m` or `v` is the state m_W,
v_W that an optimizer keeps for W; it is 0 at first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from nnsolve.core.expressions import ONE, Expr, Num, Ref, add, call, mul, neg
from nnsolve.core.names import Name


class Update:
    """One parameter and what an optimizer may use to write its new value down.

    `gradient` is what the optimizer follows; `decayed` tells whether `weight_decay` is meant for this parameter.
    `hyper(key)` is a hyperparameter, the learning rate as its schedule has it; `count()` the number of this update,
    t@1 = t + 1, so 1 in the first; `scheduled(e)` is e times the factor of the schedule alone. `error()` is target
    minus prediction, and `through(e)` the gradient that an error e at the argument of the output's activation would
    give the parameter: e x^T for a weight matrix, e for a bias.
    """

    def __init__(
        self,
        parameter: Ref,
        gradient: Expr,
        decayed: bool,
        hyper: Callable[[str], Ref],
        count: Callable[[], Ref],
        scheduled: Callable[[Expr], Expr],
        error: Callable[[], Expr],
        through: Callable[[Expr], Expr],
    ) -> None:
        self.parameter = parameter
        self.gradient = gradient
        self.decayed = decayed
        self.hyper = hyper
        self.count = count
        self.scheduled = scheduled
        self.error = error
        self.through = through
        self.kept: list[Name] = []
        self.emitted: dict[Name, Expr] = {}

    def state(self, stem: str) -> Ref:
        """What was kept under this stem by the update before."""
        return Ref(of_parameter(stem, self.parameter.name))

    def keep(self, stem: str, expr: Expr) -> Ref:
        """Emit the equation of the state's new value, m_W@1 = expr."""
        self.kept.append(self.state(stem).name)
        return self.derived(stem, expr)

    def derived(self, stem: str, expr: Expr) -> Ref:
        """Emit the equation of a quantity that lives within this update alone: m_hat_W@1 = expr."""
        name = of_parameter(stem, self.parameter.name).after(1)
        self.emitted[name] = expr
        return Ref(name)


def of_parameter(stem: str, parameter: Name) -> Name:
    """The name of something that belongs to a parameter: m_W1_fx for W1_fx."""
    return parameter._replace(stem=f"{stem}_{parameter.stem}")


class OptimizerBlock(NamedTuple):
    """An optimizer: its hyperparameters (those without a default have to be given), and the new parameter.

    `symbols` are how it writes hyperparameters that other optimizers write differently. One that does not follow the
    gradient needs no loss, and takes neither weight decay nor clipping.
    """

    name: str
    doc: str
    hyperparameters: Mapping[str, float | None]
    new_parameter: Callable[[Update], Expr]
    follows_gradient: bool = True
    symbols: Mapping[str, str] = {}
    source: str = ""


def _minus(left: Expr, *right: Expr) -> Expr:
    return add(left, *(neg(term) for term in right))


def _mean(decay: Ref, before: Ref, new: Expr) -> Expr:
    """A running mean that forgets exponentially: decay * before + (1 - decay) * new."""
    return add(mul(decay, before), mul(_minus(ONE, decay), new))


def _square(expr: Expr) -> Expr:
    return call("pow", expr, Num(2))


def _sgd(update: Update) -> Expr:
    return _minus(update.parameter, mul(update.hyper("learning_rate"), update.gradient))


def _perceptron(update: Update) -> Expr:
    return add(update.parameter, mul(update.hyper("learning_rate"), update.through(update.error())))


def _velocity(update: Update) -> Ref:
    mu, eta = update.hyper("momentum"), update.hyper("learning_rate")
    return update.keep("v", _minus(mul(mu, update.state("v")), mul(eta, update.gradient)))


def _momentum(update: Update) -> Expr:
    return add(update.parameter, _velocity(update))


def _nesterov(update: Update) -> Expr:
    v = _velocity(update)
    step = mul(update.hyper("learning_rate"), update.gradient)
    return add(update.parameter, mul(update.hyper("momentum"), v), neg(step))


def _ema_momentum(update: Update) -> Expr:
    m = update.keep("m", _mean(update.hyper("momentum"), update.state("m"), update.gradient))
    return _minus(update.parameter, mul(update.hyper("learning_rate"), m))


def _scaled(update: Update, direction: Expr, v: Ref) -> Expr:
    """The step eta * direction / (sqrt(v) + epsilon)."""
    root = add(call("sqrt", v), update.hyper("epsilon"))
    return call("div", mul(update.hyper("learning_rate"), direction), root)


def _adagrad(update: Update) -> Expr:
    v = update.keep("v", add(update.state("v"), _square(update.gradient)))
    return _minus(update.parameter, _scaled(update, update.gradient, v))


def _rmsprop(update: Update) -> Expr:
    v = update.keep("v", _mean(update.hyper("decay"), update.state("v"), _square(update.gradient)))
    return _minus(update.parameter, _scaled(update, update.gradient, v))


def _corrected(update: Update, stem: str, mean: Ref, decay: Ref) -> Ref:
    """A running mean that started at 0, made up for it: m / (1 - beta^t)."""
    return update.derived(f"{stem}_hat", call("div", mean, _minus(ONE, call("pow", decay, update.count()))))


def _adam_step(update: Update) -> Expr:
    beta1, beta2, g = update.hyper("beta1"), update.hyper("beta2"), update.gradient
    m = update.keep("m", _mean(beta1, update.state("m"), g))
    v = update.keep("v", _mean(beta2, update.state("v"), _square(g)))
    m_hat = _corrected(update, "m", m, beta1)
    v_hat = _corrected(update, "v", v, beta2)
    return _scaled(update, m_hat, v_hat)


def _adam(update: Update) -> Expr:
    return _minus(update.parameter, _adam_step(update))


def _adamw(update: Update) -> Expr:
    step = _adam_step(update)
    if not update.decayed:
        return _minus(update.parameter, step)
    decay = update.scheduled(mul(update.hyper("weight_decay"), update.parameter))
    return _minus(update.parameter, step, decay)


_ADAM = {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}

OPTIMIZERS = {
    block.name: block
    for block in (
        OptimizerBlock(
            "sgd",
            "gradient descent: W - eta g",
            {"learning_rate": None},
            _sgd,
            source="Robbins, Monro: A Stochastic Approximation Method (1951)",
        ),
        OptimizerBlock(
            "momentum",
            "v <- mu v - eta g, W <- W + v; the learning rate is inside the velocity",
            {"learning_rate": None, "momentum": None},
            _momentum,
            source="Sutskever, Martens, Dahl, Hinton: On the Importance of Initialization and Momentum (2013), (1)-(2)",
        ),
        OptimizerBlock(
            "ema_momentum",
            "m <- beta m + (1 - beta) g, W <- W - eta m; m is a running mean of gradients, without bias correction",
            {"learning_rate": None, "momentum": None},
            _ema_momentum,
            symbols={"momentum": "beta"},
            source="Kingma, Ba: Adam (2015), algorithm 1, its first moment alone",
        ),
        OptimizerBlock(
            "nesterov",
            "v <- mu v - eta g, W <- W + mu v - eta g (with the new v). W is the point where the gradient is taken; "
            "what Sutskever et al. (2013) call W is this one minus mu v",
            {"learning_rate": None, "momentum": None},
            _nesterov,
            source="Bengio, Boulanger-Lewandowski, Pascanu: Advances in Optimizing Recurrent Networks (2013), 3.5",
        ),
        OptimizerBlock(
            "adagrad",
            "v <- v + g^2, W <- W - eta g / (sqrt(v) + epsilon), elementwise; epsilon stands outside the root",
            {"learning_rate": None, "epsilon": None},
            _adagrad,
            source="Duchi, Hazan, Singer: Adaptive Subgradient Methods (2011), with a diagonal matrix",
        ),
        OptimizerBlock(
            "rmsprop",
            "v <- rho v + (1 - rho) g^2, W <- W - eta g / (sqrt(v) + epsilon), elementwise; epsilon stands outside the "
            "root, v is not centred and not corrected for its start at 0",
            {"learning_rate": None, "decay": 0.9, "epsilon": None},
            _rmsprop,
            source="Hinton: Neural Networks for Machine Learning (2012), lecture 6e",
        ),
        OptimizerBlock(
            "adam",
            "m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2, m_hat = m / (1 - beta1^t), "
            "v_hat = v / (1 - beta2^t), W <- W - eta m_hat / (sqrt(v_hat) + epsilon); t is 1 in the first update",
            _ADAM,
            _adam,
            source="Kingma, Ba: Adam (2015), algorithm 1",
        ),
        OptimizerBlock(
            "adamw",
            "adam's step, and apart from it W shrinks by lambda: W <- W - s (eta m_hat / (sqrt(v_hat) + epsilon) + "
            "lambda W), where s is the factor of the schedule (1 without one). As in the paper lambda is not "
            "multiplied by the learning rate; PyTorch's weight_decay w is lambda = eta w here",
            {**_ADAM, "weight_decay": None},
            _adamw,
            source="Loshchilov, Hutter: Decoupled Weight Decay Regularization (2019), algorithm 2",
        ),
        OptimizerBlock(
            "perceptron",
            "the perceptron rule: W + eta (y - y_hat) x^T; it needs no loss",
            {"learning_rate": None},
            _perceptron,
            follows_gradient=False,
            source="Rosenblatt: The Perceptron (1958); Bishop: Pattern Recognition and Machine Learning (2006), 4.1.7",
        ),
    )
}

OPTIONAL = ("weight_decay", "clip_norm", "clip_value")
"""Hyperparameters that every optimizer which follows the gradient takes: an L2 penalty, and clipping."""


class Hyperparameter(NamedTuple):
    """How a hyperparameter is written, and a usual value that a help may propose."""

    symbol: str
    usual: str


HYPERPARAMETERS = {
    "learning_rate": Hyperparameter("eta", "0.1"),
    "momentum": Hyperparameter("mu", "0.9"),
    "decay": Hyperparameter("rho", "0.9"),
    "beta1": Hyperparameter("beta1", "0.9"),
    "beta2": Hyperparameter("beta2", "0.999"),
    "epsilon": Hyperparameter("epsilon", "1e-8"),
    "weight_decay": Hyperparameter("lam", "0.01"),
    "clip_norm": Hyperparameter("c", "1"),
    "clip_value": Hyperparameter("c", "1"),
}
"""All that optimizers take; `conventions: {symbols: {eta: alpha}}` renames a symbol."""


def hyperparameter_symbol(key: str, block: OptimizerBlock, symbols: Mapping[str, str]) -> str:
    """How a hyperparameter of an optimizer is written in update equations."""
    symbol = block.symbols.get(key, HYPERPARAMETERS[key].symbol)
    return symbols.get(symbol, symbol)
