"""A layered layout: nodes in ranks from left to right, each label of an edge in a rank of its own between them.

An edge that spans several ranks keeps a place in each; so edges run between nodes and texts, never through one. The
order in a rank follows the mean of the neighbours (Sugiyama, Tagawa, Toda: Methods for Visual Understanding of
Hierarchical System Structures, 1981), the heights are the nearest ones to it that keep the distances.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from nnsolve.report.draw.shapes import Point

Key = TypeVar("Key", bound=Hashable)

SWEEPS = 12
BETWEEN, BESIDE = 22.0, 16.0
"""Room between ranks, and between what stands above each other in one."""

PASSING = 6.0
"""The height of an edge that passes a rank."""


class Size(NamedTuple):
    """How wide and how high something is; edges reach to its core, where that is narrower."""

    width: float
    height: float
    core: float = math.inf

    @property
    def reach(self) -> float:
        """How far edges end from the middle."""
        return min(self.width, self.core) / 2


class Place(NamedTuple):
    """The middle of something, and the edges of its rank."""

    x: float
    y: float
    left: float
    right: float


class Layout(NamedTuple, Generic[Key]):
    """Where nodes and labels stand, and the points of each edge between them."""

    nodes: Mapping[Key, Place]
    labels: Mapping[tuple[Key, Key], Place]
    paths: Mapping[tuple[Key, Key], list[Point]]


class _Item:
    """A node, a label, or an edge that passes: its rank, size and neighbours on both sides, its height once known."""

    def __init__(self, rank: int, size: Size) -> None:
        self.rank = rank
        self.size = size
        self.before: list[_Item] = []
        self.after: list[_Item] = []
        self.y = 0.0


def layered(nodes: Mapping[Key, Size], edges: Mapping[tuple[Key, Key], Size]) -> Layout[Key]:
    """Lay out nodes, which come after all that lead to them, and edges with labels of these sizes."""
    ranks = ranked(list(nodes), list(edges))
    items = {key: _Item(2 * ranks[key], size) for key, size in nodes.items()}
    columns: list[list[_Item]] = [[] for _ in range(2 * max(ranks.values(), default=0) + 1)]
    for item in items.values():
        columns[item.rank].append(item)
    chains: dict[tuple[Key, Key], list[_Item]] = {}
    for (source, target), size in edges.items():
        start, end = items[source], items[target]
        chain = [
            _Item(rank, size if rank == start.rank + 1 else Size(0.0, PASSING))
            for rank in range(start.rank + 1, end.rank)
        ]
        for item in chain:
            columns[item.rank].append(item)
        for left, right in zip([start, *chain], [*chain, end], strict=True):
            left.after.append(right)
            right.before.append(left)
        chains[source, target] = chain
    _settle(columns)
    return _placed(columns, items, chains)


def ranked(nodes: Sequence[Key], edges: Sequence[tuple[Key, Key]]) -> dict[Key, int]:
    """The longest way to each node; what is given, or shares nothing else with others, right before its first use."""
    ranks = dict.fromkeys(nodes, 0)
    into: dict[Key, list[Key]] = {key: [] for key in nodes}
    uses: dict[Key, list[Key]] = {key: [] for key in nodes}
    for source, target in edges:
        into[target].append(source)
        uses[source].append(target)
    apart: set[Key] = set()
    for key in nodes:
        ranks[key] = max([ranks[source] + 1 for source in into[key]], default=0)
        if all(not into[source] or (source in apart and len(uses[source]) == 1) for source in into[key]):
            apart.add(key)
    for key in reversed(nodes):
        if uses[key] and key in apart:
            ranks[key] = min(ranks[target] for target in uses[key]) - 1
    return ranks


def _settle(columns: list[list[_Item]]) -> None:
    """Order each rank by its neighbours, there and back, then move everything near to them."""
    for column in columns:
        _spread(column, [float(n) for n in range(len(column))])
    for n in range(SWEEPS):
        forward = n % 2 == 0
        for column in columns if forward else reversed(columns):
            wanted = [_mean(item.before if forward else item.after, item) for item in column]
            order = sorted(range(len(column)), key=lambda k: wanted[k])
            column[:] = [column[k] for k in order]
            _spread(column, [wanted[k] for k in order])
    for n in range(SWEEPS):
        for column in columns if n % 2 else reversed(columns):
            _spread(column, [_mean(item.before + item.after, item) for item in column])


def _mean(neighbours: list[_Item], item: _Item) -> float:
    return sum(other.y for other in neighbours) / len(neighbours) if neighbours else item.y


def _spread(column: list[_Item], wanted: list[float]) -> None:
    """Give the items of a rank the heights next to the wanted ones (by least squares) that keep their distances.

    With the distances taken off, heights may only rise: neighbours that fall are pooled at their mean.
    """
    offsets, below = [], 0.0
    for n, item in enumerate(column):
        if n:
            below += (column[n - 1].size.height + item.size.height) / 2 + BESIDE
        offsets.append(below)
    pools: list[tuple[float, int]] = []
    for height, offset in zip(wanted, offsets, strict=True):
        total, count = height - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            total, count = total + pools[-1][0], count + pools[-1][1]
            pools.pop()
        pools.append((total, count))
    means = [total / count for total, count in pools for _ in range(count)]
    for item, mean, offset in zip(column, means, offsets, strict=True):
        item.y = mean + offset


def _placed(
    columns: list[list[_Item]], items: Mapping[Key, _Item], chains: Mapping[tuple[Key, Key], list[_Item]]
) -> Layout[Key]:
    """The ranks side by side."""
    spans: list[tuple[float, float]] = []
    x = 0.0
    for column in columns:
        width = max([item.size.width for item in column], default=0.0)
        spans.append((x, x + width))
        x += width + BETWEEN

    def place(item: _Item) -> Place:
        left, right = spans[item.rank]
        return Place((left + right) / 2, item.y, left, right)

    paths: dict[tuple[Key, Key], list[Point]] = {}
    labels: dict[tuple[Key, Key], Place] = {}
    for (source, target), chain in chains.items():
        start, end = items[source], items[target]
        points = [(place(start).x + start.size.reach, start.y), (place(start).right, start.y)]
        for item in chain:
            points += [(place(item).left, item.y), (place(item).right, item.y)]
        points += [(place(end).left, end.y), (place(end).x - end.size.reach, end.y)]
        paths[source, target] = points
        labels[source, target] = place(chain[0])
    return Layout({key: place(item) for key, item in items.items()}, labels, paths)
