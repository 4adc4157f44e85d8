"""Verdicts that can be handed out while the solution is hidden: nothing is left of them that gives it away.

There are no expected values. Nothing is said of where a wrong answer comes from if the right numbers follow from the
given ones by one simple step (see `undoing`): it is just wrong, as what no mistake explains. Nor is that mistake named
for any other answer of the file, since it would be known for this one then. What a student has to work anew is named.

What remains: a verdict says whether a number is right, and which ones of a tensor, to whoever hands in often enough;
the points are the same, also where `marking` makes them depend on a mistake; and a mistake made in going on from a
student's own wrong answer is named, since what is right given that one is not the solution.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from nnsolve.checking.diagnose import diagnosis_of
from nnsolve.checking.items import ROUNDED, misshapen, reason, with_unread
from nnsolve.checking.key import Answers, Key, Target
from nnsolve.checking.model import Explanation, Given, Item, Result, Unreadable, Verdict
from nnsolve.checking.slips import explanation
from nnsolve.checking.undoing import Steps, is_undone, steps_of

REMEMBERED = 10_000
"""Answers of which is remembered whether they are undone by a step."""

TABLES = 1000
"""Quantities of which the steps are remembered."""


class Concealer:
    """Hides the solution of one problem."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self._steps: dict[str, Steps] = {}
        self._undone: dict[Hashable, bool] = {}

    def concealed(self, result: Result, given: Answers) -> Result:
        """The result of a file, without what gives the solution away."""
        items = result.items
        undone = {item.id for item in items if item.verdict == "wrong" and self._is_undone(item, given)}
        withheld = {cause.code for item in items if item.id in undone for cause in item.causes}
        left: list[Explanation] = []
        for slip in result.slips:
            ways = [
                way for way in (slip.causes, *slip.alternatives) if withheld.isdisjoint(cause.code for cause in way)
            ]
            if ways:
                left.append(explanation(ways, slip.items))
        named = {
            id: {cause.code for way in (slip.causes, *slip.alternatives) for cause in way}
            for slip in left
            for id in slip.items
        }
        told = []
        for item in items:
            causes = tuple([cause for cause in item.causes if cause.code in named.get(item.id, ())])
            if item.id in undone or (item.verdict == "wrong" and item.causes and not causes):
                item = self._unexplained(item, *given[item.id])
            told.append(item._replace(expected=None, causes=causes))
        return result._replace(items=tuple(told), slips=tuple(left))

    def _is_undone(self, item: Item, given: Answers) -> bool:
        """Whether something is said of a wrong answer that gives the right one away."""
        target, answer = given[item.id]
        if not isinstance(answer, Given) or not item.causes:
            return False
        key = item.id, answer.shape, tuple([claim[:2] for claim in answer.claims])
        known = self._undone.get(key)
        if known is None:
            if len(self._undone) == REMEMBERED:
                self._undone.clear()
            steps = self._steps_of(target)
            known = self._undone[key] = any(is_undone(answer, goal, steps) for goal in self._goals(target))
        return known

    def _goals(self, target: Target) -> Iterator[Target]:
        """The right numbers, and those that earn half since they were only rounded on the way."""
        yield target
        evidence = diagnosis_of(self.key).evidence(target.id)
        for entry in evidence.table.entries if evidence else ():
            is_rounded = any({slip.code for slip in made} == {ROUNDED} for made in entry.combinations)
            if is_rounded and entry.value.size == len(target.values):
                yield target._replace(values=tuple(entry.value.ravel().tolist()))

    def _steps_of(self, target: Target) -> Steps:
        if target.id not in self._steps:
            if len(self._steps) == TABLES:
                self._steps.clear()
            self._steps[target.id] = steps_of(self.key, target)
        return self._steps[target.id]

    def _unexplained(self, item: Item, target: Target, answer: Given | Unreadable) -> Item:
        """A wrong answer as it would be if nobody knew where it comes from; it keeps its credit."""
        if not isinstance(answer, Given) or "carried" in item.elements:
            return item
        if not item.elements:
            return item._replace(message=misshapen(target, answer))
        if item.credit < self.key.marking.of_elements(item.elements):  # what is right by accident counts as wrong
            wrong: tuple[Verdict, ...] = tuple(["wrong" for _ in item.elements])
            item = item._replace(elements=wrong, line=answer.claims[0].line, column=answer.claims[0].column)
        message = reason(item.elements, item.verdict, target, answer, self.key, hide=True)
        return with_unread(item._replace(message=message), answer)
