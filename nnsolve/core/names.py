"""Names of quantities, as structured values; texts such as `dL/dW2@1` are only their spelling."""

from __future__ import annotations

from typing import NamedTuple

END = -1
"""`Name.update` of a value after all updates, spelled `@end`."""


class Name(NamedTuple):
    """One quantity of a problem.

    The parts in the order in which they are spelled: `stem`, `layer` number, `gate`, `time` step, then `of`, the
    quantity whose derivative with respect to this one is meant (`dL/dW1` is `Name("W", 1, of=Name("L"))`), then the
    number of `update`s before it was computed (`@e3`, after an epoch, is `epoch=3`).
    """

    stem: str
    layer: int | None = None
    gate: str = ""
    time: int | None = None
    of: Name | None = None
    update: int = 0
    epoch: int | None = None

    @property
    def base(self) -> str:
        """The spelling without derivative and update."""
        text = self.stem if self.layer is None else f"{self.stem}{self.layer}"
        if self.gate:
            text += f"_{self.gate}"
        return text if self.time is None else f"{text}_{self.time}"

    def __str__(self) -> str:
        text = self.base if self.of is None else f"d{self.of.base}/d{self.base}"
        return text + self.moment

    @property
    def moment(self) -> str:
        """`@3`, `@e2`, `@end`, or nothing before the first update."""
        if self.epoch is not None:
            return f"@e{self.epoch}"
        if self.update == END:
            return "@end"
        return f"@{self.update}" if self.update else ""

    @property
    def primal(self) -> Name:
        """The quantity that a derivative is taken with respect to; itself for any other name."""
        if self.of is None:
            return self
        return Name(self.stem, self.layer, self.gate, self.time, None, self.update, self.epoch)

    def gradient(self, of: Name) -> Name:
        """The name of d`of`/d`self`."""
        return Name(self.stem, self.layer, self.gate, self.time, of, self.update, self.epoch)

    def after(self, update: int) -> Name:
        """The same quantity after a number of updates."""
        if self.update == update and self.epoch is None:
            return self
        return Name(self.stem, self.layer, self.gate, self.time, self.of, update)
