"""Word vectors: the vector of a word by its number, the cosine of two vectors, the nearest words.

A matrix E holds a vector for each word, in its rows or in its columns (`words=rows|columns`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnsolve.core.expressions import Expr, Num, add, call, mul, neg
from nnsolve.core.shapes import SCALAR, Layout, Shape, ShapeError
from nnsolve.ops.operation import Operation, Site, UndefinedValueError, register

TIE = 12
"""Decimals in which cosines are compared: parallel vectors differ by rounding alone."""

MATRIX = [[0.5, -2.0], [3.25, 1.0], [0.25, -0.75]]


class UnknownWordError(UndefinedValueError):
    """A number that is not that of a word."""


# The vector of a word -------------------------------------------------------------------------------------------------


def positions(i: Any, words: int, count_from: int) -> Any:
    """The places of words in their matrix, counted from 0; raises `UnknownWordError` where there is no such word."""
    numbers = np.ravel(i)
    wrong = [n for n in numbers if not (n == np.floor(n) and count_from <= n < count_from + words)]
    if wrong:
        number = int(wrong[0]) if wrong[0] == np.floor(wrong[0]) else wrong[0]
        raise UnknownWordError(f"there is no word {number}: the words are {count_from} to {words - 1 + count_from}")
    return numbers.astype(int) - count_from


def _lookup(E: Any, i: Any, words: str, count_from: int) -> Any:
    vectors = E if words == "rows" else np.transpose(E)
    found = vectors[positions(i, len(vectors), count_from)]
    return found.T if np.ndim(i) == 2 and np.shape(i)[0] == 1 else found


def _scatter_words(g: Any, i: Any, dims: Any, words: str, count_from: int) -> Any:
    by_word = np.zeros(dims if words == "rows" else dims[::-1])
    found = positions(i, len(by_word), count_from)
    by_sample = np.transpose(g) if len(found) > 1 and np.shape(i)[0] == 1 else g
    np.add.at(by_word, found, np.reshape(by_sample, (len(found), -1)))
    return by_word if words == "rows" else by_word.T


def _lookup_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    E, i = shapes
    size = E.dims[_across(E, options["words"])]
    if i.size == 1:
        return layout.vector(size)
    if i.dims[layout.features] != 1:
        raise ShapeError("a word has one number", "for several samples, give one number for each")
    return Shape((size, i.size) if layout.features == 0 else (i.size, size))


def _across(E: Shape, words: Any) -> int:
    """The axis along which a word's vector lies."""
    if len(E.dims) != 2:
        raise ShapeError(f"word vectors are the rows or columns of a matrix, not {E}")
    if words not in ("rows", "columns"):
        raise ShapeError(f"words={words} is not known", "write words=rows or words=columns")
    return 1 if words == "rows" else 0


def _gradient_of_lookup(site: Site, i: int) -> Expr:
    options = {key: site.options[key] for key in ("words", "count_from")}
    return call("scatter_words", site.g, site.args[1], dims=site.shapes[0].dims, **options)


# Cosines --------------------------------------------------------------------------------------------------------------


def _is_line(shape: Shape) -> bool:
    return len(shape.dims) == 2 and 1 in shape.dims


def _words_along(E: Shape, v: Shape, words: Any) -> str | None:
    """Whether words are rows or columns; None where E is a single vector, too. Raises where they do not fit v."""
    if not _is_line(v):
        raise ShapeError(f"cosine compares with one vector, not {v}", "a matrix of words stands first: cosine(E, v)")
    if words is None and _is_line(E):
        if E.size != v.size:
            raise ShapeError(f"cosine needs vectors of one length, but they have {E.size} and {v.size} elements")
        return None
    if len(E.dims) != 2:
        raise ShapeError(f"cosine compares vectors, not {E}")
    fits = [way for way, size in (("rows", E.dims[1]), ("columns", E.dims[0])) if size == v.size]
    if words is not None:
        _across(E, words)
        fits = [way for way in fits if way == words]
    if not fits:
        raise ShapeError(f"the vector has {v.size} elements, but the words of a matrix of shape {E} have not")
    if len(fits) > 1:
        raise ShapeError("both rows and columns of a square matrix could be the words", "write words=rows or columns")
    return fits[0]


