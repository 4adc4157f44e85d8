"""Word embeddings: e_t is the vector of word x_t, a row or a column of the matrix E.

A word is given by its number, counted from conventions.count_from, or as a one-hot vector, which E multiplies. Bengio,
Ducharme, Vincent, Jauvin: A Neural Probabilistic Language Model (2003).
"""

from __future__ import annotations

from nnsolve.blocks.layer import LAYERS, LayerBlock, LayerSite, Step, counted
from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.expressions import call
from nnsolve.core.shapes import SCALAR, Shape
from nnsolve.ops.words import UnknownWordError, positions


def expand(site: LayerSite) -> None:
    """Emit e_t for every time step: E[x_t] of a number, E^T x_t (words: rows) or E x_t of a one-hot vector."""
    words = site.word("words")
    assert words is not None
    E = site.matrix("E", as_row=words == "columns")
    count, size = E.shape if words == "rows" else E.shape[::-1]
    features = None if site.shape == SCALAR else site.read_features(count)
    weight = site.parameter("E", E, Shape(E.shape))
    one_hot = features == count
    if not one_hot:
        _check_numbers(site, count, features)
    outputs = []
    for time, x in site.inputs:
        if one_hot:
            vector = site.product(weight, x, "columns" if words == "rows" else "rows")
        else:
            vector = call("lookup", weight, x, words=words, count_from=site.count_from)
        outputs.append(Step(time, site.equation("e", vector, time)))
    site.outputs = tuple(outputs)
    site.output_shape = site.with_features(size) or site.layout.vector(size)


def _check_numbers(site: LayerSite, count: int, features: int | None) -> None:
    """Raise where the layer does not read the numbers of words that E has."""
    x = site.inputs[0].value.name
    if features not in (None, 1):
        message = f"E has {counted(count, 'word')}, but {x} has {features} features"
        help = f"a word is its number, or a one-hot vector of {count}"
        if site.recurrent:
            help += "; the outermost list is time: [[0, 1, 0]] is one word"
        raise site.fail("shape-mismatch", message, "E", help)
    if site.count_from is None:
        message = "words are given by number, but the file does not say from what words are counted"
        raise site.fail("missing-convention", message, "", "add  count_from: 1  (or 0)  to conventions")
    for _, step in site.inputs:
        given = site.value(step.name)
        if given is None:
            message = f"a word is its number or a one-hot vector, but {step.name} is computed"
            raise site.fail("wrong-type", message, "", "an embedding is the first layer; dense is a matrix product")
        try:
            positions(given.array, count, site.count_from)
        except UnknownWordError as error:
            where = f"{step.name}: " if step.name.time else ""
            help = "words are counted from conventions.count_from"
            raise ProblemError.of("out-of-range", f"{where}{error}", given.place, help) from None


LAYERS["embedding"] = LayerBlock(
    "embedding",
    "e_t = the vector of word x_t, a row or column of E",
    {"E": "the word vectors", "words": "rows or columns: whether a word's vector is a row or a column of E"},
    ("E", "words"),
    ("E", "e"),
    expand,
    {"E": [[0.5, -1.0], [0.25, 0.75], [1.0, -0.5]], "words": "rows"},
    [2, 1, 2],
    sequential=True,
    single_too=True,
    also_called={"W": "E", "C": "E"},
    words={"words": ("rows", "columns")},
    forms=(
        "lookup(E, x) is the vector of word x in E, here a row. Backwards, scatter_words(g, x) is a matrix like E with "
        "the gradient g in that place and 0 elsewhere: only words that occur change.",
    ),
    domain="words: whole numbers, each the place of a vector in `E`",
    range="the vectors in `E`",
    source="Bengio, Ducharme, Vincent, Jauvin: A Neural Probabilistic Language Model (2003)",
)
