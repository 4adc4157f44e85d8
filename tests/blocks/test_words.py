"""Word embeddings and pooling over time, in every orientation; cosines and nearest words as asked quantities."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import autograd
import autograd.numpy as np
import numpy
import pytest

from tests.engine.solving import assert_close, codes, failure, formulas, solve_text, solved

ORIENTATIONS = list(itertools.product(("rows", "columns"), repeat=3))
E = numpy.array([[0.5, -1.0, 2.0], [0.25, 0.75, -0.5], [1.0, 0.5, 0.1], [-0.3, 0.2, 0.4]])
"""Four words in three dimensions, a word a row."""

W = numpy.array([[1.0, -2.0, 0.5]])


def sections(weights: str, samples: str, words: str, pool: str, x: Any, count_from: int = 1) -> dict[str, Any]:
    """A classifier of sentences: embedding, pooling, dense."""
    return {
        "conventions": {"weights": weights, "samples": samples, "count_from": count_from},
        "layers": [
            {"embedding": {"E": E if words == "rows" else E.T, "words": words}},
            {"pooling": {"over_time": pool}},
            {"dense": {"W": W if weights == "rows" else W.T, "activation": "tanh"}},
        ],
        "inputs": {"x": x},
        "loss": "sum(y_hat^2) + sum(y_hat)",
    }


POOLS = {
    "mean": lambda vectors: sum(vectors) / len(vectors),
    "sum": sum,
    "max": lambda vectors: np.max(np.array(vectors), axis=0),
    "last": lambda vectors: vectors[-1],
}


def reference(sentences: list[list[int]], pool: str) -> tuple[Any, Any, Any]:
    """The predictions, the loss and its gradient by E, for words counted from 0."""

    def predictions(E: Any) -> Any:
        return np.array([np.tanh(np.dot(W, POOLS[pool]([E[k] for k in sentence])))[0] for sentence in sentences])

    def loss(E: Any) -> Any:
        return np.sum(predictions(E) ** 2) + np.sum(predictions(E))

    return predictions(E), loss(E), autograd.grad(loss)(E)


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize(("weights", "samples", "words"), ORIENTATIONS)
def test_words_by_number_and_one_hot(weights: str, samples: str, words: str, pool: str, tmp_path: Path) -> None:
    sentences = [[2, 0, 2], [1, 1, 3]]
    by_number = numpy.array(sentences) + 1
    one_hot = numpy.eye(4)[numpy.array(sentences)]
    for inputs, used in (
        (by_number[0], sentences[:1]),
        (one_hot[0], sentences[:1]),
        ({"sequences": by_number}, sentences),
        ({"sequences": one_hot}, sentences),
    ):
        found = solved(tmp_path, **sections(weights, samples, words, pool, inputs))
        y_hat, loss, gradient = reference(used, pool)
        assert_close(np.ravel(found["y_hat"]), y_hat)
        assert_close(found["L"], loss)
        assert_close(found["dL/dE"], gradient if words == "rows" else gradient.T)
        vectors = E[[sentence[1] for sentence in used]]
        expected = vectors[0] if len(used) == 1 else vectors if samples == "rows" else vectors.T
        assert_close(found["e_2"], expected)


def test_a_single_word(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        conventions={"weights": "rows", "samples": "columns", "count_from": 0},
        layers=[{"embedding": {"E": E, "words": "rows"}}, {"dense": {"W": W}}],
        inputs={"x": 3},
        loss="sum(y_hat)",
    )
    assert_close(found["e"], E[3])
    assert_close(found["dL/dE"], np.vstack([np.zeros((3, 3)), W]))


def test_an_update_changes_the_words_that_occur(tmp_path: Path) -> None:
    """In mini-batches, too: each has words of its own."""
    x, y = numpy.array([[1, 2], [3, 3], [4, 1]]), numpy.array([[1.0], [0.0], [1.0]])
    current = E.copy()
    found = solved(
        tmp_path,
        **{
            **sections("rows", "rows", "rows", "mean", {"sequences": x}),
            "targets": {"y": y},
            "loss": {"name": "half_squared_error", "reduction": "sum"},
            "training": {"learning_rate": 0.5, "epochs": 2, "batch_size": 1, "update": ["E"]},
            "ask": ["E@end"],
        },
    )
    for sentence, target in [*zip(x - 1, y[:, 0], strict=True)] * 2:

        def loss(E: Any, sentence: Any = sentence, target: float = target) -> Any:
            return np.sum((np.tanh(np.dot(W, (E[sentence[0]] + E[sentence[1]]) / 2)) - target) ** 2) / 2

        current = current - 0.5 * autograd.grad(loss)(current)
    assert_close(found["E@end"], current)


EXERCISE = """
conventions: {weights: rows, samples: columns, count_from: 1}
layers:
  - embedding: {E: [[1, 0], [0, 1], [1, 1], [-1, 0.5], [2, 0]], words: rows}
inputs: {x: [3, 1]}
ask:
  - {id: similar, of: "cosine(e_1, e_2)"}
  - {id: all, of: "cosine(E, e_2)"}
  - {id: near, of: "nearest(E, e_2, count=4)"}
  - {id: nearest, of: "nearest(E, e_1)"}
  - {id: word, of: "lookup(E, 4, words=rows)"}
  - {id: analogy, of: "nearest(E, e_1 - e_2)"}
