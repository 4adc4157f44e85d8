"""Small problems in which mistakes can be made: every mistake registers one of them, with an ask that it changes."""

NETWORK = """
conventions: {weights: rows, samples: columns, count_from: 1}
layers:
  - dense: {W: [[0.5, -1.2, 0.7], [0.9, 0.4, -0.3], [-0.6, 0.8, 0.2]], b: [0.3, -0.2, 0.45], activation: relu}
  - dense: {W: [[1.1, -0.7, 0.35], [0.6, 0.25, -0.9], [0.15, 0.85, 0.55]], b: [0.1, 0.65, -0.4], activation: sigmoid}
inputs: {x: [1.3, -0.8, 2.1]}
targets: {y: [0.2, 0.7, 0.4]}
loss: half_squared_error
training: {optimizer: sgd, learning_rate: 0.3, steps: 1}
ask: [z1, a1, z2, a2, L, dL/da2, dL/dz2, dL/dW2, dL/db2, dL/da1, dL/dz1, dL/dW1, dL/db1, W1@1, b1@1, W2@1, b2@1]
"""

LAYER_BY_LAYER = NETWORK.replace("steps: 1", "steps: 1, order: layer_by_layer")
FROZEN = NETWORK.replace("steps: 1", "steps: 1, update: [W1, W2]").replace("b1@1, W2@1, b2@1", "z1@1, W2@1, z2@1")
NORM = NETWORK.replace("half_squared_error", "l2_norm")

CLASSIFIER = """
conventions: {weights: columns, samples: columns, count_from: 0}
layers:
  - dense: {W: [[0.4, -0.9], [1.2, 0.3], [-0.5, 0.8]], b: [0.15, -0.35], activation: tanh}
  - dense: {W: [[0.7, -0.4, 0.2], [-1.1, 0.6, 0.9]], b: [0.05, 0.25, -0.3], activation: softmax}
inputs: {x: [0.9, -1.4, 0.6]}
targets: {y: {class: 1}}
loss: cross_entropy
training: {optimizer: sgd, learning_rate: 0.2, steps: 1}
ask: [z1, a1, z2, a2, {id: second, of: "a2[1]"}, L, dL/dz2, dL/dW2, dL/db2, dL/dz1, dL/dW1, W2@1, W1@1, b1@1]
"""

BATCH = """
conventions: {weights: columns, samples: rows, count_from: 0}
layers:
  - dense: {W: [[0.6, -0.8], [0.3, 1.1]], b: [0.2, -0.4], activation: tanh}
  - dense: {W: [[0.9, -0.5], [-0.7, 0.45]], b: [0.1, 0.3], activation: softmax}
inputs: {x: [[0.5, 1.2], [-0.9, 0.4], [1.4, -0.6]]}
targets: {y: {class: [1, 0, 1]}}
loss: {name: cross_entropy, reduction: mean}
training: {optimizer: sgd, learning_rate: 0.4, steps: 1, batch_size: all}
ask: [z1, a2, L, dL/dz2, dL/dW2, dL/db2, dL/dW1, dL/db1, W1@1]
"""

SUM = BATCH.replace("reduction: mean", "reduction: sum")

FORMULA = """
parameters: {w: 0.8, b: -0.35}
inputs: {x: 1.7}
targets: {t: 1.45}
equations:
  - z = w * x + b
  - y = tanh(z)
  - C = 1/2 * (y - t)^2
loss: C
ask: [z, y, C, dC/dy, dC/dz, dC/dw, dC/db]
"""

TEMPERATURE = """
constants: {beta: 2.5}
inputs: {s: [0.3, 1.1, -0.4]}
equations: ["p = softmax(beta * s)"]
ask: [p]
"""

RNN = """
conventions: {weights: rows, samples: columns}
layers:
  - rnn: {W_xh: [[0.7, -0.2], [0.4, 0.9]], W_hh: [[0.5, -0.6], [0.3, 0.8]], b: [0.1, -0.2], activation: tanh}
  - dense: {W: [[0.6, -1.1]], b: [0.25], activation: sigmoid}
inputs: {x: [[0.8, -0.5], [1.1, 0.3], [-0.4, 0.9]]}
targets: {y: [[0.3], [0.8], [0.6]]}
loss: {name: half_squared_error, over_time: sum}
training: {optimizer: sgd, learning_rate: 0.1, steps: 1}
ask: [h_1, h_2, h_3, L, dL/dh_1, dL/dh_2, dL/dW_hh, dL/dW_xh, dL/db1, W_hh@1]
"""
RNN_FROM = RNN.replace("targets:", "initial: {h_0: [0.6, -0.35]}\ntargets:")

_GATE = "W_{g}x: [[{a}, -0.3], [0.2, {b}]], W_{g}h: [[{b}, 0.15], [-0.25, {a}]], b_{g}: [{c}, -{c}]"