def _cosine_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    words = _words_along(shapes[0], shapes[1], options["words"])
    return SCALAR if words is None else layout.vector(shapes[0].dims[0 if words == "rows" else 1])


def _cosine(x: Any, y: Any, words: str | None = None) -> Any:
    v = np.ravel(y)
    if words is None:
        line = 1 in np.shape(x) and np.size(x) == v.size
        words = "" if line else "rows" if np.shape(x)[1] == v.size else "columns"
    if not words:
        return _quotient(np.ravel(x) @ v, np.linalg.norm(x), np.linalg.norm(v))
    vectors = x if words == "rows" else np.transpose(x)
    return _quotient(vectors @ v, np.linalg.norm(vectors, axis=1), np.linalg.norm(v))


def _quotient(products: Any, norms: Any, norm: Any) -> Any:
    """The cosines; a vector of zeros has no direction: its cosine counts as 0, and has no derivative."""
    lengths = norms * norm
    return np.where(lengths == 0, 0.0, products / np.where(lengths == 0, 1.0, lengths))


def _gradient_of_cosine(site: Site, i: int) -> Expr:
    """d cos/dx = y/(|x||y|) - cos x/|x|^2, for each word."""
    x, y = site.args
    words = _words_along(site.shapes[0], site.shapes[1], site.options["words"])
    if words is None:
        other = (y, x)[i]
        if site.shapes[0].dims != site.shapes[1].dims:
            other = call("transpose", other)
        own = (x, y)[i]
        direct = call("ratio", other, mul(call("norm", x), call("norm", y)))
        along = mul(site.out, call("ratio", own, call("sum", call("pow", own, Num(2)))))
        return mul(site.g, add(direct, neg(along)))
    E = x if words == "rows" else call("transpose", x)
    v = y if site.shapes[1].dims[1] == 1 else call("transpose", y)
    g, out = (part if site.shape.dims[1] == 1 else call("transpose", part) for part in (site.g, site.out))
    ones = call("ones", v)
    squares = call("matmul", call("pow", E, Num(2)), ones)  # of each word's length
    direct = call("ratio", g, mul(call("sqrt", squares), call("norm", v)))
    if i == 0:
        along = call("matmul", mul(out, call("ratio", g, squares)), call("transpose", ones))
        gradient = add(call("matmul", direct, call("transpose", v)), neg(mul(along, E)))
        return gradient if words == "rows" else call("transpose", gradient)
    along = mul(call("sum", mul(g, out)), call("ratio", v, call("sum", call("pow", v, Num(2)))))
    gradient = add(call("matmul", call("transpose", E), direct), neg(along))
    return gradient if site.shapes[1].dims[1] == 1 else call("transpose", gradient)


def _nearest(E: Any, v: Any, count: int = 1, words: str | None = None, count_from: int = 0) -> Any:
    cosines = np.round(np.ravel(_cosine(E, v, words)), TIE)
    return np.argsort(-cosines, kind="stable")[:count] + float(count_from)


def _nearest_shape(shapes: Sequence[Shape], options: Mapping[str, Any], layout: Layout) -> Shape:
    count, known = options["count"], _cosine_shape(shapes, options, layout).size
    if not isinstance(count, int) or not 0 < count <= known:
        raise ShapeError(f"count={count}: there are {known} words", f"write count=1 to count={known}")
    return SCALAR if count == 1 else layout.vector(count)


