"""Training loops as one writes them by hand: what compiled training is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def sigmoid(x: Any) -> Any:
    return 1.0 / (1 + np.exp(-x))


def dsigmoid(y: Any) -> Any:
    return y * (1 - y)


def notebook(start: Mapping[str, Any], X: Any, Y: Any, epochs: int, eta: float = 0.1) -> None:
    """XOR, an update for each sample, as in the notebook "Neural networks handcrafted" (D. Krzemiński, 2018)."""
    w1, b1, w2, b2 = (np.atleast_2d(np.array(start[key])) for key in ("W1", "b1", "W2", "b2"))
    error = np.zeros((epochs, 1))
    for n in range(epochs):
        for i in range(len(X)):  # iterate over all examples
            x = np.array(X[i])
            y = np.array(Y[i])
            # Forward pass, 1st layer
            act1 = np.dot(w1.T, x) + b1
            lay1 = sigmoid(act1)
            # Forward pass, 2nd layer
            act2 = np.dot(w2.T, lay1.T) + b2
            lay2 = sigmoid(act2)
            # Computing error
            E = 0.5 * (lay2 - y) ** 2
            error[n] += E[0]
            # Backprop, 2nd layer
            delta_l2 = (lay2 - y) * dsigmoid(lay2)
            corr_w2 = (delta_l2 * lay1).T
            corr_b2 = delta_l2 * 1
            # Backprop, 1st layer
            delta_l1 = np.dot(w2, delta_l2) * dsigmoid(lay1).T
            corr_w1 = np.outer(x, delta_l1)
            corr_b1 = (delta_l1 * 1).T
            w2 = w2 - eta * corr_w2
            b2 = b2 - eta * corr_b2
            w1 = w1 - eta * corr_w1
            b1 = b1 - eta * corr_b1
        error[n] /= len(X)


def eager(torch: Any, start: Mapping[str, Any], X: Any, Y: Any, epochs: int, eta: float = 0.1) -> None:
    """The same with PyTorch, which computes the gradients and makes the updates."""
    torch.set_num_threads(1)
    shaped = {key: np.atleast_2d(np.array(value)) for key, value in start.items()}
    w1, b1, w2, b2 = (torch.tensor(shaped[key], requires_grad=True) for key in ("W1", "b1", "W2", "b2"))
    optimizer = torch.optim.SGD([w1, b1, w2, b2], lr=eta)
    samples = [
        (torch.tensor([x], dtype=w1.dtype), torch.tensor([[y]], dtype=w1.dtype)) for x, y in zip(X, Y, strict=True)
    ]
    for _ in range(epochs):
        for x, y in samples:
            optimizer.zero_grad()
            a1 = torch.sigmoid(x @ w1 + b1)
            a2 = torch.sigmoid(a1 @ w2 + b2)
            (0.5 * (a2 - y) ** 2).sum().backward()
            optimizer.step()


def classifier(parameters: Mapping[str, Any], X: Any, Y: Any, batch: int, epochs: int, eta: float) -> None:
    """A relu layer and softmax with cross-entropy, a sample a row, updated in place."""
    W1, b1, W2, b2 = (parameters[key] for key in ("W1", "b1", "W2", "b2"))
    for _ in range(epochs):
        for i in range(0, len(X), batch):
            x, y = X[i : i + batch], Y[i : i + batch]
            a1 = x @ W1
            a1 += b1
            np.maximum(a1, 0, out=a1)
            d2 = a1 @ W2
            d2 += b2
            d2 -= d2.max(axis=1, keepdims=True)
            np.exp(d2, out=d2)
            d2 /= d2.sum(axis=1, keepdims=True)
            d2 -= y
            d2 *= eta / len(x)
            d1 = d2 @ W2.T
            d1 *= a1 > 0
            W2 -= a1.T @ d2
            b2 -= d2.sum(axis=0)
            W1 -= x.T @ d1
            b1 -= d1.sum(axis=0)


def lstm_by_gates(P: Mapping[str, Any], x: Any, y: Any, eta: float) -> None:
    """One update of an LSTM over a sequence of columns, gate by gate; squared errors, halved and summed over time."""
    T, n = len(x), len(P["b_f"])
    h, c = [np.zeros((n, 1))], [np.zeros((n, 1))]
    F, I, O, G, C = (list[Any]() for _ in range(5))  # noqa: E741
    for t in range(T):
        f = sigmoid(P["W_fx"] @ x[t] + P["W_fh"] @ h[t] + P["b_f"])
        i = sigmoid(P["W_ix"] @ x[t] + P["W_ih"] @ h[t] + P["b_i"])
        o = sigmoid(P["W_ox"] @ x[t] + P["W_oh"] @ h[t] + P["b_o"])
        g = np.tanh(P["W_gx"] @ x[t] + P["W_gh"] @ h[t] + P["b_g"])
        c.append(f * c[t] + i * g)
        C.append(np.tanh(c[-1]))
        h.append(o * C[-1])
        for values, value in zip((F, I, O, G), (f, i, o, g), strict=True):
            values.append(value)
    deltas: dict[str, list[Any]] = {gate: [np.zeros(0)] * T for gate in "fiog"}
    dh, dc = np.zeros((n, 1)), np.zeros((n, 1))
    for t in reversed(range(T)):
        dh = dh + (h[t + 1] - y[t])
        dc = dc + dh * O[t] * (1 - C[t] ** 2)
        deltas["f"][t] = df = dc * c[t] * F[t] * (1 - F[t])
        deltas["i"][t] = di = dc * G[t] * I[t] * (1 - I[t])
        deltas["o"][t] = do = dh * C[t] * O[t] * (1 - O[t])
        deltas["g"][t] = dg = dc * I[t] * (1 - G[t] ** 2)
        dc = dc * F[t]
        dh = P["W_fh"].T @ df + P["W_ih"].T @ di + P["W_oh"].T @ do + P["W_gh"].T @ dg
    before = np.concatenate(h[:-1], axis=1)
    inputs = x[:, :, 0]
    for gate, parts in deltas.items():
        delta = np.concatenate(parts, axis=1)
        delta *= eta
        P[f"W_{gate}x"][...] -= delta @ inputs
        P[f"W_{gate}h"][...] -= delta @ before.T
        P[f"b_{gate}"][...] -= delta.sum(axis=1, keepdims=True)


def lstm_stacked(W_x: Any, W_h: Any, b: Any, x: Any, y: Any, eta: float) -> None:
    """The same with the gates f, i, o, g in one product; those with the input and of the gradients for all steps."""
    T, n = len(x), len(b) // 4
    h, c, C = np.zeros((T + 1, n, 1)), np.zeros((T + 1, n, 1)), np.zeros((T, n, 1))
    A, D = np.zeros((T, 4 * n, 1)), np.zeros((T, 4 * n, 1))
    from_input = (x[:, :, 0] @ W_x.T + b[:, 0])[:, :, None]
    for t in range(T):
        a, z = A[t], W_h @ h[t]
        z += from_input[t]
        a[: 3 * n] = sigmoid(z[: 3 * n])
        np.tanh(z[3 * n :], out=a[3 * n :])
        c[t + 1] = a[:n] * c[t] + a[n : 2 * n] * a[3 * n :]
        np.tanh(c[t + 1], out=C[t])
        h[t + 1] = a[2 * n : 3 * n] * C[t]
    dh, dc = np.zeros((n, 1)), np.zeros((n, 1))
    for t in reversed(range(T)):
        a, d = A[t], D[t]
        f, i, o, g, gates = a[:n], a[n : 2 * n], a[2 * n : 3 * n], a[3 * n :], a[: 3 * n]
        dh = dh + (h[t + 1] - y[t])
        dc = dc + dh * o * (1 - C[t] ** 2)
        d[:n], d[n : 2 * n], d[2 * n : 3 * n] = dc * c[t], dc * g, dh * C[t]
        d[: 3 * n] *= gates * (1 - gates)
        d[3 * n :] = dc * i * (1 - g**2)
        dc = dc * f
        dh = W_h.T @ d
    D *= eta
    delta = D[:, :, 0].T
    W_h -= delta @ h[:-1, :, 0]
    W_x -= delta @ x[:, :, 0]
    b -= delta.sum(axis=1, keepdims=True)
