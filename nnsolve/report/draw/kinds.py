"""The kinds of pictures, by the names that `--kind` takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnsolve.report.draw.scene import Scene
    from nnsolve.report.draw.shapes import Picture


def _network(scene: Scene) -> Picture:
    from nnsolve.report.draw.network import network

    return network(scene)


def _blocks(scene: Scene) -> Picture:
    from nnsolve.report.draw.blocks import blocks

    return blocks(scene)


def _unrolled(scene: Scene) -> Picture:
    from nnsolve.report.draw.unrolled import unrolled

    return unrolled(scene)


def _cell(scene: Scene) -> Picture:
    from nnsolve.report.draw.cell import cell

    return cell(scene)


def _graph(scene: Scene) -> Picture:
    from nnsolve.report.draw.graph import graph_picture

    return graph_picture(scene)


KINDS: dict[str, Callable[[Scene], Picture]] = {
    "network": _network,
    "blocks": _blocks,
    "unrolled": _unrolled,
    "cell": _cell,
    "graph": _graph,
}
"""From what is known of a problem to its picture; another kind is another line here."""
