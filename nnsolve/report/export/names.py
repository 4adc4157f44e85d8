"""Identifiers for the quantities of a problem: `dL_dW2` for dL/dW2, no two alike, none that Python has already."""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from collections.abc import Container, Hashable

from nnsolve.core.names import END, Name

RESERVED = frozenset([*dir(builtins), *keyword.kwlist, *keyword.softkwlist, "np", "math", "torch"])


class Identifiers:
    """Gives everything in a script its name; what is asked for again has the same one.

    `single` tells that only one update is made: what it makes is then `W1_new`, not `W1_at_1`. With `by_time` there is
    one identifier for a quantity at all time steps; `timeless` are the names of what has no time.
    """

    def __init__(self) -> None:
        self.single = True
        self.by_time = False
        self.timeless: Container[Name] = ()
        self._known: dict[Hashable, str] = {}
        self._taken: set[str] = set(RESERVED)

    def of(self, name: Name) -> str:
        """The identifier of a quantity; of one at a time step, with `by_time`, its place in the sequence of all."""
        if self.is_of_sequence(name):
            return f"{self.sequence(name)}[{name.time}]"
        return self.fresh(name, self._spelled(name))

    @property
    def time(self) -> str:
        """The identifier of the time step in a loop."""
        return self.fresh(("loop", "t"), "step" if "t" in self._taken else "t")

    def is_of_sequence(self, name: Name) -> bool:
        """Whether a quantity is one of a sequence that has an identifier."""
        return self.by_time and name.time is not None and (name.of is None or name.of.time is None)

    def sequence(self, name: Name) -> str:
        """The identifier of all time steps' values of a quantity; `dL_dW_t` of what each adds to dL/dW."""
        whole = name._replace(time=None)
        share = whole.primal.after(0) in self.timeless
        return self.fresh(("sequence", whole), f"{self._spelled(whole)}{'_t' if share else ''}")

    def own(self, text: str) -> str:
        """The identifier of something that the script itself brings along: a function, a counter."""
        return self.fresh(text, text)

    def fresh(self, key: Hashable, wanted: str) -> str:
        """The identifier that stands for the key: as it is wanted, as far as that is possible."""
        if key not in self._known:
            base = identifier(wanted)
            found, number = base, 2
            while found in self._taken:
                found = f"{base}_" if base in RESERVED and f"{base}_" not in self._taken else f"{base}_{number}"
                number += 1
            self._taken.add(found)
            self._known[key] = found
        return self._known[key]

    def _spelled(self, name: Name) -> str:
        text = name.base if name.of is None else f"d{name.of.base}_d{name.base}"
        if name.epoch is not None:
            return f"{text}_epoch_{name.epoch}"
        if name.update == END:
            return f"{text}_end"
        if not name.update:
            return text
        return f"{text}_new" if self.single else f"{text}_at_{name.update}"


def identifier(text: str) -> str:
    """The text with what no identifier may have replaced by underscores."""
    normal = unicodedata.normalize("NFKC", text.replace("'", "_prime"))
    kept = "".join(c if ("_" + c).isidentifier() else "_" for c in normal)
    return kept if kept[:1].isidentifier() else f"_{kept}"
