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
        self._shortened: dict[str, list[Name]] = {}

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

    def alias(self, text: str, name: Name) -> None:
        """Another text for a known quantity, unless the text is taken."""
        self.names.setdefault(text, name)

    def find(self, text: str) -> Name | None:
        """The quantity that a text without derivative and update means, or None."""
        if text in self.names:
            return self.names[text]
        short = self._shortened.get(text, [])
        if len(short) == 1:
            return short[0]
        return None

    def ambiguous(self, text: str) -> list[Name]:
        """The quantities among which a text without a layer number does not decide."""
        found = self._shortened.get(text, [])
        return found if len(found) > 1 else []

    def resolve_name(self, name: Name, *, address: bool = True) -> Name | None:
        """The canonical form of a name as parsed: its stem is a text, so is that of the quantity it is derived from.

        Only in an address `dW1` stands for `dL/dW1`; in an equation it is a name like any other.
        """
        target = self.find(name.stem)
        if name.of is not None:
            of = self.find(name.of.stem)
            return (
                None if target is None or of is None else target._replace(of=of, update=name.update, epoch=name.epoch)
            )
        if target is not None:
            return target._replace(update=name.update, epoch=name.epoch)
        if address and name.stem.startswith("d") and self.loss is not None:
            target = self.find(name.stem[1:])
            if target is not None:
                return target._replace(of=self.loss, update=name.update, epoch=name.epoch)
        return None

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
            quotient = self._as_quotient(node)
            if quotient is not None:
                return quotient
            problems.append(self.unknown(node, place))
            return node

        result = rewrite(expr, change)
        if problems:
            raise ProblemError(d for problem in problems for d in problem.diagnostics)
        return result

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
            if part is None or self.find(part.stem) is not None:
                continue
            several = self.ambiguous(part.stem)
            if several:
                options = ", ".join(map(str, several))
                return ProblemError.of(
                    "ambiguous-name", f"{part.stem} could be {options}", where, "write the layer number"
                )
            help = did_you_mean(part.stem, self.names) or f"known names: {', '.join(list(self.names)[:20])}"
            return ProblemError.of("unknown-name", f"{part.stem[:60]} is not defined", where, help)
        return ProblemError.of("unknown-name", f"{name} is not defined", where)
