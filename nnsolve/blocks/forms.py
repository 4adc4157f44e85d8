"""The forms in which a recurrent layer writes its weights, and what they are called in each of them.

A layer has one or more gates, each with its own pre-activation:

    apart      W_fh h_{t-1} + W_fx x_t + b_f        a weight over the state and one over the input for each gate
    joined     W_f [h_{t-1}; x_t] + b_f             one weight for each gate
    stacked    W_h h_{t-1} + W_x x_t + b            one weight for all gates, whose units stand one below the other

Each sum may have one bias or one for each product (PyTorch's b_ih and b_hh). Joined weights may be stacked, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nnsolve.blocks.layer import LayerSite


class Stems(NamedTuple):
    """What the weights and biases of a gate, or of all gates stacked, are called."""

    x: str
    h: str
    both: str
    bias: str
    bias_x: str
    bias_h: str

    @property
    def biases(self) -> tuple[str, str, str]:
        return self.bias, self.bias_x, self.bias_h


PLAIN = Stems("W_xh", "W_hh", "W", "b", "b_xh", "b_hh")
"""Those of a layer without gates."""

STACKED = Stems("W_x", "W_h", "W", "b", "b_x", "b_h")

JOINED = {"joined": ("h_first", "x_first")}
"""The words of the option `joined`."""


def stems_of(gate: str) -> Stems:
    """Those of one gate: W_fx, W_fh, W_f, b_f, b_fx, b_fh."""
    return Stems(f"W_{gate}x", f"W_{gate}h", f"W_{gate}", f"b_{gate}", f"b_{gate}x", f"b_{gate}h")


class Form(NamedTuple):
    """In which form a layer writes its weights: joined in which order, stacked in which order."""

    joined: str | None
    order: tuple[str, ...]
    blocks: tuple[tuple[str, Stems], ...]  # the gates that have weights of their own; one named "" for all gates

    @property
    def stacked(self) -> bool:
        return bool(self.order)

    @property
    def height(self) -> int:
        """How many gates one weight serves."""
        return max(len(self.order), 1)


def read_form(site: LayerSite, gates: Sequence[str]) -> Form:
    """In which form the weights are written; raises where some are missing, or two forms are mixed."""
    joined = site.word("joined")
    order = _order(site, gates)
    if order:
        blocks: tuple[tuple[str, Stems], ...] = (("", STACKED),)
    else:
        blocks = tuple([(gate, stems_of(gate)) for gate in gates]) or (("", PLAIN),)
    form = Form(joined, order, blocks)
    needed = [stem for _, stems in blocks for stem in ((stems.both,) if joined else (stems.x, stems.h))]
    biases = [stem for _, stems in blocks for stem in ((stems.bias,) if joined else stems.biases)]
    known = {*needed, *biases, "b"}
    said = {stem for stem in site.given if stem.startswith(("W", "b"))}
    missing, others = [stem for stem in needed if stem not in said], sorted(said - known)
    if others:
        help = _forms_help(gates)
        message = f"{_listed(others)} {_is(others)} given, but {_described(form)} takes {_listed(needed)}"
        raise site.fail("mixed-weights", message, others[0], help)
    if missing:
        message = f"{_listed(missing)} {_is(missing)} missing"
        raise site.fail("missing-key", message, "", _forms_help(gates))
    own = [stem for stem in biases if stem in said and stem != "b"]
    if "b" in said and own and not order and gates:
        message = f"b is one bias that all gates share, but {_listed(own)} {_is(own)} given too"
        raise site.fail("mixed-weights", message, "b", "leave one of them out")
    return form


def _order(site: LayerSite, gates: Sequence[str]) -> tuple[str, ...]:
    """The order of stacked gates, () where they are not."""
    if "gates" not in site.options and "gates" not in site.given:
        return ()
    found = site.options.get("gates")
    listed = isinstance(found, tuple) and not hasattr(found, "text")
    order = tuple([text.text for text in found or ()]) if listed else ()
    if sorted(order) != sorted(gates):
        message = f"gates is the order in which {_listed(gates)} are stacked in W_x, W_h and b"
        raise site.fail("unknown-choice", message, "gates", f"write  gates: [{', '.join(gates)}]  in your order")
    return order


def _forms_help(gates: Sequence[str]) -> str:
    if not gates:
        return "W_hh and W_xh; or joined: h_first (or x_first) and one W over [h; x]; b is optional"
    each = [stems_of(gate) for gate in gates]
    return (
        f"a weight over x and one over h for each gate ({', '.join(f'{s.x} {s.h}' for s in each)}); "
        f"or joined: h_first (or x_first) and one over both ({' '.join(s.both for s in each)}); "
        f"or gates: [{', '.join(gates)}] and all gates stacked in that order (W_x W_h); biases are optional"
    )


def _described(form: Form) -> str:
    words = [f"joined: {form.joined}"] if form.joined else []
    words += [f"gates: [{', '.join(form.order)}]"] if form.order else []
    return " with ".join(words) or "a layer whose weights are written apart"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _is(words: Sequence[str]) -> str:
    return "is" if len(words) == 1 else "are"


def weight_options(gates: Mapping[str, str]) -> dict[str, str]:
    """The options of a layer with gates, each gate's letter with what it is."""
    options: dict[str, str] = {}
    for gate, what in gates.items():
        stems = stems_of(gate)
        options |= {
            stems.x: f"the weight of the {what} over the input",
            stems.h: f"the weight of the {what} over the state before",
            stems.bias: f"the bias of the {what}",
            stems.both: f"the joined weight of the {what}, over state and input",
            stems.bias_x: f"the bias of the {what} beside the input's product",
            stems.bias_h: f"the bias of the {what} beside the state's product",
        }
    return options | {
        "W_x": "the weight of all gates over the input, stacked",
        "W_h": "the weight of all gates over the state before, stacked",
        "W": "the joined weight of all gates, stacked",
        "b": "the bias: one that all gates share, or with gates: that of all, stacked",
        "b_x": "the stacked bias beside the input's product",
        "b_h": "the stacked bias beside the state's product",
        "joined": "h_first or x_first: weights are over [h; x] or [x; h]",
        "gates": "the order in which the gates are stacked",
    }


def also_called(gates: Mapping[str, str], letters: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """What courses and libraries call the weights of gates; `letters` are other letters of a gate."""
    known = weight_options(gates)
    found: dict[str, str] = {}
    for gate in gates:
        stems = stems_of(gate)
        for letter in (gate, *letters.get(gate, ())):
            found |= {
                f"W_{letter}x": stems.x,
                f"W_x{letter}": stems.x,
                f"W_{letter}h": stems.h,
                f"W_h{letter}": stems.h,
            }
            found |= {f"U_{letter}": stems.h, f"W_{letter}": stems.both, f"b_{letter}": stems.bias}
            found |= {f"U{letter}": stems.h, f"W{letter}": stems.both, f"b{letter}": stems.bias}
            found |= {f"W_i{letter}": stems.x}  # PyTorch's input to gate
    return {word: stem for word, stem in found.items() if word not in known}
