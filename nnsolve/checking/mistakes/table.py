"""What every mistake gives for every asked value: worked out once for a problem, whoever answers it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from nnsolve.checking.mistakes.apply import IMPOSSIBLE, EditedRuns
from nnsolve.checking.mistakes.collected import NUMBERS, Collection, Table, ValueKey
from nnsolve.checking.mistakes.late import FURTHER, SECONDS, Early, affordable, likely
from nnsolve.checking.mistakes.mistake import CAUSES, Combination, Slip, SlipName
from nnsolve.checking.mistakes.once import made_once
from nnsolve.checking.mistakes.scene import Scene, View
from nnsolve.core.expressions import Ref, references
from nnsolve.core.names import Name
from nnsolve.engine.run import Run
from nnsolve.engine.solve import Asked, SectionSolver, reported

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

WORK = 30_000
"""Equations that are evaluated at most for an asked value under pairs of slips: what is left out is rare."""

MORE = 200_000
"""The same for further pairs, which are tried for an answer that the first ones do not give."""

SINGLES = 250_000
"""The same for the single slips of one section."""

LIKELY = 60
"""So many slips, those of rounding and one of each mistake that is often made besides another one may be made together
with any other one."""

ROWS = 40
"""Slips whose pairs with all others are kept."""


class Mistaken:
    """A section's runs with mistakes in them, and what they give for a quantity."""

    def __init__(self, solver: SectionSolver) -> None:
        self.solver = solver
        self.scene = Scene(solver)
        made = [slip for mistake in CAUSES.values() for slip in mistake.slips(self.scene)]
        made = [_begun(slip, self.scene) for slip in made]
        made = _fairly(_placed([*made, *made_once(made, self.scene)]))
        self.asked = [slip for slip in made if slip.asked is not None]
        self.once = [slip for slip in made if slip.update is not None]
        slips = [slip for slip in made if slip.asked is None and slip.update is None]
        self.slips = [slip._replace(is_likely=i < LIKELY or _may_be_first(slip, slips)) for i, slip in enumerate(slips)]
        self._by_name = {slip.name: slip for slip in reversed(self.slips)}
        self.numbers = _numbers(self.scene)
        self.edited = EditedRuns(self.scene)
        self.runs: list[tuple[Combination, Run]] = [((), solver.run)]
        self._more: list[Combination] = []
        self._rows: dict[SlipName, list[tuple[Combination, Run]]] = {}
        self._singles: dict[str, Mapping[ValueKey, list[Combination]]] = {}
        self._run_all(self.slips)

    def _run_all(self, slips: list[Slip]) -> None:
        """The edited runs: of single slips, then of pairs of those that are often made, the likely ones first."""
        self._add([(slip,) for slip in [*slips, *self.once]], most_runs(self.scene, SINGLES))
        paired = [slip for slip in slips if CAUSES[slip.code].paired]
        pairs = [pair for pair in combinations(paired, 2) if pair[0].code != pair[1].code]
        rank = {id(slip): place + 1 for place, slip in enumerate(paired)}
        pairs.sort(key=lambda pair: rank[id(pair[0])] * rank[id(pair[1])])
        most = most_runs(self.scene, WORK, 0)
        self._add(pairs, most)
        self._more = [pair for pair in pairs[most:] if pair[0].is_likely and pair[1].is_likely]

    def _add(self, candidates: Sequence[Combination], most: int) -> None:
        self.runs += self._made(candidates[: max(most, 0)])

    @cached_property
    def more(self) -> list[tuple[Combination, Run]]:
        """The runs of further pairs: of two likely slips."""
        return self._made(self._more[: most_runs(self.scene, MORE, 0)])

    def _made(self, candidates: Sequence[Combination]) -> list[tuple[Combination, Run]]:
        runs = [(combination, self.edited.run(combination)) for combination in candidates]
        return [(combination, run) for combination, run in runs if run is not None]

    def slip(self, name: SlipName) -> Slip | None:
        """The slip of a name that is made in the section."""
        return self._by_name.get(name)

    def row(self, seed: Slip) -> list[tuple[Combination, Run]]:
        """The runs of a slip together with each that is often made; those of the last few slips are kept."""
        found = self._rows.pop(seed.name, None)
        if found is None:
            made = [slips[0] for slips, _ in self.runs if len(slips) == 1 and _comes_along(slips[0])]
            found = self._made([(seed, slip) for slip in made if slip.code != seed.code])
        self._rows[seed.name] = found
        if len(self._rows) > ROWS:
            del self._rows[next(iter(self._rows))]
        return found

    def trained(
        self, item: Asked, early: Sequence[Early], read: Set[str], seed: Slip | None = None
    ) -> Iterator[tuple[int, ...]]:
        """The edited runs, by their positions, that are trained as far as a late quantity needs: some, then more.

        With a `seed` those of its row. `early` and `read` as `likely` has them.
        """
        runs, seconds = (self.late, SECONDS) if seed is None else (self.row(seed), FURTHER)
        most = min(affordable(self.solver.run, self.scene.updates_of(item), seconds), NUMBERS // self.numbers)
        yield from likely([combination for combination, _ in runs], early, most, read)

    @cached_property
    def late(self) -> list[tuple[Combination, Run]]:
        """The runs of which some are trained for what is late."""
        return [*self.runs[1:], *self.more]

    def table(self, item: Asked, trained: Sequence[int] = ()) -> Table:
        """The values of an asked quantity under all mistakes that bite in it; of a late one, under those `trained`."""
        tried = self._tried(item) if self.scene.near(item) else [self.runs[0], *(self.late[i] for i in trained)]
        return self._table(item, self._views(item, tried))._replace(given=self._given(item))

    def _given(self, item: Asked) -> Tensor | None:
        """The value of an asked parameter that the file gives."""
        name = item.expr.name if isinstance(item.expr, Ref) else None
        leaf = None if name is None else self.scene.program.leaves.get(name.after(0))
        return None if leaf is None else reported(leaf.value, item.shape)

    def _tried(self, item: Asked) -> list[tuple[Combination, Run]]:
        """The runs of all single slips, and of as many pairs as can be computed up to a quantity."""
        singles = sum(len(made) < 2 for made, _ in self.runs)
        return self.runs[: singles + most_runs(self.scene, WORK, self.scene.updates_of(item))]

    def work(self, item: Asked) -> float:
        """The runs times the moments that the values of a quantity take; no end where nothing late is asked with it."""
        updates = self.scene.updates_of(item)
        if self.scene.near(item):
            return len(self._tried(item)) * (updates + 1)
        if any(updates == self.scene.updates_of(other) for other in self.scene.asked):
            return len(self._tried(item))
        return math.inf

    def _untried(self, item: Asked) -> list[tuple[Combination, Run]]:
        """The runs of the pairs that come next."""
        pairs = [*self.runs[len(self._tried(item)) :], *self.more]
        return pairs[: most_runs(self.scene, MORE, self.scene.updates_of(item))]

    def further(self, item: Asked, seed: Slip | None, trained: Sequence[int] = ()) -> Table | None:
        """The values under a mistake together with each other one, where these are none of one of the two alone.

        None where the mistake changes nothing of what is asked. Without a `seed` those of the pairs that come next.
        """
        if seed is not None and not self.scene.bites((seed,), item):
            return None
        if seed is not None and seed.rounding and not self.scene.near(item):
            return None  # who makes so many updates does not round each by hand, and it would take long
        alone = [] if seed is None else self._made([(seed,)])
        (_, right), *views = self._views(item, [((), self.solver.run), *alone])
        collected = Collection(right.own)
        pairs = self._untried(item) if seed is None else self.row(seed)
        if self.scene.near(item):
            collected.of_singles = self._singles[item.ask.id]
        else:
            pairs = [pairs[i] for i in trained]
            for combination, view in views:
                collected.alone(view.own, combination)
        if views and seed is not None:
            needed = _needed(views[0][1].run, item)
            pairs = [(made, run) for made, run in pairs if _reaches(made[1], needed)]
            read = views[0][1]
            collected.add(((seed, slip), value) for slip in self.asked for value in readings(slip, read))
        made = self._views(item, pairs)
        collected.add((pair, value) for pair, view in made for value in (view.own, *self._seen_loss(pair, view)))
        return collected.table()

    def _views(self, item: Asked, runs: Sequence[tuple[Combination, Run]]) -> list[tuple[Combination, View]]:
        """A quantity in all runs that change it; of two slips, in which it is not what one of them gives alone."""
        names = references(item.expr)
        edited = [
            (made, run)
            for made, run in runs
            if not made or (self.scene.bites(made, item) and not (run.kept and all(map(run.keeps, names))))
        ]
        return [(combination, view) for combination, run in edited if (view := self._view(item, run)) is not None]

    def _table(self, item: Asked, views: list[tuple[Combination, View]]) -> Table:
        collected = Collection(views[0][1].own)
        own = [(combination, view.own) for combination, view in views]
        transformed = list(self._transformed(views))
        collected.add(made for made in (*own, *transformed) if len(made[0]) == 1)
        collected.singles_done()
        collected.add(made for made in (*transformed, *own) if len(made[0]) == 2)
        self._singles[item.ask.id] = collected.of_singles
        return collected.table()

    def _view(self, item: Asked, run: Run) -> View | None:
        try:
            with np.errstate(all="ignore"):
                return View(self.scene, item, run)
        except IMPOSSIBLE:
            return None

    def _transformed(self, views: list[tuple[Combination, View]]) -> Iterator[tuple[Combination, Tensor]]:
        """What slips of the asked value make of the values of runs with at most one other slip."""
        for combination, view in views:
            yield from ((combination, value) for value in self._seen_loss(combination, view))
            if len(combination) < 2 and not any(slip.update is not None for slip in combination):
                for slip in self.asked:
                    if not combination or CAUSES[slip.code].paired:
                        yield from (((*combination, slip), value) for value in readings(slip, view))
        right = views[0][1]
        often = [slip for slip in self.asked if CAUSES[slip.code].paired]
        for first in self.asked:
            for value in readings(first, right):
                for second in often:
                    if first.code != second.code:
                        yield from (((first, second), twice) for twice in readings(second, right.with_value(value)))

    def _seen_loss(self, combination: Combination, view: View) -> Iterator[Tensor]:
        """The loss of an epoch where a mistake is made in it, too: who sums up a batch also sums up the epoch."""
        codes = {slip.code for slip in combination if self.scene.loss in {*slip.forward, *slip.emitted}}
        for slip in self.asked if codes and view.is_seen_loss else ():
            if slip.code in codes:
                yield from readings(slip, view)


def most_runs(scene: Scene, work: int = WORK, updates: int | None = None) -> int:
    """How many edited runs are computed at most, up to so many updates: else to the last that is not late."""
    if updates is None:
        updates = max((scene.updates_of(item) for item in scene.asked if scene.near(item)), default=0)
    moments = max(updates, 1) + 1
    return min(work // (len(scene.equations) * moments + 1), NUMBERS // (_numbers(scene) * moments))


def _numbers(scene: Scene) -> int:
    return sum(scene.shapes.of(equation.name).size for equation in scene.equations) or 1


def readings(slip: Slip, view: View) -> list[Tensor]:
    """What a slip of the asked value makes of the value that a run gives; nothing where it does not apply."""
    assert slip.asked is not None
    try:
        with np.errstate(all="ignore"):
            return [np.asarray(value, dtype=np.float64) for value in slip.asked(view)]
    except IMPOSSIBLE:
        return []


def _begun(slip: Slip, scene: Scene) -> Slip:
    """A slip that is called after the first equation that it changes, in the order in which they are worked out."""
    if slip.rounding or not (slip.forward or slip.emitted):
        return slip
    phases = (slip.forward, scene.program.forward), (slip.emitted, [*scene.program.forward, *scene.equations])
    first = next((e.name for changed, equations in phases for e in equations if e.name in changed), None)
    return slip if first is None else slip._replace(at=str(first))


def _placed(slips: list[Slip]) -> list[Slip]:
    """The slips of the same code and equation numbered."""
    places: dict[tuple[str, str], int] = {}
    placed = []
    for slip in slips:
        key = slip.code, slip.at
        placed.append(slip._replace(place=places.get(key, 0)))
        places[key] = places.get(key, 0) + 1
    return placed


def _may_be_first(slip: Slip, slips: Sequence[Slip]) -> bool:
    """Whether a slip is one of rounding, or the likeliest of a mistake that is often made besides another one."""
    return bool(slip.rounding) or (_comes_along(slip) and slip is next(s for s in slips if s.code == slip.code))


def _comes_along(slip: Slip) -> bool:
    """Whether a slip is often made besides another one."""
    return slip.update is None and (CAUSES[slip.code].paired or bool(slip.rounding and slip.at))


def _needed(run: Run, item: Asked) -> set[Name]:
    """What an asked value is computed from in a run."""
    wanted: list[Name] = []
    for name in references(item.expr):
        update, plain = run.home(name)
        wanted += [plain, *(updated.after(1) for updated in run.program.updated if update > 0)]
    equations = run.program.closure(wanted)
    return {equation.name for equation in equations} | {name for e in equations for name in references(e.expr)}


def _reaches(slip: Slip, needed: Set[Name]) -> bool:
    """Whether a slip may change something that is needed."""
    changed = slip.emitted.keys() | slip.given.keys()
    return bool(slip.forward or slip.rounding or slip.problem) or not changed.isdisjoint(needed)


def _fairly(slips: list[Slip]) -> list[Slip]:
    """The likely slips first: of common mistakes more places than of rare ones, but of each the first early on."""
    places: dict[str, int] = {}
    ranked = []
    for slip in slips:
        places[slip.code] = places.get(slip.code, 0) + 1
        ranked.append((places[slip.code] / CAUSES[slip.code].weight, slip))
    return [slip for _, slip in sorted(ranked, key=lambda pair: pair[0])]
