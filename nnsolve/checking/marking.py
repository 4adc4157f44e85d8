"""What an answer is worth: points, and the credit of each verdict (`marking:` of a problem)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nnsolve.checking.model import Verdict
    from nnsolve.problem.model import Problem


class Marking(NamedTuple):
    """`marking:` with its defaults, which are what a fair teaching assistant would choose.

    `points` are those of an ask that does not say; `imprecise` and `carried` are the credit of these verdicts;
    `repeated` is that of a wrong answer which a slip explains that an earlier answer is charged for.
    `rearranged` is how much of their credit the right elements keep of an answer that is the right one transposed or in
    another order, where they are at most half of it: they stand where they belong by accident. `percent` is how much a
    right answer keeps that is in percent where a fraction is asked. Without `partial` a tensor with a wrong element
    earns nothing, with it the mean over its elements.
    """

    points: float = 1.0
    imprecise: float = 0.5
    carried: float = 1.0
    repeated: float = 0.0
    rearranged: float = 0.0
    percent: float = 0.0
    partial: bool = True

    @classmethod
    def of(cls, problem: Problem) -> Marking:
        return cls(**problem.marking)

    def credit(self, verdict: Verdict) -> float:
        """The credit, from 0 to 1, of one number with this verdict."""
        if verdict == "correct":
            return 1.0
        if verdict == "imprecise":
            return self.imprecise
        return self.carried if verdict == "carried" else 0.0

    def of_elements(self, elements: Sequence[Verdict]) -> float:
        """The credit of a tensor: the mean over its elements, or the worst one's."""
        return self.of_credits([self.credit(verdict) for verdict in elements])

    def of_credits(self, credits: Sequence[float]) -> float:
        """As `of_elements`, of what the elements earn."""
        if not credits:
            return 0.0
        return sum(credits) / len(credits) if self.partial else min(credits)
