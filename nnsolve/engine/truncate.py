"""Truncated backpropagation through time: each step's loss reaches a number of steps back, and no further."""

from __future__ import annotations

from collections.abc import Sequence

from nnsolve.core.equations import Equation
from nnsolve.core.expressions import ONE, Expr, Num, Ref, add, mul, references
from nnsolve.core.names import Name
from nnsolve.engine.differentiate import Differentiator
from nnsolve.engine.infer import Shapes
from nnsolve.engine.simplify import simplify


class TruncatedDifferentiator(Differentiator):
    """Emits the gradients of a loss whose share at step t is carried back to the steps t, t - 1, ..., t - k + 1 only.

    What the loss gets from step t enters time at its `entries`, the values of that step that the loss, or what it is
    made of without time, uses. With k = 1, or where all of the loss enters at one step, links that lead too far back
    are left out. Else what entered at each step is carried back on its own: for k = 2 and step losses L_1, L_2, ...
    dL/dh_2 = dL_2/dh_2 + dL_3/dh_2. `labels` are the names L_t for what entered at step t where no equation is the one
    loss of that step.

    Williams, Peng: An Efficient Gradient-Based Algorithm for On-Line Training of Recurrent Network Trajectories (1990).
    """

    def __init__(self, equations: Sequence[Equation], shapes: Shapes, count_from: int, loss: Name, steps: int) -> None:
        super().__init__(equations, shapes, count_from)
        self.loss = loss
        self.steps = steps
        self.entries = self._entries()
        self.one_by_one = steps > 1 and len(self.entries) > 1
        self.labels = {} if self._has_step_losses() else {self._label(time): time for time in self.entries}

        if self.one_by_one:
            self.parts = frozenset(self.labels or [name for names in self.entries.values() for name in names])

    def _entries(self) -> dict[int, list[Name]]:
        """The quantities of each step through which the loss depends on it."""
        found: dict[int, list[Name]] = {}
        seen, pending = {self.loss}, [self.loss]
        while pending:
            equation = self.forward.get(pending.pop())
            for name in [*references(equation.differentiated), *equation.bypassed] if equation else []:
                if name in seen:
                    continue
                seen.add(name)
                if name.time is None:
                    pending.append(name)
                elif name in self.forward:
                    found.setdefault(name.time, []).append(name)
        return found

    def _has_step_losses(self) -> bool:
        """Whether each step enters by one number, its loss, that no later step depends on."""
        entries = [name for names in self.entries.values() for name in names]
        single = len(entries) == len(self.entries) and all(self.shapes.of(name).size == 1 for name in entries)
        return single and not any(
            name in self.reaching(other) for name in entries for other in entries if other != name
        )

    def _label(self, time: int) -> Name:
        label = Name(self.loss.stem, self.loss.layer, self.loss.gate, time)
        return label if label not in self.forward else label._replace(stem=f"{label.stem}_through")

    def links(self, root: Name, v: Name) -> list[Name]:
        found = super().links(root, v)
        if root != self.loss or v.time is None or self.whole(v) != v or self.one_by_one:
            return found
        return [u for u in found if u.time is None or self.is_near(u.time, v.time)]

    def is_near(self, u: int, v: int) -> bool:
        """Whether what has come to step u is carried on to step v."""
        return u == v if self.steps == 1 else v > min(self.entries) - self.steps

    def gradient(self, root: Name, v: Name, seed: Expr = ONE, label: Name | None = None) -> Equation:
        if label is None and root in self.labels:
            return self.entered(self.labels[root], v, root)
        if label is None and root == self.loss and self.one_by_one and v.time is not None and self.whole(v) == v:
            return self.sum_over_entries(v, v.time)
        return super().gradient(root, v, seed, label)

    def sum_over_entries(self, v: Name, step: int) -> Equation:
        """dL/dv: what entered at this step and at the next k - 1, as far as it depends on v."""
        terms: list[Expr] = []
        for time in range(step, min(step + self.steps, max(self.entries) + 1)):
            entries = self.entries.get(time, ())
            acting = [entry for entry in entries if v in self.reaching(entry) or self.links(entry, v)]
            if acting and self.labels:
                terms.append(Ref(v.gradient(self._label(time))))
            elif acting:
                terms.append(self.through(acting[0], v))
        expr = self.finished(add(*terms) if terms else Num(0), v)
        return Equation(v.gradient(self.loss), expr, "backward", self.forward[v].place if v in self.forward else None)

    def through(self, entry: Name, v: Name) -> Expr:
        """dL/dv through the loss of one step."""
        direct = self.direct(entry, self.loss)
        if v == entry:
            return direct
        factor = direct if isinstance(direct, Num) else Ref(entry.gradient(self.loss))
        return mul(factor, Ref(v.gradient(entry)))

    def direct(self, v: Name, label: Name) -> Expr:
        """What the loss gets of v without any other step in between."""
        users = [u for u in super().links(self.loss, v) if u.time is None]
        return (
            simplify(add(*(self.term(self.loss, u, v, ONE, self.loss) for u in users)), self.shapes)
            if users
            else Num(0)
        )

    def entered(self, time: int, v: Name, label: Name) -> Equation:
        """The part of dL/dv that entered at one step."""
        terms: list[Expr] = []
        reach: set[Name] = set().union(*(self.reaching(entry) for entry in self.entries[time]))
        if v in self.entries[time]:
            terms.append(self.direct(v, label))
        links = [u for u in super().links(self.loss, v) if u.time is not None and u in reach]
        terms += [self.term(self.loss, u, v, ONE, label) for u in links]
        expr = self.finished(add(*terms) if terms else Num(0), v)
        place = self.forward[v].place if v in self.forward else None
        return Equation(v.gradient(label), expr, "backward", place, chain=tuple((u, v) for u in links))
