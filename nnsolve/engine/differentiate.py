"""Reverse-mode differentiation that emits equations: dL/dv = sum over the users u of v of dL/du du/dv."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import ONE, ZERO, Call, Expr, Num, Ref, add, call, mul, nodes, references, rewrite
from nnsolve.core.names import Name
from nnsolve.core.spelling import spell
from nnsolve.engine.infer import Shapes
from nnsolve.engine.simplify import simplify
from nnsolve.ops import REGISTRY, Operation, Site
from nnsolve.ops.templates import apply_rule, filled, full_options

MAX_NODES = 500_000
"""How long the derivative of one equation may become, in operations and operands."""


class Differentiator:
    """Emits the backward equations of a program whose forward equations are in order of dependence.

    `parts` are the names whose derivatives add up to those of the loss, where it is carried back in parts.
    """

    parts: frozenset[Name] = frozenset()

    def __init__(self, equations: Sequence[Equation], shapes: Shapes, count_from: int = 0) -> None:
        self.shapes = shapes
        self.count_from = count_from
        self.forward = {equation.name: equation for equation in equations}
        self.order = {name: i for i, name in enumerate(self.forward)}
        self.users: dict[Name, list[Name]] = {}
        self.long_users: dict[Name, list[Name]] = {}
        for equation in equations:
            for name in references(equation.differentiated):
                self.users.setdefault(name, []).append(equation.name)
            for name in equation.bypassed:
                self.long_users.setdefault(name, []).append(equation.name)
        self.named = {
            equation.expr: Ref(equation.name)
            for equation in equations
            if isinstance(equation.expr, Call) and equation.expr.op not in ("add", "neg", "mul")
        }
        self.listed = {name: i for i, name in enumerate(shapes.named)}
        self._reach: dict[Name, frozenset[Name]] = {}
        self._uses: dict[tuple[Name, Name], Mapping[Name, list[Name]]] = {}

    def reaching(self, root: Name) -> frozenset[Name]:
        """The quantities that `root` depends on, itself included."""
        if root not in self._reach:
            found = {root}
            pending = [root]
            while pending:
                equation = self.forward.get(pending.pop())
                if equation:
                    fresh = [name for name in references(equation.differentiated) if name not in found]
                    found.update(fresh)
                    pending.extend(fresh)
            self._reach[root] = frozenset(found)
        return self._reach[root]

    def whole(self, v: Name) -> Name:
        """The quantity that W_3 is one time step's use of, where v is such a share; else v itself."""
        untimed = v._replace(time=None)
        return untimed if v.time is not None and v not in self.shapes.named and untimed in self.shapes.named else v

    def shares(self, root: Name, v: Name) -> Mapping[Name, list[Name]]:
        """The uses of v at each time step, W_1, W_2, ..., where it is shared over time, and the equations of each."""
        uses = self.uses(root, v)
        return uses if len(uses) > 1 else {}

    def uses(self, root: Name, v: Name) -> Mapping[Name, list[Name]]:
        """The equations of each time step through which `root` depends on v, be it at a single step."""
        key = root, v
        if key not in self._uses:
            by_time: dict[Name, list[Name]] = {}
            if v.time is None:
                for u in sorted(self.links(root, v), key=lambda u: u.time or 0):
                    if u.time is not None:
                        by_time.setdefault(v._replace(time=u.time), []).append(u)
            self._uses[key] = by_time
        return self._uses[key]

    def used_at(self, v: Name, time: int | None) -> bool:
        """Whether an equation of that time step has v, on the way to the loss or not."""
        return any(u.time == time for u in [*self.users.get(v, ()), *self.long_users.get(v, ())])

    def links(self, root: Name, v: Name) -> list[Name]:
        """The equations through which `root` depends on v, those whose shortcut bypasses v included.

        Of a share of v, they are those of its time step.
        """
        whole = self.whole(v)
        if whole != v:
            return self.uses(root, whole).get(v, [])
        reach = self.reaching(root)
        users = self.users.get(v, [])
        return [u for u in [*users, *(u for u in self.long_users.get(v, ()) if u not in users)] if u in reach]

    def needed(self, root: Name, targets: Iterable[Name]) -> list[Name]:
        """Every v whose dRoot/dv takes part in those of the targets, from the loss backwards."""
        found: set[Name] = set()
        pending = list(targets)
        while pending:
            v = pending.pop()
            if v not in found and v != root:
                found.add(v)
                pending.extend(self.links(root, v))
        return sorted(found, key=lambda v: self.stage(root, v))

    def stage(self, root: Name, v: Name) -> tuple[float, int]:
        """Where dRoot/dv stands: backwards through the program, a leaf right behind the last delta that it needs.

        The sums over time come when all time steps are done.
        """
        if v in self.order:
            return -self.order[v], 0
        if self.shares(root, v):
            return 1, self.listed.get(v, 0)
        users = self.links(root, v)
        return 0.5 - min((self.order[u] for u in users), default=-1), self.listed.get(v, 0)

    def is_elementwise(self, root: Name, v: Name) -> bool:
        """Whether each element of root depends on the same element of v alone."""
        dims = self.shapes.of(root).dims
        reach = self.reaching(root)
        on_the_way = [u for u in (root, *self.needed(root, [v])) if u in reach and u in self.forward and u != v]
        for u in on_the_way:
            expr = self.forward[u].differentiated
            if any(self.shapes(node).dims != dims or not _is_elementwise(node) for node in self._path(expr, v)):
                return False
        return self.shapes.of(v).dims == dims

    def _path(self, expr: Expr, v: Name) -> list[Call]:
        """The calls of an expression through which v can act."""
        acting = {u for u in self.shapes.named if u == v or v in self.reaching(u)}
        return [node for node in nodes(expr) if isinstance(node, Call) and not acting.isdisjoint(references(node))]

    def gradient(self, root: Name, v: Name, seed: Expr = ONE, label: Name | None = None) -> Equation:
        """The equation of dRoot/dv, where the gradient of root itself is `seed`; `label` stands for root in its names.

        The gradient of what is shared over time is the sum of each step's share, dL/dW = dL/dW_1 + dL/dW_2 + ...; with
        a `label`, which is no name that others may use, it is written out. Raises `ProblemError` where an operation on
        the way has no derivative.
        """
        if label is None and self.shares(root, v):
            return self.sum_of_shares(root, v)
        users, named = self.links(root, v), v
        v = self.whole(v)
        label = label or root
        total = add(*(self.term(root, u, v, seed, label) for u in users)) if users else seed if v == root else Num(0)
        expr = self.finished(total, v)
        long = None
        if named == v and any(self.forward[u].long is not None and v not in self.forward[u].bypassed for u in users):
            long = self.long_way(root, v)
        place = self.forward[users[0]].place if users else None
        return Equation(named.gradient(label), expr, "backward", place, long, tuple((u, v) for u in users))

    def sum_of_shares(self, root: Name, v: Name) -> Equation:
        """The gradient of what is shared over time."""
        others = [u for u in self.links(root, v) if u.time is None]
        terms: list[Expr] = [Ref(share.gradient(root)) for share in self.shares(root, v)]
        terms += [self.term(root, u, v, ONE, root) for u in others]
        place = self.forward[self.links(root, v)[0]].place
        return Equation(v.gradient(root), self.finished(add(*terms), v), "backward", place)

    def matrix_form(self, root: Name, v: Name) -> Expr | None:
        """The Jacobian of one vector by another as a formula, where a single linear map or softmax leads to it."""
        equation = self.forward[root]
        expr = equation.differentiated
        vectors = all(self.shapes.of(name).kind == "vector" for name in (root, v))
        if not vectors or self.links(root, v) != [root]:
            return None
        if isinstance(expr, Call) and REGISTRY[expr.op].jacobian and expr.args[0] == Ref(v):
            return filled(REGISTRY[expr.op].jacobian or "", REGISTRY[expr.op], expr.args, {}, {"out": Ref(root)})
        seed = Ref(root.gradient(root))
        pulled = simplify(self.pull(expr, v, seed, equation), self.shapes)
        if isinstance(pulled, Call) and pulled.op == "matmul" and v not in references(pulled):
            left, right = pulled.args
            if self.shapes.layout.features == 0 and right == seed:
                return simplify(call("transpose", left), self.shapes)
            if self.shapes.layout.features == 1 and left == seed:
                return right
        return None

    def term(self, root: Name, u: Name, v: Name, seed: Expr, label: Name) -> Expr:
        """What dRoot/dv gets through u; a shortcut takes its own share of dRoot/du directly to v."""
        equation = self.forward[u]
        if v in equation.bypassed:
            assert equation.long is not None
            return self.pull(equation.long, v, self.arriving(root, u, seed, label), equation)
        return self.pull(equation.differentiated, v, self.arriving(root, u, seed, label), equation)

    def arriving(self, root: Name, u: Name, seed: Expr, label: Name) -> Expr:
        """dRoot/du by its name; where shortcuts bypass u, what it gets from elsewhere, which has no name."""
        if u == root:
            return seed
        reach = self.reaching(root)
        if not any(s in reach for s in self.long_users.get(u, ())):
            return Ref(u.gradient(label))
        direct = [s for s in self.users.get(u, ()) if s in reach]
        return add(
            *(
                self.pull(self.forward[s].differentiated, u, self.arriving(root, s, seed, label), self.forward[s])
                for s in direct
            )
        )

    def long_way(self, root: Name, v: Name) -> Expr | None:
        """dRoot/dv without the shortcut: through the activation that the loss compares."""
        terms = []
        for u in self.users.get(v, ()):
            equation = self.forward[u]
            expr = equation.differentiated if equation.long is None else equation.long
            if (u == root or self.links(root, u)) and v in references(expr):
                terms.append(self.pull(expr, v, ONE if u == root else Ref(u.gradient(root)), equation))
        return self.finished(add(*terms), v) if terms else None

    def finished(self, expr: Expr, v: Name) -> Expr:
        """Simplified, with known results called by their names, in the shape of v."""
        expr = rewrite(simplify(expr, self.shapes), self.as_in_the_file)
        if self.shapes(expr).dims != self.shapes.of(v).dims:
            expr = call("zeros", Ref(v)) if expr == ZERO else simplify(mul(expr, call("ones", Ref(v))), self.shapes)
        return expr

    def as_in_the_file(self, node: Expr) -> Expr:
        """A result that an equation has named already is called by its name; indices count as the file counts."""
        if not isinstance(node, Call):
            return node
        if node.op == "index":
            node = call("index", *node.args, key=node.option("key"), base=self.count_from)
        return self.named.get(node, node)

    def pull(self, expr: Expr, v: Name, g: Expr, equation: Equation) -> Expr:
        """The gradient that `expr`, whose own gradient is g, passes on to v."""
        whole = Ref(equation.name)
        found: list[Expr] = []
        pending: list[tuple[Expr, Expr]] = [(expr, g)]
        budget = MAX_NODES
        while pending:
            node, g = pending.pop()
            if isinstance(node, Ref) and node.name == v:
                found.append(g)
                budget -= g.size
            if not isinstance(node, Call) or v not in references(node):
                continue
            budget -= 1
            if budget < 0:
                raise ProblemError.of(
                    "too-long",
                    f"the derivative of {equation.name} with respect to {v} is too long to write down",
                    equation.place,
                    "name a part of the equation in an equation of its own",
                )
            out = whole if node is expr else node
            operation = REGISTRY[node.op]
            if operation.definition and not operation.gradient and not operation.no_derivative:
                pending.append((filled(operation.definition, operation, node.args, full_options(node)), g))
            else:
                pending.extend(reversed(self.arguments(node, out, g, v, equation)))
        return add(*found) if found else Num(0)

    def arguments(self, node: Call, out: Expr, g: Expr, v: Name, equation: Equation) -> list[tuple[Expr, Expr]]:
        """The gradient of each argument of a call on which v acts."""
        operation = REGISTRY[node.op]
        if operation.no_derivative == "constant":
            return []
        shape = self.shapes(node)
        is_elementwise = _is_elementwise(node)
        if not is_elementwise and self.shapes(g).dims != shape.dims and operation.name not in ("sum", "mean"):
            g = mul(g, call("ones", out))
        site = Site(
            node,
            g,
            out,
            node.args,
            tuple([self.shapes(arg) for arg in node.args]),
            shape,
            full_options(node),
            self.shapes.layout,
        )
        gradients = []
        for i, arg in enumerate(node.args):
            if v in references(arg):
                try:
                    partial = apply_rule(operation, site, i)
                except LookupError:
                    raise _no_derivative(operation, i, v, equation) from None
                gradients.append((arg, self.fitted(partial, arg, out, is_elementwise)))
        return gradients

    def fitted(self, partial: Expr, arg: Expr, out: Expr, is_elementwise: bool) -> Expr:
        """Sum over what the argument was repeated for: all elements for a number, the samples for a bias."""
        target = self.shapes(arg)
        dims = self.shapes(out).dims
        if not is_elementwise or target.dims == dims:
            return partial
        if self.shapes(partial).dims != dims:
            partial = mul(partial, call("ones", out))
        if not target.dims:
            return call("sum", partial)
        return call("sum", partial, axis="features" if target.kind == "per_sample" else "samples")


def _is_elementwise(node: Call) -> bool:
    return REGISTRY[node.op].acts_elementwise(len(node.args))


def _no_derivative(operation: Operation, i: int, v: Name, equation: Equation) -> ProblemError:
    reason = operation.no_derivative or f"no rule for its argument {operation.arguments[min(i, 1)]}"
    return ProblemError.of(
        "no-derivative",
        f"a gradient with respect to {v} would have to pass through {operation.name} "
        f"in {equation.name} = {spell(equation.expr)[:80]}: {reason}",
        equation.place,
        "ask for no gradient that passes through it, or leave it out (`rounding:` is ignored by differentiation)",
    )
