"""The keys of a problem file: one table a mapping, each key with its kind and a sentence about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias


class Key(NamedTuple):
    """One key: `kind` says how its value is read, `text` what it is for.

    A number is at least `low` and at most `high`; or more than `above`, less than `below`.

    Kinds: string, text (an equation, address or name), id, integer, number, boolean, choice, names (one or a list of
    them), strings (words -> words), batch_size, shape, columns, classes; optimizer, activation and other names of
    blocks; values, constants, inputs, targets, given (names -> tensors); the structured sections, and list of ...
    Editors show the `examples` and insert the only one, of which they know lists of scalars alone.
    """

    kind: str
    text: str
    choices: tuple[str | int, ...] = ()
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    examples: tuple[Any, ...] = ()


Table: TypeAlias = Mapping[str, Key]

_COUNT = 1e9

CONVENTIONS: Table = {
    "weights": Key("choice", "rows: a row per unit, z = W x + b; columns: a column per unit.", ("rows", "columns")),
    "samples": Key("choice", "columns: a sample is a column; rows: a sample is a row.", ("rows", "columns")),
    "bias": Key("choice", "The bias stands alone, or is folded into W.", ("separate", "first", "last")),
    "count_from": Key("choice", "Whether elements and classes are counted from 0 or from 1.", (0, 1)),
    "symbols": Key("strings", "Other names for stems: {z: hbar, a: h}."),
    "layer_numbers": Key("choice", "How reports print layer numbers.", ("subscript", "superscript", "brackets")),
    "relu_at_zero": Key("choice", "The derivative of relu (and of a norm) at 0; 0 if not said.", (0, 1)),
    "step_at_zero": Key("choice", "The value of a step function at 0.", (0, 1)),
    "sign_at_zero": Key("choice", "The value of a sign function at 0.", (-1, 0, 1)),
}

LAYER: Table = {
    "activation": Key("activation", "The activation: its name, or an expression in u."),
    "gate_activation": Key("activation", "The activation of gates."),
    "output_activation": Key("activation", "The activation on the way out."),
    "number": Key("integer", "The layer's number, where it is not its place in the list.", low=1, high=1e6),
    "symbols": Key("strings", "Exact names of this layer's quantities: {W: V, z: u}."),
}
"""Options that are read alike in every layer; which ones a layer has is checked where it is defined."""

LOSS: Table = {
    "name": Key("loss name", "The loss: its name, an equation's name or an expression."),
    "reduction": Key("choice", "How the losses of several samples become one.", ("sum", "mean")),
    "over_time": Key("choice", "How the losses of the time steps become one.", ("sum", "mean", "last")),
}
"""Further options are the loss's own (`delta` of huber); they are checked where the loss is defined."""

HYPERPARAMETERS: Table = {
    "momentum": Key("number", "The share of the last step that is kept.", low=0, below=1),
    "decay": Key("number", "rmsprop: the share of the mean squared gradient that is kept.", low=0, below=1),
    "beta1": Key("number", "Adam: the share of the mean gradient that is kept.", low=0, below=1),
    "beta2": Key("number", "Adam: the share of the mean squared gradient that is kept.", low=0, below=1),
    "epsilon": Key("number", "The number that keeps a denominator from being 0.", low=0),
    "weight_decay": Key("number", "The factor lambda of the L2 penalty; of adamw, the share taken away.", low=0),
    "clip_norm": Key("number", "The largest norm of all gradients together.", above=0),
    "clip_value": Key("number", "The largest size of an element of a gradient.", above=0),
}

SCHEDULE: Table = {
    "kind": Key("schedule kind", "How the learning rate changes: step, exponential or cosine."),
    "every": Key("integer", "step: after how many updates (epochs) the rate drops.", low=1, high=_COUNT),
    "factor": Key("number", "step, exponential: what the rate is multiplied by.", above=0),
    "over": Key("integer", "cosine: after how many updates (epochs) the lowest rate is reached.", low=1, high=_COUNT),
    "lowest": Key("number", "cosine: the lowest rate; 0 if not said.", low=0),
    "per": Key("choice", "What is counted; must be said where training counts in epochs.", ("update", "epoch")),
}

