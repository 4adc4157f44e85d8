"""The chain rule factor by factor: the order of what `nnsolve grad` reports, before it becomes text or a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, add, references
from nnsolve.core.names import Name
from nnsolve.core.trace import Step
from nnsolve.report import chain
from nnsolve.report.phrases import Formula, Phrase, quantity
from nnsolve.report.scope import Scope
from nnsolve.report.tensors import dimensions
from nnsolve.report.time import Told, carried_over, time_title

if TYPE_CHECKING:
    from nnsolve.engine.gradients import LayerGradients

STATED = "stated in the file, so no chain rule is applied"


class Entry(NamedTuple):
    """A part of the report.

    It is a `heading`, that of a `time` step, a `note`, a `text`, a value `arriving` from outside, a `step`, and of a
    step its `factors`, or the `sum` of its `shares` over time. It may be told `again`.
    """

    kind: str
    text: Phrase
    step: Step | None = None
    shares: Sequence[Step] = ()
    again: bool = False


class Factor(NamedTuple):
    """A factor of a gradient, `upstream` or `local`, or their `product`: what it is, its shape, where it is from."""

    kind: str
    what: Phrase
    size: str
    reason: Phrase


def entries(gradients: LayerGradients, scope: Scope, told: Told) -> Iterator[Entry]:
    """The chain rule for the gradients that are asked for: the upstream gradients, then each one's own factors.

    Of one time step: what is carried to it from others, then its own gradients. An entry is made when the one before it
    was written: `told` knows then what that one explained.
    """
    section = gradients.section
    steps = section.trace.steps
    wanted = [step for step in steps if step.name.of is not None and step.name.primal in gradients.names]
    return _Planner(steps, scope, told, gradients.time).entries(wanted)


class _Planner:
    """Finds the parts of the report of a section's gradients."""

    def __init__(self, steps: Sequence[Step], scope: Scope, told: Told, time: int | None) -> None:
        self.steps = steps
        self.scope = scope
        self.told = told
        self.time = time
        self.known = {step.name: step for step in steps}

    def entries(self, wanted: Sequence[Step]) -> Iterator[Entry]:
        if wanted and (text := self.told.truncation(wanted[0])):
            yield Entry("note", (text,))
        yield from self.upstream(wanted)
        for step in wanted:
            yield from self.chain_rule(step)

    def one(self, step: Step) -> Iterator[Entry]:
        """A step with what is said before it."""
        if text := self.told.shortening(step):
            yield Entry("note", (text,))
        yield Entry("step", (), step)

    def shares(self, step: Step) -> list[Step]:
        """What each time step adds to a gradient that is shared over time, in the order of the backward pass."""
        if step.equation is None:
            return []
        names = [name for name in references(step.equation.expr) if self.scope.is_share(name)]
        return [self.known[name] for name in reversed(names) if name in self.known]

    def upstream(self, wanted: Sequence[Step]) -> Iterator[Entry]:
        """The gradients that others are computed from, with headings where they belong to time steps."""
        own = {step.name for step in wanted} | {share.name for step in wanted for share in self.shares(step)}
        found = self.collected(wanted)
        order = [step for step in self.steps if step.name in found and step.name not in own]
        here = [step for step in order if self.time in (None, step.name.time)]
        arriving = [step for step in order if step not in here]
        if arriving:
            times = {step.name.time for step in arriving}
            title = f"What reaches step {self.time} from outside"
            if len(times) == 1 and (time := times.pop()) is not None:
                text = carried_over(time, self.time)
                title = text[0].upper() + text[1:]
            yield Entry("heading", (title,))
            for step in arriving:
                yield Entry("arriving", (), step)
        if here:
            yield Entry("heading", ("Upstream gradients",))
        before: int | None = None
        for step in here:
            if self.time is None:
                yield from _time(step, before)
                before = step.name.time
            yield from self.one(step)

    def collected(self, wanted: Sequence[Step]) -> set[Name]:
        """The names of the gradients that others are computed from, through all links of their chains.

        Of one time step only those that belong to it, and what is carried to it.
        """
        found: set[Name] = set()
        pending = [step for given in wanted for step in (given, *self.shares(given))]
        while pending:
            step = pending.pop()
            if step.equation is None or step.name in found:
                continue
            found.add(step.name)
            if self.time is None or step.name.time == self.time:
                arriving = [u._replace(of=step.name.of) for u, _ in step.equation.chain]
                arriving = arriving or [name for name in references(step.equation.expr) if name.of is not None]
                pending += [self.known[name] for name in arriving if name in self.known]
        return found

    def chain_rule(self, step: Step) -> Iterator[Entry]:
        """One gradient: its whole chain, its factors, and its numbers."""
        title = quantity(step.name, self.scope)
        if step.equation is None:
            yield Entry("heading", (title,))
            yield Entry("text", (STATED,))
            yield Entry("arriving", (), step)
            return
        yield Entry("heading", ("The chain rule for ", title))
        shares = self.shares(step)
        if not shares:
            yield Entry("factors", (), step)
            yield from self.one(step)
            return
        name = quantity(step.name.primal, self.scope)
        yield Entry("text", ("Every time step uses ", name, ", so its gradient is the sum of what each step adds:"))
        yield Entry("sum", (), step, shares)
        self.told.first("share")
        before: int | None = None
        for share in shares:
            yield from _time(share, before)
            before = share.name.time
            yield Entry("factors", (), share, again=self.told.knows(share))
            yield from self.one(share)
        yield from _time(step, before)
        yield from self.one(step)


