"""The computational graph: operations as nodes, on each edge the value above and the gradient below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.equations import Equation
from nnsolve.core.expressions import Call, Expr, Num, Ref, references, substitute
from nnsolve.core.names import Name
from nnsolve.engine.graph import Graph, Node, graph, size
from nnsolve.report.draw.folding import rows
from nnsolve.report.draw.labels import Block, Label, block
from nnsolve.report.draw.layered import Layout, Place, Size, layered
from nnsolve.report.draw.runs import Run, fitted, plain, width_of
from nnsolve.report.draw.scene import EQUALS, Excerpt, Scene, listed
from nnsolve.report.draw.shapes import Box, Circle, Line, Picture, Shape, Text, bounds, moved
from nnsolve.report.notation import function_name, number_sign

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float64]

MOST_OPERATIONS = 30
"""Nodes of a graph with a node for each operation; a larger one has a node for each equation."""

MOST_EQUATIONS = 60

SYMBOL = 14.0
"""The size of text in nodes."""

RADIUS, HIGH = 15.0, 30.0
"""Of a circle with a sign in it, and the height of a box."""

WIDEST = 240.0
"""Of a formula in a node."""

PLACEHOLDER = "·"
"""What stands in a node for an operand that has no name; several are numbered, there and on their edges."""

ROW_GAP = 40.0
"""Room between two rows."""

MOST_NUMBERS = 12
"""A tensor with more is shown by its shape and norm."""


def graph_picture(scene: Scene) -> Picture:
    """The graph of the forward pass; raises `ProblemError` where it is too large to be read."""
    root = derived(scene)
    by_operation = size(scene.program, by_operation=True) <= MOST_OPERATIONS
    if not by_operation and (count := size(scene.program, by_operation=False)) > MOST_EQUATIONS:
        message = f"the graph has {count} nodes; at most {MOST_EQUATIONS} are drawn"
        help = (
            "--kind blocks draws the layers"
            if scene.layers
            else "put the equations that matter into a file of their own"
        )
        raise ProblemError.of("too-big", message, scene.problem.place, help)
    return _Drawing(scene, graph(scene.moment, root, by_operation), by_operation).picture()


def derived(scene: Scene) -> Name | None:
    """What the gradients are of: the loss, else what an asked derivative is of, one number or element by element."""
    program = scene.program
    if program.loss is not None:
        return program.loss
    for ask in scene.problem.ask:
        name = program.parse_address(ask.of.text)
        if name is not None and name.of is not None and name.of in program.equations:
            v = name.primal.after(0)
            if program.shapes.of(name.of).size == 1 or program.differentiator.is_elementwise(name.of, v):
                return name.of
    return None


class _Row(NamedTuple):
    """A row of the graph, laid out."""

    layout: Layout[Name]
    labels: dict[tuple[Name, Name], Label]
    sizes: dict[Name, Size]


class _Drawing:
    """A graph with the texts of its nodes and edges, laid out."""

    def __init__(self, scene: Scene, found: Graph, by_operation: bool) -> None:
        self.scene = scene.with_shapes(found)
        self.graph = found
        self.by_operation = by_operation
        self.shortened = False
        self.begun: set[Name] = set()
        self.nodes = {node.name: node for node in found.nodes}
        uses = Counter(edge.source for edge in found.edges)
        self.branching = {name for name, count in uses.items() if count > 1}
        self.ends = {_end(node.name): node for node in found.nodes if node.name not in uses}
        self.hidden = dict(pair for node in found.nodes for pair in self._hidden(node))
        self.symbols = {node.name: self._symbol(node) for node in found.nodes}
        self.symbols |= {end: self.scene.name(node.name) for end, node in self.ends.items()}
        self.labels = {(edge[0], edge[1]): self._label(self.nodes[edge.source], edge.gradient) for edge in found.edges}
        self.labels |= {(node.name, end): self._label(node, node.gradient) for end, node in self.ends.items()}
        self.leaves = {node.name for node in found.nodes if node.expr is None}
        sizes = {name: self._size(name) for name in self.symbols}
        named = {node.name for node in found.nodes if node.named}
        parts = rows(sizes, {use: label.size for use, label in self.labels.items()}, self.leaves, named)
        self.rows = [self._row(part) for part in parts]

    def _row(self, part: set[Name]) -> _Row:
        """Some of the nodes with all that leads to them; what comes from another row or goes there is its name."""
        labels: dict[tuple[Name, Name], Label] = {}
        for (a, b), label in self.labels.items():
            if b in part:
                labels[a if a in part or a in self.leaves else self._from(a), b] = label
            elif a in part:
                labels[a, self._to(a)] = self._label(self.nodes[a], self.graph.flow(a, self.nodes.keys() - part))
        used = {name for use in labels for name in use}
        order = sorted(used, key=lambda name: (name not in self.begun, list(self.symbols).index(name)))
        sizes = {name: self._size(name) for name in order}
        return _Row(layered(sizes, {use: label.size for use, label in labels.items()}), labels, sizes)

    def _to(self, name: Name) -> Name:
        """The end of an edge that goes on in another row."""
        end = _end(name)
        self.symbols[end] = self.scene.name(name)
        return end

    def _from(self, name: Name) -> Name:
        """The beginning of one that comes from another row."""
        begin = name._replace(stem=f"{name.stem}→")
        self.symbols[begin] = self.scene.name(name)
        self.begun.add(begin)
        return begin

    # Texts

    def _symbol(self, node: Node) -> tuple[Run, ...]:
        """What stands in a node."""
        if node.expr is None:
            return fitted(self.scene.name(node.name), WIDEST, SYMBOL)
        if not self.by_operation:
            return self.scene.right_side(Equation(node.name, node.expr), WIDEST, SYMBOL)
        sign = operation_sign(node.expr, self.scene)
        if sign is not None:
            return (Run(sign),)
        # The shapes of the operands are not told: a · between numbers would be lost beside those of the operands.
        hidden = {name: Ref(stand_in) for name, stand_in in self.hidden.items()}
        return fitted(self.scene.expression(substitute(node.expr, hidden)), WIDEST, SYMBOL)

    def _hidden(self, node: Node) -> list[tuple[Name, Name]]:
        """What stands in a node for each operand without a name, which no other node uses."""
        used = [] if node.expr is None else [name for name in references(node.expr) if not self.nodes[name].named]
        if node.expr is None or len(used) < 2 or operation_sign(node.expr, self.scene) is not None:
            return [(name, Name(PLACEHOLDER)) for name in used]
        return [(name, Name(PLACEHOLDER, n)) for n, name in enumerate(used, 1)]

    def _label(self, node: Node, gradient: Tensor | None) -> Label:
        """The value of a node, with its name, or number as an operand, where it is computed, and a gradient."""
        known = node.name if node.named and node.expr is not None else self.hidden.get(node.name)
        head = () if known is None or known == Name(PLACEHOLDER) else (*self.scene.name(known), EQUALS)
        return Label(block(head, self._excerpt(node, node.value), "value"), self._gradient(node, gradient))

    def _gradient(self, node: Node, gradient: Tensor | None, before: str = "∂ ") -> Block:
        if gradient is None:
            return Block()
        return block((Run(before),), self._excerpt(node, gradient), "gradient")

    def _excerpt(self, node: Node, value: Tensor) -> Excerpt:
        found = self.scene.excerpt(node.name, value, node.shape, MOST_NUMBERS)
        self.shortened = self.shortened or bool(found.norm)
        return found

    def _size(self, name: Name) -> Size:
        core = width_of(self.symbols[name], SYMBOL) + 14.0
        core = 2 * RADIUS if self._is_round(name) else core
        below = self._total(name)
        return Size(max(core, below.width), HIGH + 2 * below.height, core)

    def _total(self, name: Name) -> Block:
        """The whole gradient of what is used several times."""
        if name not in self.branching:
            return Block()
        return self._gradient(self.nodes[name], self.nodes[name].gradient, "Σ ∂ ")

    def _is_round(self, name: Name) -> bool:
        """Whether a node is a sign in a circle."""
        node = self.nodes.get(name)
        return node is not None and node.expr is not None and width_of(self.symbols[name], SYMBOL) <= 2 * RADIUS - 8.0

    # Shapes

    def picture(self) -> Picture:
        """The whole picture."""
        shapes: list[Shape] = []
        for row in self.rows:
            found: list[Shape] = [
                Line(tuple(points), "edge", 1.3, curved=True, arrow=True) for points in row.layout.paths.values()
            ]
            for name, place in row.layout.nodes.items():
                found += self._node(name, place, row.sizes[name].core)
            for use, label in row.labels.items():
                found += label.shapes(row.layout.labels[use])
            area, above = bounds(found), bounds(shapes)
            top = above.bottom + ROW_GAP if shapes else 0.0
            shapes += [moved(shape, -area.left, top - area.top) for shape in found]
        return self.scene.picture(shapes, self._described(), self._notes())

    def _node(self, name: Name, place: Place, width: float) -> list[Shape]:
        text = Text(place.x, place.y + 0.36 * SYMBOL, self.symbols[name], "label", SYMBOL)
        node = self.nodes.get(name)
        if node is None:
            return [text]
        kind = "leaf" if node.expr is None else "operation"
        total = self._total(name).at(place.x, place.y + HIGH / 2 + 2.0)
        if self._is_round(name):
            return [Circle(place.x, place.y, RADIUS, kind), text, *total]
        corner = HIGH / 2 if node.expr is None else 6.0
        return [Box(place.x - width / 2, place.y - HIGH / 2, width, HIGH, kind, corner), text, *total]

    def _notes(self) -> list[str]:
        said = f"A node is an {'operation' if self.by_operation else 'equation'}. Above each edge: its value."
        short = f"Of more than {MOST_NUMBERS} numbers: the shape, and ‖·‖, the root of the sum of their squares."
        shortened = [short] if self.shortened else []
        if len(self.rows) > 1:
            shortened.append("What a row ends with goes on in a row below, where its name stands.")
        if self.graph.root is None:
            return [said, *shortened, *self._of_all_samples()]
        root = plain(self.scene.name(self.graph.root))
        said = f"{said} Below it, behind ∂: the gradient of {root} that flows back along it."
        notes = [f"{said} Σ ∂ is the sum over several edges." if self.branching else said, *shortened]
        notes += self._of_all_samples()
        training = self.scene.problem.training
        if training is not None and (training.truncate or training.order == "layer_by_layer"):
            which = "truncate" if training.truncate else "order: layer_by_layer"
            notes.append(f"These are the gradients of {root} itself: {which} is not applied here.")
        return notes

    def _of_all_samples(self) -> list[str]:
        """What is of the whole batch although a sample is shown: gradients of what all share, and sums over them."""
        sampled = self.scene.sampled
        shared, sums = [], []
        for node in self.graph.nodes:
            symbol = plain(self.scene.name(node.name) if node.named else self.symbols[node.name])
            if node.expr is None and node.gradient is not None and node.name not in sampled:
                shared.append(symbol)
            elif node.expr is not None and not sampled.get(node.name) and any(map(sampled.get, references(node.expr))):
                sums.append(symbol)
        found = [f"the gradients of {listed(shared)}"] if shared else []
        if sums:
            found.append(f"the values of {listed(list(dict.fromkeys(sums)))} and of what follows from them alone")
        return [f"Of all samples of the batch: {', and '.join(found)}."] if sampled and found else []

    def _described(self) -> str:
        parts = [
            f"{plain(self.symbols[a])} → {plain(self.symbols[b])}: {label}" for (a, b), label in self.labels.items()
        ]
        return f"A computational graph. {'; '.join(parts)}."


def _end(name: Name) -> Name:
    """What stands for the end of the last edge."""
    return name._replace(stem=f"→{name.stem}")


def operation_sign(expr: Expr, scene: Scene) -> str | None:
    """The sign of an operation, as textbooks put it into a circle; None where a formula says more.

    A difference and a quotient have none: it would not say which operand comes first.
    """
    if isinstance(expr, Ref):
        return "="
    if not isinstance(expr, Call):
        return None
    numbers = [arg for arg in expr.args if isinstance(arg, Num)]
    rest = [arg for arg in expr.args if not isinstance(arg, Num)]
    if expr.op == "neg":
        return "×(−1)"
    if expr.op == "add" and _distinct(expr.args):
        return "+"
    if expr.op == "add" and len(expr.args) == 2 and numbers and isinstance(rest[0], Ref):
        return f"+{number_sign(numbers[0].value)}".replace("+−", "−")
    if expr.op == "mul" and _distinct(expr.args):
        return "⊙" if all(not scene.scope.scalar(arg) for arg in rest) else "×"
    if expr.op == "mul" and len(expr.args) == 2 and numbers and isinstance(rest[0], Ref):
        return f"×{number_sign(numbers[0].value)}"
    if len(expr.args) == 1 and not scene.extras(expr) and expr.op not in ("transpose", "index", "norm", "abs"):
        return function_name(expr.op, scene.scope)
    return None


def _distinct(args: Sequence[Expr]) -> bool:
    """Whether each operand has an edge of its own."""
    return all(isinstance(arg, Ref) for arg in args) and len(set(args)) == len(args)