def _cell(kind: str, gates: str, extra: str = "") -> str:
    """A recurrent layer of two units with the weights of each gate."""
    numbers = [(0.4, 0.6, 0.1), (0.9, -0.5, 0.3), (-0.7, 0.8, 0.2), (0.35, 1.1, 0.45)]
    rows = ", ".join(_GATE.format(g=g, a=a, b=b, c=c) for g, (a, b, c) in zip(gates, numbers, strict=False))
    return f"""
conventions: {{weights: rows, samples: columns}}
layers: [{{{kind}: {{{rows}{extra}}}}}]
inputs: {{x: [[0.8, -0.5], [1.1, 0.3]]}}
loss: sum(h_2^2)
ask: [h_1, h_2, {"c_2, " if kind == "lstm" else ""}dL/dh_1]
"""


LSTM = _cell("lstm", "fiog")
GRU = _cell("gru", "rug", ", reset: before")

OPTIMIZER = """
conventions: {weights: rows, samples: columns}
layers: [{dense: {W: [[0.5, -1.2], [0.9, 0.4]]}}]
inputs: {x: [1.3, -0.8]}
targets: {y: [0.2, 0.7]}
loss: half_squared_error
training: {optimizer: adam, learning_rate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 0.05, steps: 3}
ask: [dL/dW, W@1, W@2, m_W@1, v_W@2, W@3]
"""

MOMENTUM = OPTIMIZER.replace(
    "adam, learning_rate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 0.05", "momentum, learning_rate: 0.1, momentum: 0.8"
).replace("m_W@1, v_W@2", "v_W@2")
DECAYED = OPTIMIZER.replace(
    "adam, learning_rate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 0.05", "sgd, learning_rate: 0.1, weight_decay: 0.2"
).replace("m_W@1, v_W@2, ", "")

PENALIZED = """
conventions: {samples: columns}
parameters: {W: [[0.5, -1.2], [0.9, 0.4]]}
constants: {lam: 0.3}
inputs: {x: [1.3, -0.8]}
targets: {y: [0, 1]}
equations: ["z = (W @ x) / sqrt(3)", "p = sigmoid(z)", "L = binary_cross_entropy(p, y) + lam/2 * sum(W^2)"]
loss: L
training: {optimizer: sgd, learning_rate: 0.1, steps: 1}
ask: [z, L, dL/dW, W@1]
"""

PENALIZED_BIAS = """
conventions: {samples: columns}
parameters: {w: [[0.5, -1.2]], b: 0.7}
constants: {lam: 0.3}
inputs: {x: [1.3, -0.8]}
targets: {y: 0.4}
equations: ["z = w @ x + b", "p = sigmoid(z)", "L = 1/2 * sum((p - y)^2) + lam/2 * sum(w^2)"]
loss: L
training: {optimizer: sgd, learning_rate: 0.1, steps: 1}
ask: [p, L, dL/dw, dL/db, b@1]
"""

STEPS = """
conventions: {weights: rows, samples: rows}
layers: [{dense: {W: [[0.5, -1.2]], b: [0.3], activation: sigmoid}}]
inputs: {x: [[0.7, 1.3], [-0.4, 0.9], [1.1, -0.6]]}
targets: {y: [[0.2], [0.9], [0.4]]}
loss: {name: half_squared_error, reduction: sum}
training: {optimizer: sgd, learning_rate: 0.3, epochs: 2, batch_size: 1}
ask: [z, W@1, W@2, W@end, L@e1]
"""
TRUNCATED = RNN.replace("steps: 1", "steps: 1, truncate: 1")

ROUNDED = """
conventions: {samples: columns}
parameters: {v: 0.5, w: 1.25}
inputs: {x: [1, 0, 1]}
equations: ["h_t = w * x_t + v * h_{t-1}"]
rounding: {h: {decimals: 1}}
ask: [h_1, h_2, h_3]
"""

STEP = """
conventions: {weights: rows, samples: rows, step_at_zero: 1}
layers: [{dense: {W: [[0.5, -0.25]], b: [0], activation: step}}]
inputs: {x: [[0, 0], [1, 1.5], [0.5, 1]]}
targets: {y: [[0], [1], [1]]}
training: {optimizer: perceptron, learning_rate: 0.3, epochs: 2, batch_size: 1}
ask: [W@2, b@3, W@end]
"""

WORDS = """
conventions: {weights: rows, samples: columns, count_from: 1}
layers:
  - embedding: {words: rows, E: [[0.9, 0.1], [0.2, 0.8], [-0.7, -0.2], [0.85, 0.3]]}
  - pooling: {over_time: mean}
inputs: {x: [1, 3, 2]}
ask: [p, {id: s, of: "cosine(e_1, e_3)"}]
"""

PROBLEMS = {
    "steps": STEPS,
    "truncated": TRUNCATED,
    "words": WORDS,
    "rounded": ROUNDED,
    "step": STEP,
    "network": NETWORK,
    "layer_by_layer": LAYER_BY_LAYER,
    "frozen": FROZEN,
    "norm": NORM,
    "classifier": CLASSIFIER,
    "batch": BATCH,
    "sum": SUM,
    "formula": FORMULA,
    "temperature": TEMPERATURE,
    "rnn": RNN,
    "rnn_from": RNN_FROM,
    "lstm": LSTM,
    "gru": GRU,
    "optimizer": OPTIMIZER,
    "momentum": MOMENTUM,
    "decayed": DECAYED,
    "penalized": PENALIZED,
    "penalized_bias": PENALIZED_BIAS,
}
