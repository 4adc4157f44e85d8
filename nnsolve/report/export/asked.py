"""What is asked of a run with many updates, by the moment at which it is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from nnsolve.core.expressions import references
from nnsolve.core.names import Name
from nnsolve.engine.solve import SectionSolver

Moments = Mapping[int, Sequence[Name]]


class Asked:
    """What is asked, sorted by moments.

    `updates` is how many the loop makes. `during` are values of the run after so many updates, `after` what this many
    updates have made (the parameters, the optimizer's state); both are kept in the loop. `ends` are values of the run
    after the last update. `epochs` are mean losses of epochs.
    """

    def __init__(self, solver: SectionSolver) -> None:
        self.run = run = solver.run
        names = dict.fromkeys(name for item in solver.asked for name in references(item.expr))
        self.epochs = [name for name in names if run.is_seen_loss(name)]
        homes = dict.fromkeys(run.home(name) for name in names if name not in self.epochs)
        made = [update + plain.update for update, plain in homes]
        self.updates = max([*made, *(epoch_of(name) * run.per_epoch for name in self.epochs)])
        during: dict[int, list[Name]] = defaultdict(list)
        after: dict[int, list[Name]] = defaultdict(list)
        self.ends: list[Name] = []
        fixed = run.program.leaves.keys() - run.batched().keys()
        for update, plain in homes:
            if plain.update or plain in run.program.updated:
                if plain.update or update < self.updates:
                    after[update + plain.update].append(plain.after(0))
            elif plain in fixed:
                continue
            elif update < self.updates:
                during[update].append(plain)
            else:
                self.ends.append(plain)
        self.during: Moments = during
        self.after: Moments = after

    @property
    def kept(self) -> list[Name]:
        """The names whose values are kept in the loop."""
        return list(
            dict.fromkeys(name for moments in (self.during, self.after) for n in moments.values() for name in n)
        )


def epoch_of(name: Name) -> int:
    """The epoch whose mean loss is meant; before the first one it is that of the first."""
    return max(name.epoch or 0, 1)


def grouped(asked: Moments) -> dict[tuple[int, ...], list[Name]]:
    """Names by the moments at which they are kept."""
    moments: dict[Name, list[int]] = defaultdict(list)
    for moment in sorted(asked):
        for name in asked[moment]:
            moments[name].append(moment)
    groups: dict[tuple[int, ...], list[Name]] = defaultdict(list)
    for name, found in moments.items():
        groups[tuple(found)].append(name)
    return groups


def condition(update: str, moments: Sequence[int]) -> str:
    """The condition that an update is one of these."""
    first, last = moments[0], moments[-1]
    if first == last:
        return f"{update} == {first}"
    if last - first + 1 == len(moments):
        return f"{update} <= {last}" if first == 0 else f"{first} <= {update} <= {last}"
    return f"{update} in ({', '.join(map(str, moments))})"
