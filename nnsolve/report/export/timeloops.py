"""Time steps with the same equations, which a script has in a loop: `h[t] = np.tanh(z1[t])`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from nnsolve.core.expressions import Call, Expr, Ref, references, rewrite
from nnsolve.core.names import Name

FEWEST = 4
"""So many time steps with the same equations are a loop; fewer are written one after the other."""


class Line(NamedTuple):
    """An equation as it is shown, and what it is called in the program."""

    plain: Name
    expr: Expr


class Stretch(NamedTuple):
    """Time steps in a row with the same equations, forward or backward in time: the positions of each one's."""

    first: int
    last: int
    blocks: tuple[range, ...]

    @property
    def is_loop(self) -> bool:
        """Whether there are enough of them."""
        return len(self.blocks) >= FEWEST

    def steps(self) -> str:
        """The time steps after the first one, in words."""
        return f"{self.first + (1 if self.last > self.first else -1)}, ..., {self.last}"

    def span(self) -> str:
        """The range of the time steps."""
        if self.last < self.first:
            return f"range({self.first}, {self.last - 1}, -1)"
        return f"range({self.first}, {self.last + 1})"


def stretches(lines: Sequence[Line]) -> list[Stretch]:
    """The time steps of equations that follow one another, those of the same equations together."""
    found: list[Stretch] = []
    pattern: Hashable = None
    for time, group in groupby(range(len(lines)), lambda i: lines[i].plain.time):
        positions = list(group)
        block = range(positions[0], positions[-1] + 1)
        loops = time is not None and all(_fits(lines[i]) for i in block)
        here = tuple(_moved(lines[i], time or 0) for i in block) if loops else None
        before = found[-1] if found else None
        if before and here is not None and here == pattern and time is not None:
            step = time - before.last
            if abs(step) == 1 and step * (before.last - before.first) >= 0:
                found[-1] = Stretch(before.first, time, (*before.blocks, block))
                continue
        found.append(Stretch(time or 0, time or 0, (block,)))
        pattern = here
    return found


def _moved(line: Line, time: int) -> tuple[Name, Expr]:
    """An equation with all steps counted from its own."""
    expr = rewrite(line.expr, lambda node: Ref(shifted(node.name, -time)) if isinstance(node, Ref) else node)
    return shifted(line.plain, -time), expr


def _fits(line: Line) -> bool:
    """Whether an equation may stand in a loop: it has none of its own, and nothing of two time steps."""
    names = [line.plain, *references(line.expr)]
    whole = not (isinstance(line.expr, Call) and line.expr.op == "jacobian")
    return whole and all(name.of is None or name.of.time is None for name in names)


def shifted(name: Name, by: int) -> Name:
    """A name at another time step, and what it is a derivative of."""
    of = name.of and shifted(name.of, by)
    return name._replace(time=None if name.time is None else name.time + by, of=of)


def in_general(name: Name, time: int) -> str:
    """The text of a name in a loop: h_{t-1}."""
    if name.time is None:
        return str(name)
    by = name.time - time
    general = "t" if not by else f"{{t{by:+d}}}"
    head, _, tail = str(name).rpartition(f"_{name.time}")
    return f"{head}_{general}{tail}"


def consecutive(names: Iterable[Name]) -> tuple[int, int] | None:
    """The first and last step of what is one quantity at enough time steps in a row."""
    listed = list(names)
    if len(listed) < FEWEST or listed[0].time is None:
        return None
    first = listed[0].time
    if any(name != listed[0]._replace(time=first + i) for i, name in enumerate(listed)):
        return None
    return first, first + len(listed) - 1
