"""What students call things that have another address here: delta1 for dL/dz1, W1_new and w1' for W1@1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

PREDICTIONS = ("ŷ", "y^", "yhat", "y_pred", "ypred", "pred", "prediction", "output", "out")
LOSSES = ("loss", "cost", "error", "err", "l", "c", "e", "j")

_delta = re.compile(r"(?:[δΔ∂]|delta|error|err)_?([0-9]*)", re.IGNORECASE).fullmatch
_gradient = re.compile(
    r"grad(?:ient)?_?(.+)|(.+?)[._]?grad(?:ient)?|[d∂](?:[A-Za-z]|loss|cost)[/_ ]*[d∂]_?(.+)|∇_?(.+)", re.IGNORECASE
).fullmatch
_new = re.compile(r"(?:new|updated)_?(.+)|(.+?)_?(?:new|updated|next)|(.+?)['′*+]", re.IGNORECASE).fullmatch
_old = re.compile(r"(?:old|initial)_?(.+)|(.+?)_?(?:old|initial)", re.IGNORECASE).fullmatch
_signs = re.compile(r"[_^()\s{}]")


class Meant(NamedTuple):
    """An address that may be meant, and more words on what it is."""

    address: str
    what: str = ""


def meant(text: str, names: Iterable[str], loss: str | None) -> Iterator[Meant]:
    """The addresses that a text in another notation may stand for, the likeliest first; not all of them exist."""
    known = {_plain(name): name for name in reversed(list(names))}

    def named(groups: Iterable[str | None]) -> str:
        word = next(filter(None, groups), "")
        return known.get(_plain(word), word)

    if loss is not None and (found := _delta(text)):
        yield Meant(f"d{loss}/dz{found[1]}")
    if loss is not None and (found := _gradient(text)):
        yield Meant(f"d{loss}/d{named(found.groups())}")
    if found := _new(text):
        name = named(found.groups())
        yield Meant(f"{name}@1", f", which is {name} after one update")
    if found := _old(text):
        yield Meant(named(found.groups()))
    if text.lower() in PREDICTIONS:
        yield Meant("y_hat")
    if loss is not None and text.lower() in LOSSES:
        yield Meant(loss)
    if _plain(text) in known:
        yield Meant(known[_plain(text)])


def _plain(text: str) -> str:
    return _signs.sub("", text).lower()
