"""Identifiers for the quantities of a problem: `dL_dW2` for dL/dW2, no two alike, none that Python has already."""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from collections.abc import Hashable

from nnsolve.core.names import END, Name

RESERVED = frozenset([*dir(builtins), *keyword.kwlist, *keyword.softkwlist, "np", "math", "torch"])


class Identifiers:
    """Gives everything in a script its name; what is asked for again has the same one.

    `single` tells that only one update is made: what it makes is then `W1_new`, not `W1_at_1`.
    """

    def __init__(self) -> None:
        self.single = True
        self._known: dict[Hashable, str] = {}
        self._taken: set[str] = set(RESERVED)

    def of(self, name: Name) -> str:
        """The identifier of a quantity."""
        return self.fresh(name, self._spelled(name))

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
