"""The report of a training: the losses as a table and as a curve, the parameters and the predictions at its end."""

from __future__ import annotations

from nnsolve.core.diagnostics import Diagnostic
from nnsolve.core.names import END, Name
from nnsolve.engine.outcome import Outcome, WholeLoss
from nnsolve.report.boxes import pad, width
from nnsolve.report.given import packed_lines
from nnsolve.report.lines import heading, paragraph
from nnsolve.report.numbers import number, places, plain
from nnsolve.report.plot import plot_lines
from nnsolve.report.predictions import prediction_lines
from nnsolve.report.scope import Naming, Scope, counted
from nnsolve.report.style import Line, Style, clean
from nnsolve.report.symbols import Writing
from nnsolve.report.table import TextColumn, table_lines
from nnsolve.report.text import Report, warning_lines

INDENT = 2


def training_report(found: Outcome, style: Style, log: bool = False) -> Report:
    """The report; with `log` the losses are drawn on a logarithmic scale."""
    scope = _scope(found, style)
    lines: list[Line] = []
    if found.problem.title:
        lines += paragraph(clean(found.problem.title, style.unicode), style, "title")
    lines += paragraph(_summary(found, scope), style, "note")
    lines += warning_lines([*found.warnings, *([divergence(found)] if found.divergence else [])], style)
    if found.loss is not None:
        lines += [[], *heading("Loss", style, level=1), [], *_losses(found, scope)]
        curve = plot_lines(found.curve.points, style, unit(found), log)
        lines += [[], *curve] if curve else []
    if found.divergence is None:
        moment = _moment(found)
        lines += [[], *heading(f"Parameters {moment}", style, level=1), *_parameters(found, scope)]
        if found.predictions is not None:
            text = heading(f"Predictions {moment}", style, level=1)
            lines += [[], *text, [], *prediction_lines(found.predictions, scope)]
    return Report(lines)


def _scope(found: Outcome, style: Style) -> Scope:
    """The names as the problem writes them, at the end of the training."""
    program, conventions = found.run.whole, found.problem.conventions
    roles = {**dict.fromkeys(program.equations, ""), **{name: leaf.role for name, leaf in program.leaves.items()}}
    writing = Writing(conventions.layer_numbers, counted=counted(roles))
    return Scope(style, conventions, {}, found.updates, Naming(writing))


def unit(found: Outcome) -> str:
    """What the losses are counted by: where the file counts in steps and each sees all samples, by updates."""
    training = found.problem.training
    in_steps = training is not None and training.epochs is None
    return "update" if in_steps and found.run.per_epoch == 1 else "epoch"


def divergence(found: Outcome) -> Diagnostic:
    """Where a training left the finite numbers, and what helps."""
    assert found.divergence is not None
    update, name, place = found.divergence
    epoch = update // found.run.per_epoch + 1
    where = f"update {update + 1}" if unit(found) == "update" else f"update {update + 1}, in epoch {epoch}"
    rate = found.problem.training.learning_rate if found.problem.training else None
    now = "" if rate is None else f" (it is {plain(rate, 4)})"
    return Diagnostic(
        "diverged",
        f"the training diverged: {name} is the first value that is not finite, at {where}",
        place,
        f"a smaller learning_rate{now} may help, or smaller weights at the beginning",
        "error",
    )


def _summary(found: Outcome, scope: Scope) -> str:
    """How the parameters were trained, and how far."""
    run, training = found.run, found.problem.training
    assert training is not None
    leaves = run.whole.leaves.items()
    values = {name: float(leaf.value) for name, leaf in leaves if leaf.role == "hyperparameter"}
    settings = ", ".join(f"{scope.name(name)} = {number(x, places([x]), scope.style)}" for name, x in values.items())
    made = _count(found.updates, "update")
    if not found.finished:
        made = f"{found.updates} of {run.last} updates"
    text = f"{training.optimizer}{f', {settings}' if settings else ''}: {made}"
    rest = found.updates % run.per_epoch
    if unit(found) == "epoch" and found.epochs:
        text += f" in {_count(found.epochs, 'epoch')}"
        text += f" and {rest} of {run.per_epoch} updates of the next" if rest else ""
    if run.samples > 1:
        batch = f"{run.batch_size} of " if run.batch_size < run.samples else "all "
        text += f", each with {batch}{run.samples} samples"
    return f"{text} (interrupted)" if not found.finished and found.divergence is None else text


def _moment(found: Outcome) -> str:
    return f"after {_count(found.updates, 'update')}" if found.updates else "before any update"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _parameters(found: Outcome, scope: Scope) -> list[Line]:
    """The parameters; of the optimizer's state only the names."""
    state = [scope.name(step.name) for step in found.parameters if step.role == "state"]
    lines = packed_lines([step for step in found.parameters if step.role == "parameter"], scope, {})
    if state:
        text = f"{found.problem.training.optimizer if found.problem.training else ''} also keeps {', '.join(state)}"
        lines += [[], *paragraph(f"{text}; -o FILE writes them too.", scope.style, "note", INDENT)]
    return lines


# The losses -----------------------------------------------------------------------------------------------------------


def _losses(found: Outcome, scope: Scope) -> list[Line]:
    lines = _table(found, scope)
    if lines:
        lines.append([])
    return lines + _over_all(found, scope.at(0))


def _over_all(found: Outcome, scope: Scope) -> list[Line]:
    """The losses over all samples before and after."""
    rows = _whole(found)
    when = [_moment(found) if name.update else "before the first update" for name, _ in rows]
    names = [scope.name(name) for name, _ in rows]
    count = places([loss.value for _, loss in rows], 2)
    columns = [
        TextColumn("over all samples" if found.run.samples > 1 else "", when),
        TextColumn("", [f"{pad(name, max(map(width, names)))} =" for name in names]),
        TextColumn("", [number(loss.value, count, scope.style) for _, loss in rows], style="result"),
    ]
    if any(loss.value != loss.per_sample for _, loss in rows):
        count = places([loss.per_sample for _, loss in rows], 2)
        columns.append(TextColumn("per sample", [number(loss.per_sample, count, scope.style) for _, loss in rows]))
    lines = table_lines(columns)
    return lines if found.run.samples > 1 else lines[1:]


def _whole(found: Outcome) -> list[tuple[Name, WholeLoss]]:
    """The losses over all samples with their names."""
    assert found.loss is not None
    pairs = [(found.loss, found.before)]
    if found.updates:
        pairs.append((found.loss.after(END if found.finished else found.updates), found.after))
    return [(name, loss) for name, loss in pairs if loss is not None]


def _table(found: Outcome, scope: Scope) -> list[Line]:
    """A row for each chosen epoch."""
    chosen = found.curve.table
    if not chosen:
        return []
    run = found.run
    count = places(chosen.values(), 2)
    columns = [TextColumn(unit(found), [str(epoch) for epoch in chosen], right=True)]
    if run.per_epoch > 1:
        columns.append(TextColumn("updates", [str(epoch * run.per_epoch) for epoch in chosen], right=True))
    head = "mean loss per sample" if run.samples > 1 else "loss"
    cells = [number(loss, count, scope.style) for loss in chosen.values()]
    columns.append(TextColumn(head, cells, style="result"))
    assert found.loss is not None
    address = f"{found.loss}@e{next(iter(chosen))}"
    mean = ", averaged over the samples of the epoch" if run.per_epoch > 1 else ""
    text = f"{address}, ...: the loss that {'each' if run.per_epoch > 1 else 'the'} update starts from{mean}"
    return [*table_lines(columns), *paragraph(text, scope.style, "note", INDENT)]