"""


def test_nearest_words_by_cosine_are_asked(tmp_path: Path) -> None:
    """Words 1 and 5 point the same way: of equal ones, the first in the file comes first."""
    found = solve_text(tmp_path, EXERCISE)
    answers = found.answers
    assert_close(answers["similar"], numpy.sqrt(0.5))
    assert_close(answers["all"], [1, 0, numpy.sqrt(0.5), -2 / numpy.sqrt(5), 1])
    assert answers["near"].tolist() == [1, 5, 3, 2]
    assert (answers["nearest"], answers["analogy"]) == (3, 2)
    assert answers["word"].tolist() == [-1, 0.5]
    assert formulas(found)["e_1"] == "lookup(E, x_1, words=rows, count_from=1)"
    from_0 = solve_text(tmp_path, EXERCISE.replace("count_from: 1", "count_from: 0"))
    assert from_0.answers["near"].tolist() == [1, 2, 3, 0]
    assert_close(from_0["e_1"], [-1, 0.5])


def test_a_vector_of_zeros_is_similar_to_nothing(tmp_path: Path) -> None:
    found = solved(
        tmp_path,
        conventions={"count_from": 1},
        parameters={"E": [[0, 0], [1, 1]], "v": [1, 0]},
        equations=["c = cosine(E, v, words=rows)", "n = nearest(E, v, count=2, words=rows)"],
        ask=["c", "n"],
    )
    assert_close(found["c"], [0, numpy.sqrt(0.5)])
    assert found["n"].tolist() == [2, 1]


EMBEDDING = """
conventions: {weights: rows, samples: columns, count_from: 1}
layers:
  - embedding: {E: [[1, 0], [0, 1], [1, 1]], words: rows}
inputs: {x: [3, 1]}
ask: [e_1]
"""


@pytest.mark.parametrize(
    ("old", "new", "code", "texts"),
    [
        ("x: [3, 1]", "x: [3, 4]", "out-of-range", ["x_2: there is no word 4: the words are 1 to 3"]),
        ("x: [3, 1]", "x: [0, 1]", "out-of-range", ["x_1: there is no word 0: the words are 1 to 3", "count_from"]),
        ("x: [3, 1]", "x: [1, 1.5]", "out-of-range", ["x_2: there is no word 1.5"]),
        ("x: [3, 1]", "x: 7", "out-of-range", ["there is no word 7"]),
        ("x: [3, 1]", "x: [[1, 2]]", "shape-mismatch", ["E has 3 words, but x_1 has 2 features", "[[0, 1, 0]]"]),
        (", count_from: 1", "", "missing-convention", ["from what words are counted", "count_from: 1"]),
        (", words: rows", "", "missing-key", ["embedding needs words", "whether a word's vector is a row"]),
        ("words: rows", "words: row", "unknown-choice", ["words is rows or columns, not row", "did you mean 'rows'"]),
        ("{E:", "{W:", "unknown-key", ["embedding has no option W", "it is called E here"]),
        ("[e_1]", '["lookup(E, 9, words=rows)"]', "out-of-range", ["there is no word 9"]),
        ("[e_1]", '["lookup(E, 1)"]', "missing-option", ["lookup needs words"]),
        ("[e_1]", '["lookup(E, 1, words=row)"]', "shape-mismatch", ["words=row is not known"]),
        ("[e_1]", '["nearest(E, e_1, count=4)"]', "shape-mismatch", ["count=4: there are 3 words"]),
        ("[e_1]", '["nearest(E, e_1, words=columns)"]', "shape-mismatch", ["the vector has 2 elements"]),
        ("[e_1]", '["cosine(e_1, E)"]', "shape-mismatch", ["a matrix of words stands first"]),
        ("[[1, 0], [0, 1], [1, 1]]", "[[1, 0], [0, 1]]", "out-of-range", ["there is no word 3: the words are 1 to 2"]),
    ],
)
def test_errors(old: str, new: str, code: str, texts: list[str], tmp_path: Path) -> None:
    text = EMBEDDING.replace(old, new)
    assert text != EMBEDDING
    error = failure(tmp_path, text)
    assert code in codes(error)
    for part in texts:
        assert part in str(error)
    assert error.diagnostics[0].place is not None and error.diagnostics[0].place.line > 1


def test_words_of_a_square_matrix_have_to_be_said(tmp_path: Path) -> None:
    text = EMBEDDING.replace("[[1, 0], [0, 1], [1, 1]]", "[[1, 2], [0, 1]]").replace("x: [3, 1]", "x: [2, 1]")
    error = failure(tmp_path, text.replace("[e_1]", '["cosine(E, e_1)"]'))
    assert "both rows and columns of a square matrix could be the words" in str(error)
    found = solve_text(tmp_path, text.replace("[e_1]", '["cosine(E, e_1, words=columns)"]'))
    assert_close(next(iter(found.answers.values())), [0, 1 / numpy.sqrt(5)])


def test_the_gradient_does_not_pass_through_nearest(tmp_path: Path) -> None:
    text = EMBEDDING.replace("ask: [e_1]", "equations:\n  - n = nearest(E, e_1)\nloss: n^2\nask: [dL/dE]")
    assert codes(failure(tmp_path, text)) == ["no-derivative"]


def test_pooling_needs_a_sequence(tmp_path: Path) -> None:
    text = EMBEDDING.replace("inputs", "  - pooling: {over_time: mean}\ninputs")
    assert_close(solve_text(tmp_path, text.replace("e_1", "p"))["p"], [1, 0.5])
    assert codes(failure(tmp_path, text.replace("x: [3, 1]", "x: 3").replace("e_1", "e"))) == ["not-a-sequence"]
    assert codes(failure(tmp_path, text.replace("{over_time: mean}", "{over_time: median}"))) == ["unknown-choice"]
    assert codes(failure(tmp_path, text.replace("{over_time: mean}", "{}"))) == ["missing-key"]