register(
    Operation(
        "lookup",
        ("E", "i"),
        "the vector of word number i, a row or column of E (words=rows|columns); counted from conventions.count_from",
        _lookup,
        _lookup_shape,
        options={"words": ..., "count_from": 0},
        unspoken=("words", "count_from"),
        gradient={"E": _gradient_of_lookup},
        numpy="""
            places = np.ravel(i).astype(int) - count_from
            vectors = E[places] if words == "rows" else E.T[places]
            return vectors if features else vectors.T
        """,
        torch="""
            places = torch.ravel(i).long() - count_from
            vectors = E[places] if words == "rows" else E.T[places]
            return vectors if features else vectors.T
        """,
        example=(MATRIX, 1.0),
        example_options={"words": "rows"},
    )
)
register(
    Operation(
        "scatter_words",
        ("g", "i"),
        "zeros, but for g at word number i; what belongs to the same word is added up",
        _scatter_words,
        lambda shapes, options, layout: Shape(tuple(options["dims"])),
        options={"dims": ..., "words": ..., "count_from": 0},
        unspoken=("dims", "words", "count_from"),
        adjoint_only=True,
        numpy="""
            vectors = np.zeros(dims if words == "rows" else dims[::-1])
            np.add.at(vectors, np.ravel(i).astype(int) - count_from, g if features else g.T)
            return vectors if words == "rows" else vectors.T
        """,
        torch="""
            vectors = torch.zeros(dims if words == "rows" else dims[::-1])
            vectors.index_add_(0, torch.ravel(i).long() - count_from, g if features else g.T)
            return vectors if words == "rows" else vectors.T
        """,
        example=([[0.5], [-2.0]], 1.0),
        example_options={"dims": (3, 2), "words": "rows"},
    )
)
register(
    Operation(
        "cosine",
        ("x", "y"),
        "sum(x * y) / (norm(x) norm(y)); of a matrix of words (words=rows|columns) and a vector, one for each word",
        _cosine,
        _cosine_shape,
        options={"words": None},
        unspoken=("words",),
        gradient={"x": _gradient_of_cosine, "y": _gradient_of_cosine},
        numpy="""
            v = np.ravel(y)
            vectors = x if words == "rows" else x.T if words == "columns" else x if x.shape[1] == v.size else x.T
            lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(v)
            cosines = np.divide(vectors @ v, lengths, out=np.zeros(len(vectors)), where=lengths > 0)
            return np.reshape(cosines, dims) if dims else cosines.item()
        """,
        torch="""
            v = torch.ravel(y)
            vectors = x if words == "rows" else x.T if words == "columns" else x if x.shape[1] == len(v) else x.T
            lengths = torch.linalg.vector_norm(vectors, dim=1) * torch.linalg.vector_norm(v)
            cosines = torch.where(lengths > 0, vectors @ v / lengths, 0.0)
            return torch.reshape(cosines, dims)
        """,
        example=([[0.5], [-2.0], [3.25]], [[1.0], [0.5], [-1.0]]),
        source="Manning, Raghavan, Schütze: Introduction to Information Retrieval (2008), 6.3.1",
    )
)
register(
    Operation(
        "nearest",
        ("E", "v"),
        "the numbers of the `count` words whose cosine with v is largest, the largest first; of equal ones, the first",
        _nearest,
        _nearest_shape,
        options={"count": 1, "words": None, "count_from": 0},
        unspoken=("words", "count_from"),
        no_derivative="which words are nearest changes in jumps",
        numpy=f"""
            cosines = cosine(E, v, words=words, dims=(-1,))
            found = np.argsort(-np.round(cosines, {TIE}), kind="stable")[:count] + float(count_from)
            return np.reshape(found, dims) if dims else found.item()
        """,
        torch=f"""
            cosines = torch.round(cosine(E, v, words=words, dims=(-1,)), decimals={TIE})
            found = torch.argsort(-cosines, stable=True)[:count].double() + count_from
            return torch.reshape(found, dims)
        """,
        example=(MATRIX, [[1.0], [0.5]]),
        example_options={"count": 2},
    )
)