TRAINING: Table = {
    "optimizer": Key("optimizer", "The optimizer; sgd if not said."),
    "learning_rate": Key("number", "The step size eta.", low=0),
    "schedule": Key("schedule", "How the learning rate changes: {kind: step, every: 10, factor: 0.5}."),
    "steps": Key("integer", "The number of updates.", low=0, high=_COUNT),
    "epochs": Key("integer", "The number of passes over all samples; instead of steps.", low=0, high=_COUNT),
    "batch_size": Key("batch_size", "How many samples an update sees: a number, or all.", low=1, high=_COUNT),
    "shuffle": Key("boolean", "Whether the samples are drawn in a new order each epoch; needs a seed."),
    "seed": Key("integer", "The seed of everything random.", low=0, high=2**63),
    "update": Key("names", "Which parameters are updated; all if not said."),
    "order": Key("choice", "Whether all layers are updated at once.", ("simultaneous", "layer_by_layer")),
    "truncate": Key("integer", "How many steps back in time a loss reaches.", low=1, high=_COUNT),
    **HYPERPARAMETERS,
    "decayed": Key("names", "Which parameters weight_decay is for; all that are updated if not said."),
    "state": Key("values", "The optimizer's state that a run continues from: {m_W: ..., t: 5}."),
    "gradients": Key("values", "Gradients that are stated instead of computed: {W: ...}."),
}

ROUND: Table = {
    "decimals": Key("integer", "Digits behind the decimal point.", low=0, high=300),
    "significant": Key("integer", "Significant digits; instead of decimals.", low=1, high=300),
    "ties": Key("choice", "Where a value in the middle goes; even if not said.", ("even", "zero", "away")),
}

ASK: Table = {
    "id": Key("id", "What answers call it; the address if not said."),
    "of": Key("text", "The address or expression that is asked."),
    "decimals": Key("integer", "Digits behind the decimal point that are asked.", low=0, high=300),
    "significant": Key("integer", "Significant digits that are asked; instead of decimals.", low=1, high=300),
    "rtol": Key("number", "Relative tolerance.", low=0),
    "atol": Key("number", "Absolute tolerance.", low=0),
    "points": Key("number", "Points for a right answer.", low=0),
    "percent": Key("boolean", "Whether an answer may be written in percent, with its sign: 4.7 %."),
    "text": Key("string", "The question in words."),
}

MARKING: Table = {
    "points": Key("number", "Points of an ask that does not say; 1 if not said.", low=0),
    "imprecise": Key("number", "The credit of an answer with too few digits; 0.5 if not said.", low=0, high=1),
    "carried": Key("number", "The credit of an answer that is right, given an earlier wrong one; 1.", low=0, high=1),
    "repeated": Key(
        "number", "The credit of a wrong answer with a slip that an earlier one is charged for; 0.", low=0, high=1
    ),
    "rearranged": Key(
        "number", "How much right numbers of a transposed or permuted answer earn, from 0 to 1; 0.", low=0, high=1
    ),
    "percent": Key("number", "How much a right answer earns that is in percent, not asked so; 0.", low=0, high=1),
    "partial": Key("boolean", "Whether a tensor earns the mean over its elements (true) or all or nothing."),
}

PART: Table = {
    "id": Key("part id", "What comes before the dot in its answers: b.z1."),
    "title": Key("string", "The part's title."),
    "text": Key("string", "The part's question in words."),
    "conventions": Key("conventions", "Conventions that differ."),
    "layers": Key("list of layers", "Other layers."),
    "equations": Key("list of equations", "Other equations."),
    "parameters": Key("values", "Parameters that differ."),
    "constants": Key("constants", "Constants that differ."),
    "inputs": Key("inputs", "Inputs that differ."),
    "targets": Key("targets", "Targets that differ."),
    "given": Key("given", "Values that are given instead of computed."),
    "initial": Key("values", "Initial states that differ."),
    "loss": Key("loss", "Another loss."),
    "training": Key("training", "Training that differs."),
    "rounding": Key("rounding", "Rounding that differs."),
    "ask": Key("list of asks", "What is asked in this part."),
}

