"""Word vectors: their mean, or a recurrent layer over them, then a softmax; and the gradient of the vectors."""

import numpy as np

from tests.bench.fresh import words as w
from tests.bench.fresh.student import Answers, Array, Student, problem

E = np.array([[0.9, 0.1], [0.2, 0.8], [-0.7, -0.2], [0.8, 0.2], [0.1, 0.9], [-0.6, -0.8]])
W_OUT = np.array([[1.0, -1], [-1, 1]])
W_X, W_H = np.array([[1.0, -1], [0, 1]]), np.array([[0.5, 0], [1, -0.5]])


def vectors(s: Student, sentence: list[int]) -> Array:
    """The word vectors of a sentence, words counted from 1 (or, by the student's slip, from 0)."""
    return np.array([E[word if s(w.INDEX_BASE, "words") else word - 1] for word in sentence])


def output(s: Student, state: Array) -> Array:
    z = W_OUT @ state
    if s(w.SOFTMAX_LEFT_OUT):
        return z
    powers = np.exp(z)
    a = np.asarray(s.keep(powers / np.sum(powers), "y_hat"))
    a = a[::-1] if s(w.PERMUTED) else a
    return 100 * a if s(w.PERCENT) else a


def mean(s: Student, sentence: list[int]) -> tuple[Array, Array]:
    e = vectors(s, sentence)
    p = np.sum(e, axis=0) if s(w.SUM_FOR_MEAN) else np.mean(e, axis=0)
    if s(w.NEIGHBOURING_STEP, "p"):
        p = e[-1]
    p = np.asarray(s.keep(p, "p"))
    return p, output(s, p)


def recurrent(s: Student, sentence: list[int]) -> tuple[list[Array], list[Array]]:
    """The states before and after every word, and the pre-activations."""
    matrix_x = W_X.T if s(w.UNTRANSPOSED, "W_xh forward") else W_X
    matrix_h = W_H.T if s(w.UNTRANSPOSED, "W_hh forward") else W_H
    h, z = [np.zeros(2)], []
    for e in vectors(s, sentence):
        z.append(matrix_x @ e + (0 if s(w.RECURRENT_TERM_DROPPED) else matrix_h @ h[-1]))
        after = np.tanh(z[-1])
        if s(w.OTHER_ACTIVATION):
            after = 1 / (1 + np.exp(-z[-1]))
        if s(w.Z_FOR_A):
            after = z[-1]
        h.append(np.asarray(s.keep(after, f"h_{len(h)}")))
    return h, z


def embedding_gradient(s: Student, sentence: list[int], h: list[Array], z: list[Array], y_hat: Array) -> Array:
    """dL/dE of the cross-entropy with class 1, through the softmax and back through the words."""
    y = np.array([0.0, 1.0]) if s(w.INDEX_BASE, "class") else np.array([1.0, 0.0])
    dz_out = y - y_hat if s(w.TARGET_MINUS_OUTPUT) else y_hat - y
    if s(w.DERIVATIVE_EXTRA):
        dz_out = dz_out * y_hat * (1 - y_hat)
    if s(w.TWO_EXTRA):
        dz_out = 2 * dz_out
    dh = W_OUT.T @ dz_out
    gradient = np.zeros_like(E)
    for t in (3, 2, 1):
        slope = 1 - h[t] ** 2
        if s(w.OTHER_ACTIVATION):
            slope = h[t] * (1 - h[t])
        if s(w.DERIVATIVE_MISSING):
            slope = np.ones(2)
        if s(w.DERIVATIVE_OF_OTHER):
            slope = h[t] * (1 - h[t])
        if s(w.DERIVATIVE_AT_ACTIVATION):
            slope = 1 - np.tanh(h[t]) ** 2
        if s(w.DERIVATIVE_AT_PREACTIVATION):
            slope = 1 - z[t - 1] ** 2
        if s(w.NEIGHBOURING_STEP, "slope"):
            slope = 1 - h[t - 1] ** 2
        dz = s.keep(dh * slope, f"dz_{t}")
        row = sentence[t - 1] if s(w.INDEX_BASE, "words") else sentence[t - 1] - 1
        gradient[row] += (W_X if s(w.UNTRANSPOSED, "W_xh backward") else W_X.T) @ dz
        dh = (W_H if s(w.UNTRANSPOSED, "W_hh backward") else W_H.T) @ dz
        if s(w.OTHER_LAYERS_WEIGHTS):
            dh = W_X.T @ dz
        if s(w.RECURRENT_GRADIENT_DROPPED):
            dh = np.zeros(2)
    gradient = -gradient if s(w.SIGN) else gradient
    return gradient.T if s(w.TRANSPOSED) else gradient


def word_embeddings(s: Student) -> Answers:
    dog, dog_bites_man, man_bites_dog = E[0], [1, 3, 2], [2, 3, 1]
    first = vectors(s, dog_bites_man)
    p, y_hat = mean(s, dog_bites_man)
    answers: Answers = {
        "mean-dog-bites-man.e_1": first[0],
        "mean-dog-bites-man.p": p,
        "mean-dog-bites-man.y_hat": y_hat,
    }
    norms = np.linalg.norm(first[0]) * np.linalg.norm(first[2])
    if s(w.SQUARED_NORM):
        norms = norms**2
    answers["mean-dog-bites-man.similarity"] = first[0] @ first[2] / norms
    order = np.argsort(-(E @ dog) / np.linalg.norm(E, axis=1))[:3]
    answers["mean-dog-bites-man.nearest"] = order if s(w.INDEX_BASE, "nearest") else order + 1
    p, y_hat = mean(s, man_bites_dog)
    answers |= {"mean-man-bites-dog.p": p, "mean-man-bites-dog.y_hat": y_hat}
    h, z = recurrent(s, dog_bites_man)
    y_hat = output(s, h[3])
    last = h[2] if s(w.NEIGHBOURING_STEP, "h_3") else h[3]
    answers |= {"recurrent-dog-bites-man.h_3": last, "recurrent-dog-bites-man.y_hat": y_hat}
    answers["recurrent-dog-bites-man.dL/dE"] = embedding_gradient(s, dog_bites_man, h, z, y_hat)
    h, z = recurrent(s, man_bites_dog)
    last = h[2] if s(w.NEIGHBOURING_STEP, "h_3") else h[3]
    return answers | {"recurrent-man-bites-dog.h_3": last, "recurrent-man-bites-dog.y_hat": output(s, h[3])}


PROBLEMS = {
    "word-embeddings": problem(
        word_embeddings,
        (w.RECURRENT_GRADIENT_DROPPED, w.DERIVATIVE_MISSING),
        (w.RECURRENT_GRADIENT_DROPPED, w.TARGET_MINUS_OUTPUT),
        (w.DERIVATIVE_MISSING, w.TARGET_MINUS_OUTPUT),
        (w.SUM_FOR_MEAN, w.OTHER_ACTIVATION),
        (w.SUM_FOR_MEAN, w.RECURRENT_TERM_DROPPED),
        (w.DERIVATIVE_OF_OTHER, w.RECURRENT_GRADIENT_DROPPED),
        (w.TRANSPOSED, w.SIGN),
        (w.SUM_FOR_MEAN, w.DERIVATIVE_MISSING),
    )
}
