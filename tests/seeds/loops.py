"""The training loops of the notebook on neural networks handcrafted, written out again; nothing of nnsolve is used.

A sample is a row, a weight matrix has a column per unit, as in the notebook. Parameters are changed in place of copies.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Parameters = dict[str, Array]

X = [(0, 0), (1, 0), (0, 1), (1, 1)]
Y = [0, 1, 1, 0]
SEQUENCES = [(0, 0, 1), (1, 1, 0), (1, 0, 0), (0, 1, 0)]
ETA = 0.1


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), as the notebook has it."""
    return np.asarray(1.0 / (1 + np.exp(-x)))


def dsigmoid(y: Array) -> Array:
    """The derivative of the sigmoid, of its value."""
    return y * (1 - y)


def xor(start: Mapping[str, Array], epochs: int, stochastic: bool) -> tuple[Parameters, list[float]]:
    """The parameters w1, b1, w2, b2 after training on XOR, and the mean error of each epoch."""
    w1, b1, w2, b2 = (np.array(start[name]) for name in ("w1", "b1", "w2", "b2"))
    errors = []
    for _ in range(epochs):
        error = 0.0
        sums = [np.zeros_like(p) for p in (w1, b1, w2, b2)]
        for inputs, target in zip(X, Y, strict=True):
            x, y = np.array(inputs), np.array(target)
            lay1 = sigmoid(np.dot(w1.T, x) + b1)
            lay2 = sigmoid(np.dot(w2.T, lay1.T) + b2)
            error += float(0.5 * (lay2 - y)[0, 0] ** 2)
            delta_l2 = (lay2 - y) * dsigmoid(lay2)
            delta_l1 = np.dot(w2, delta_l2) * dsigmoid(lay1).T
            corrections = np.outer(x, delta_l1), delta_l1.T, (delta_l2 * lay1).T, delta_l2
            if stochastic:
                w1, b1, w2, b2 = (p - ETA * c for p, c in zip((w1, b1, w2, b2), corrections, strict=True))
            else:
                sums = [s + c for s, c in zip(sums, corrections, strict=True)]
        if not stochastic:
            w1, b1, w2, b2 = (p - ETA * s for p, s in zip((w1, b1, w2, b2), sums, strict=True))
        errors.append(error / len(X))
    return {"w1": w1, "b1": b1, "w2": w2, "b2": b2}, errors


def next_bit(start: Mapping[str, Array], epochs: int, through_time: bool) -> Parameters:
    """The parameters w1, wh, b1, bh, w2, b2 after training to predict the next bit.

    The notebook's delta of a step comes from that step's output alone. With `through_time` it gets what the next step
    carries back as well.
    """
    w1, wh, b1, bh, w2, b2 = (np.array(start[name]) for name in ("w1", "wh", "b1", "bh", "w2", "b2"))
    for _ in range(epochs):
        for bits in SEQUENCES:
            lay1_mem, lay2_mem = [np.zeros((1, 3))], []
            for k in range(2):
                act1 = w1.T * bits[k] + b1.T + (np.dot(lay1_mem[-1], wh) + bh).T
                lay1_mem.append(sigmoid(act1).T)
                lay2_mem.append(sigmoid(np.dot(w2.T, lay1_mem[-1].T) + b2))
            c1, ch, cb1, cbh, c2, cb2 = (np.zeros_like(p) for p in (w1, wh, b1, bh, w2, b2))
            carried = np.zeros((3, 1))
            for k in (1, 0):
                delta_l2 = (lay2_mem[k] - bits[k + 1]) * dsigmoid(lay2_mem[k])
                c2 += (delta_l2 * lay1_mem[k + 1]).T
                cb2 += delta_l2
                delta_l1 = (np.dot(w2, delta_l2) + carried) * dsigmoid(lay1_mem[k + 1]).T
                c1 += bits[k] * delta_l1.T
                cb1 += delta_l1.T
                ch += np.outer(lay1_mem[k], delta_l1)
                cbh += delta_l1.T
                if through_time:
                    carried = np.dot(wh, delta_l1)
            w1, wh, b1 = w1 - ETA * c1, wh - ETA * ch, b1 - ETA * cb1
            bh, w2, b2 = bh - ETA * cbh, w2 - ETA * c2, b2 - ETA * cb2
    return {"w1": w1, "wh": wh, "b1": b1, "bh": bh, "w2": w2, "b2": b2}