def _time(step: Step, before: int | None) -> Iterator[Entry]:
    if text := time_title(step, before):
        yield Entry("time", (text,))


def sum_over_time(step: Step, shares: Sequence[Step]) -> list[tuple[Name, Name]]:
    """The rule of backpropagation through time, the sum over the steps t of dL/dz_t and dz_t/dW: its terms."""
    equation = shares[0].equation
    links = equation.chain if equation is not None else ()
    return [(u._replace(of=step.name.of), chain.derivative(u, v)) for u, v in links]


def whole_chain(step: Step, known: Mapping[Name, Step]) -> list[Name]:
    """dL/da_2, da_2/dz_2, ..., dz_1/dW_1, as far back as there is a single path within a time step; from the loss."""
    found: list[Name] = []
    here: Step | None = step
    while here is not None and here.equation is not None:
        links = chain.links(here.equation)
        if len(links) != 1 or len(here.equation.chain) != 1 or (found and links[0][0].time != step.name.time):
            found.append(here.name)
            break
        (u, v) = links[0]
        found.append(chain.derivative(u, v))
        here = known.get(u._replace(of=here.name.of))
    return found[::-1] if len(found) > 1 else []


def factors(step: Step, scope: Scope, known: Mapping[Name, Step]) -> list[Factor]:
    """The factors of a gradient, each pair of them a link of the chain rule; then the product of the shapes."""
    equation = step.equation
    if equation is None:
        return []
    scope = scope.of({**step.shapes, step.name: step.shape})
    found: list[Factor] = []
    for u, v in equation.chain:
        upstream = u._replace(of=step.name.of)
        source = known.get(u)
        reason: Phrase = ()
        if source is not None and source.equation is not None:
            reason = ("from ", Formula(source.equation.long or source.equation.expr, scope.of(source.shapes), u))
        if upstream in step.shapes:
            size = dimensions(step.shapes[upstream], scope.style) or "number"
            found.append(Factor("upstream", (quantity(upstream, scope),), size, ()))
        name = quantity(chain.derivative(u, v), scope)
        effect = chain.effect(equation.expr, upstream, scope)
        if effect is None:
            own = _own_part(equation, scope) if (u, v) not in chain.links(equation) else None
            found.append(Factor("local", (name, ": ", own) if own else (name,), "", reason))
            continue
        shape = None if effect.factor is None else scope.shape(effect.factor)
        size = "" if shape is None else dimensions(shape, scope.style) or "number"
        found.append(Factor("local", (name, ": ", *effect.told), size, reason))
    size = dimensions(step.shape, scope.style) or "number"
    return [*found, Factor("product", (Formula(equation.expr, scope),), size, ())]


def _own_part(equation: Equation, scope: Scope) -> Formula | None:
    """The terms of a gradient that come from the loss itself and not from what lies between."""
    expr = equation.expr
    if not isinstance(expr, Call) or expr.op != "add":
        return None
    arriving = [u._replace(of=equation.name.of) for u, _ in chain.links(equation)]
    own = [arg for arg in expr.args if not any(name in references(arg) for name in arriving)]
    return Formula(add(*own), scope) if own else None
