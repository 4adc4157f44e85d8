"""Which quantity a text means: layer numbers that are left out, `dW1` for `dL/dW1`, other names of the same thing."""

from __future__ import annotations

from collections.abc import Mapping

from nnsolve.core.diagnostics import Place, ProblemError, did_you_mean
from nnsolve.core.expressions import Call, Expr, Ref, call, rewrite
from nnsolve.core.names import Name


class Scope:
    """The names of a problem, by every text that means them."""

    def __init__(self) -> None:
        self.names: dict[str, Name] = {}
        self.places: dict[Name, Place | None] = {}
        self.loss: Name | None = None
        self.sequences: dict[Name, dict[int, Name]] = {}
        self.labels: dict[str, Name] = {}  # what only derivatives are taken of: the loss as it enters at a step
        self._shortened: dict[str, list[Name]] = {}
        self._sequence_texts: dict[str, list[Name]] = {}

    def define(self, name: Name, place: Place | None) -> None:
        """Add a quantity; raises `ProblemError` where its name is taken."""
        text = str(name)
        if text in self.names:
            earlier = self.places.get(self.names[text])
            where = f" ({earlier})" if earlier else ""
            raise ProblemError.of(
                "duplicate-name",
                f"{text} is defined twice; the first time{where}",
                place,
                "rename one of them; every name stands for one value",
            )
        self.names[text] = name
        self.places[name] = place
        if name.layer is not None:
            self._shortened.setdefault(name._replace(layer=None).base, []).append(name)
        if name.time is not None:
            self._add_step(name)

    def _add_step(self, name: Name) -> None:
        whole = name._replace(time=None)
        if whole not in self.sequences:
            self.sequences[whole] = {}
            self._sequence_texts.setdefault(whole.base, []).append(whole)
            if whole.layer is not None:
                self._sequence_texts.setdefault(whole._replace(layer=None).base, []).append(whole)
        assert name.time is not None
        self.sequences[whole][name.time] = name

    def alias(self, text: str, name: Name) -> None:
        """Another text for a known quantity, unless the text is taken."""
        self.names.setdefault(text, name)

    def alias_sequence(self, text: str, whole: Name) -> None:
        """Another text for a sequence and for each of its steps, unless the text is taken."""
        if whole not in self.sequences:
            return
        if text not in self._sequence_texts and text not in self.names:
            self._sequence_texts[text] = [whole]
        for time, name in self.sequences[whole].items():
            self.alias(f"{text}_{time}", name)

    def sequence(self, text: str) -> tuple[Name, ...]:
        """The steps of the sequence that a text means, from the first on (initial values apart); () if it is none."""
        found = self._sequence_texts.get(text, [])
        exact = [whole for whole in found if whole.base == text]
        if text in self.names or len(exact or found) != 1:
            return ()
        return tuple([name for time, name in sorted(self.sequences[(exact or found)[0]].items()) if time >= 1])

    def last_step(self, text: str) -> Name | None:
        """The last step of a sequence, where a text calls it `h_T`."""
        return (self.sequence(text.removesuffix("_T")) or (None,))[-1] if text.endswith("_T") else None

    def find(self, text: str) -> Name | None:
        """The quantity that a text without derivative and update means, or None."""
        if text in self.names:
            return self.names[text]
        short = self._shortened.get(text, [])
        if len(short) == 1:
            return short[0]
        return self.last_step(text)

    def share(self, text: str) -> Name | None:
        """`W_3` in dL/dW_3: the use at step 3 of what has no time of its own."""
        head, _, digits = text.rpartition("_")
        if not (self.sequences and head and digits.isascii() and digits.isdigit() and len(digits) < 10):
            return None
        found = self.find(head)
        return found._replace(time=int(digits)) if found is not None and found.time is None else None

    def ambiguous(self, text: str) -> list[Name]:
        """The quantities among which a text without a layer number does not decide."""
        found = [*self._shortened.get(text, []), *self._sequence_texts.get(text, [])]
        return found if len(found) > 1 else []

    def resolve_name(self, name: Name, *, address: bool = True) -> Name | None:
        """The canonical form of a name as parsed: its stem is a text, so is that of the quantity it is derived from.

        Only in an address `dW1` stands for `dL/dW1`; in an equation it is a name like any other.
        """
        target = self.find(name.stem)
        if name.of is not None:
            of = self.find(name.of.stem) or self.labels.get(name.of.stem)
            target = target or self.share(name.stem)
            return (
                None if target is None or of is None else target._replace(of=of, update=name.update, epoch=name.epoch)
            )
        if target is not None:
            return target._replace(update=name.update, epoch=name.epoch)
        if address and name.stem.startswith("d") and self.loss is not None:
            target = self.find(name.stem[1:]) or self.share(name.stem[1:])
            if target is not None:
                return target._replace(of=self.loss, update=name.update, epoch=name.epoch)
        return None

    def resolve_sequence(self, name: Name, *, address: bool = True) -> list[Name]:
        """The steps of the sequence that a name as parsed stands for, or their gradients; empty where it is none."""
        steps, of = self.sequence(name.stem), None
        if name.of is not None:
            of = self.find(name.of.stem)
        elif not steps and address and name.stem.startswith("d") and self.loss is not None:
            steps, of = self.sequence(name.stem[1:]), self.loss
        if name.of is not None and of is None:
            return []
        return [step._replace(of=of, update=name.update, epoch=name.epoch) for step in steps]

    def resolve(
        self, expr: Expr, place: Place | None, *, address: bool = False, local: Mapping[str, Expr] | None = None
    ) -> Expr:
        """Every reference of a parsed expression in its canonical form; raises with the column of an unknown name.

        `local` are names that mean something in this expression alone.
        """
        problems: list[ProblemError] = []

        def change(node: Expr) -> Expr:
            if not isinstance(node, Ref):
                return node
            if local and str(node.name) in local:
                return local[str(node.name)]
            found = self.resolve_name(node.name, address=address)
            if found is not None:
                return Ref(found, node.at)
            steps = self.resolve_sequence(node.name, address=address)
            if steps:
                return call("sequence", *(Ref(step, node.at) for step in steps), whole=1)
            quotient = self._as_quotient(node)
            if quotient is not None:
                return quotient
            problems.append(self.unknown(node, place))
            return node

        result = rewrite(expr, change)
        if problems:
            raise ProblemError(d for problem in problems for d in problem.diagnostics)
        return result

    def _of_steps(self, text: str) -> str | None:
        """What to do about `h_9`, where there is an h: it is no sequence, or one without that step."""
        head, _, digits = text.rpartition("_")
        if not (head and digits.isascii() and digits.removeprefix("-").isdigit() and len(digits) < 10):
            return None
        steps, found = self.sequence(head), self.find(head)
        if steps:
            before = f"; what lies beyond them is given as  initial: {{{text}: ...}}"
            beyond = before if int(digits) in (0, len(steps) + 1) else ""
            beyond = "; no more than one step before the first can be given" if int(digits) < 0 else beyond
            return f"{head} has the steps {steps[0]} to {steps[-1]}{beyond}"
        if head in self._sequence_texts:
            return f"{head} is defined as one value and step by step: rename one of them"
        if found is not None and self.sequences:
            return f"{head} is one value, without time steps; its elements are {head}[...]"
        return None

    def _as_quotient(self, node: Ref) -> Call | None:
        """`dt/dx` is a quotient where the file names dt and dx themselves."""
        name = node.name
        if name.of is None:
            return None
        top, bottom = self.find("d" + name.of.stem), self.find("d" + name.stem)
        if top is None or bottom is None:
            return None
        return call("div", Ref(top, node.at), Ref(bottom._replace(update=name.update, epoch=name.epoch), node.at))

    def unknown(self, node: Ref, place: Place | None) -> ProblemError:
        name = node.name
        where = place.right(node.at) if place is not None and node.at >= 0 else place
        for part in (name, name.of):
            if part is None or self.find(part.stem) is not None or (part is name and self.sequence(part.stem)):
                continue
            several = self.ambiguous(part.stem)
            if several:
                options = ", ".join(map(str, several))
                return ProblemError.of(
                    "ambiguous-name", f"{part.stem} could be {options}", where, "write the layer number"
                )
            if steps := self.sequence(part.stem):
                message = f"{part.stem} is a sequence, and what is derived is one quantity"
                return ProblemError.of("unknown-name", message, where, f"write d{steps[-1]}/d{name.stem}")
            help = self._of_steps(part.stem) or did_you_mean(part.stem, self.names)
            help = help or f"known names: {', '.join(list(self.names)[:20])}"
            return ProblemError.of("unknown-name", f"{part.stem[:60]} is not defined", where, help)
        return ProblemError.of("unknown-name", f"{name} is not defined", where)