PROBLEM: Table = {
    "title": Key("string", "The title of the report."),
    "source": Key("string", "Where the problem comes from."),
    "text": Key("string", "The question in words, shown at the top of the report."),
    "conventions": Key(
        "conventions",
        "How matrices, samples and indices are written.",
        examples=({"weights": "rows", "samples": "columns", "count_from": 1},),
    ),
    "layers": Key("list of layers", "The layers, first to last; each `- dense: {...}` or another kind."),
    "equations": Key(
        "list of equations",
        "Equations of the forward pass, each `- name = expression`.",
        examples=(["z = W @ x + b", "a = relu(z)"],),
    ),
    "parameters": Key("values", "What is trained: names and values.", examples=({"w": [1, -1], "b": "1/3"},)),
    "constants": Key("constants", "Fixed numbers and masks, which may be infinite.", examples=({"mask": [0, "-inf"]},)),
    "inputs": Key("inputs", "The inputs.", examples=({"x": [1, 0.5, "sqrt(2)"]},)),
    "targets": Key(
        "targets",
        "The targets; also {class: 2}.",
        examples=({"y": [0, 1]}, {"y": {"class": 2}}),
    ),
    "given": Key("given", "Values that replace an equation's: {a1: [...]}.", examples=({"a1": [1, 0]},)),
    "initial": Key("values", "Initial states: h_0, c_0.", examples=({"h_0": [0, 1]},)),
    "loss": Key(
        "loss",
        "The loss: a name, a mapping or an expression.",
        examples=("half_squared_error", {"name": "cross_entropy", "reduction": "mean"}),
    ),
    "training": Key(
        "training", "How parameters are updated.", examples=({"optimizer": "sgd", "learning_rate": 0.1, "steps": 1},)
    ),
    "rounding": Key(
        "rounding",
        "Which values are rounded as they are stored.",
        examples=({"z1": {"decimals": 2}}, {"every": {"decimals": 2}}),
    ),
    "ask": Key(
        "list of asks",
        "What is asked: addresses, or {id: ..., of: ...}.",
        examples=(["z1", "dL/dW1"], [{"id": "q", "of": "W1@1", "decimals": 3}]),
    ),
    "marking": Key(
        "marking", "What answers earn: {imprecise: 0.5, carried: 1}.", examples=({"imprecise": 0.5, "carried": 1},)
    ),
    "parts": Key("list of parts", "The same problem with other givens, each part over the rest."),
}

UNIFORM: Table = {
    "random": Key("choice", "The distribution.", ("uniform", "normal")),
    "low": Key("number", "The smallest value."),
    "high": Key("number", "The bound above."),
    "shape": Key("shape", "The shape, [rows, columns]."),
    "seed": Key("integer", "The seed of this tensor; else training.seed.", low=0, high=2**63),
}

NORMAL: Table = {
    "random": UNIFORM["random"],
    "mean": Key("number", "The mean."),
    "std": Key("number", "The standard deviation.", low=0),
    "shape": UNIFORM["shape"],
    "seed": UNIFORM["seed"],
}

FILE: Table = {
    "file": Key("string", "A .csv, .npy, .npz or .yaml file below the problem's folder."),
    "key": Key("string", "npz, yaml: the name of the array."),
    "header": Key("boolean", "csv: whether the first line holds names."),
    "columns": Key("columns", "csv: which columns, by name or by number."),
}

CLASS: Table = {
    "class": Key("classes", "The class, or the classes of a batch."),
    "of": Key("integer", "How many classes there are.", low=1, high=1e6),
}
