"""What can be explained: the names of the registries, by kind. A name may be of several kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nnsolve.blocks import LAYERS, LOSSES, OPTIMIZERS, SCHEDULES
from nnsolve.report.explain.activations import activation_page, activations
from nnsolve.report.explain.layers import layer_page
from nnsolve.report.explain.losses import loss_page
from nnsolve.report.explain.optimizers import optimizer_page, schedule_page
from nnsolve.report.explain.page import Page
from nnsolve.report.style import Style


class Kind(NamedTuple):
    """A kind of topic: what its list is called, its registry, and the page of one entry."""

    title: str
    entries: Mapping[str, Any]
    page: Callable[[Any, Style], Page]


KINDS = (
    Kind("Activations", activations(), activation_page),
    Kind("Losses", LOSSES, loss_page),
    Kind("Layers", LAYERS, layer_page),
    Kind("Optimizers", OPTIMIZERS, optimizer_page),
    Kind("Learning-rate schedules", SCHEDULES, schedule_page),
)


def topics() -> list[str]:
    """The names of all topics, each once."""
    return list(dict.fromkeys(name for kind in KINDS for name in kind.entries))


def pages(topic: str, style: Style) -> list[Page]:
    """The pages of a topic: of everything that has this name."""
    return [kind.page(kind.entries[topic], style) for kind in KINDS if topic in kind.entries]
