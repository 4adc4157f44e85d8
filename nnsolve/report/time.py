"""Time in reports: headings for the time steps, what is carried back, and what need not be explained twice."""

from __future__ import annotations

from collections.abc import Iterable

from nnsolve.core.expressions import Expr, Ref, rewrite
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.report.defined import defined
from nnsolve.report.elide import MOST_STEPS
from nnsolve.report.lines import heading, paragraph
from nnsolve.report.phrases import Phrase, quantity
from nnsolve.report.scope import Scope
from nnsolve.report.style import Line, Style

Pattern = tuple[str, Name, Expr]
"""An equation whatever its time step and update: its phase, name and right side, steps counted from its own."""


def time_title(step: Step, before: int | None) -> str:
    """The heading where another time step begins than the one `before`; nothing as long as there is no time."""
    time = step.name.time
    if time == before:
        return ""
    if time is None:
        return "Summed over time" if step.name.of is not None else "After the last time step"
    return f"Back to step t = {time}" if step.phase == "backward" else f"Step t = {time}"


def step_heading(step: Step, before: int | None, style: Style) -> list[Line]:
    """A light heading where another time step begins."""
    text = time_title(step, before)
    return [[], *heading(text, style, "subheading", level=2)] if text else []


def note_line(text: str, style: Style) -> list[Line]:
    """What is said between the steps; nothing where there is nothing to say."""
    return [[], *paragraph(text, style, "note", 2)] if text else []


class Arrivals:
    """The quantities of other time steps and those of its own through which a gradient comes to a time step."""

    __slots__ = ("here", "others")

    def __init__(self, step: Step) -> None:
        time = step.name.time
        users = [] if step.equation is None else list(dict.fromkeys(u for u, _ in step.equation.chain))
        others = [u for u in users if time is not None and u.time not in (None, time)]
        self.here = [u for u in users if u not in others]
        self.others: dict[int, list[Name]] = {}
        for u in others:
            self.others.setdefault(u.time or 0, []).append(u)

    def captions(self, of: Name | None) -> dict[Name, str]:
        """What to write below each gradient that comes in, where some come from this step and some from another."""
        if not self.here or not self.others or of is None:
            return {}
        found = {u._replace(of=of): "this step" for u in self.here}
        found |= {u._replace(of=of): f"from step {time}" for time, names in self.others.items() for u in names}
        return found


def carried_over(time: int, to: int | None) -> str:
    """Where a gradient comes from that arrives at step `to`."""
    return f"carried {'back' if to is None or time > to else 'on'} from step {time}"


class Told:
    """What a report has explained already: equations that differ in their time step only, and what a share is.

    With `--detail full` all is explained every time. Of a long sequence what repeats is shown by its results only.
    `truncate` is how many steps the loss of each step is carried over, where gradients are truncated. What an
    activation is was `said` in the sections before, too.
    """

    def __init__(
        self,
        steps: Iterable[Step] = (),
        detail: str = "steps",
        truncate: int | None = None,
        said: set[str] | None = None,
    ) -> None:
        self.everything = detail == "full"
        times = {step.name.time for step in steps}
        self.truncate = truncate if truncate and truncate < len(times - {None, 0}) else None
        self.is_long = len(times) > MOST_STEPS
        self._patterns: set[Pattern] = set()
        self._notes: set[str] = set()
        self._said = set[str]() if said is None else said

    def knows(self, step: Step) -> bool:
        """Whether the same equation of another time step was explained."""
        return not self.everything and _pattern(step) in self._patterns

    def shortening(self, step: Step) -> str:
        """That only results follow, before the first step of a long sequence that is shown so; else nothing."""
        if not (self.is_long and self.knows(step) and self.first("results only")):
            return ""
        return "What repeats is shown by its results from here on, vectors as lists; --detail full writes it out."

    def truncation(self, step: Step) -> str:
        """How far back in time gradients are carried, before the first one; nothing where that is all the way."""
        if self.truncate is None or step.phase != "backward" or not self.first("truncation"):
            return ""
        if self.truncate == 1:
            return "truncate: 1: what the loss gets from a step is not carried back to the steps before it."
        text = f"truncate: {self.truncate}: what the loss gets from a step is carried back over {self.truncate} steps"
        return f"{text}, that step and {self.truncate - 1} before it."

    def explained(self, step: Step) -> bool:
        """Whether the same equation of another time step was explained; from now on it is."""
        found, pattern = self.knows(step), _pattern(step)
        if pattern is not None:
            self._patterns.add(pattern)
        return found

    def notes(self, step: Step, scope: Scope) -> list[Phrase]:
        """What an activation is, and a name that has a time step and is no value of that step; said the first time."""
        name = step.name
        found: list[Phrase] = []
        for activation, phrase in defined(step, scope):
            if activation not in self._said:
                self._said.add(activation)
                found.append(phrase)
        if scope.is_share(name) and self.first("share"):
            whole, user = quantity(name._replace(time=None), scope), quantity(name.primal._replace(time=None), scope)
            found.append(
                (quantity(name, scope), f": what step {name.time} adds to ", whole, ", as every step uses ", user)
            )
        if name.of in scope.naming.labels and name.of is not None and self.first("label"):
            loss = quantity(name.of._replace(time=None), scope)
            found.append((quantity(name.of, scope), f" stands for what step {name.of.time} gives to ", loss))
        return found

    def first(self, what: str) -> bool:
        """Whether something is said for the first time; from now on it is said."""
        new = what not in self._notes
        self._notes.add(what)
        return new


def _moved(name: Name, time: int) -> Name:
    """A name with its time step counted from another one, whatever the update."""
    if name.of is not None:
        name = name._replace(of=_moved(name.of, time))
    return name._replace(time=None if name.time is None else name.time - time, update=0, epoch=None)


def _pattern(step: Step) -> Pattern | None:
    """An equation of a time step with all steps counted from it; None where there is no time."""
    time, equation = step.name.time, step.equation
    if time is None or equation is None:
        return None
    expr = rewrite(equation.expr, lambda node: Ref(_moved(node.name, time)) if isinstance(node, Ref) else node)
    return step.phase, _moved(step.name, time), expr
