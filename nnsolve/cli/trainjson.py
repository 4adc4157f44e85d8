"""`nnsolve train --format json`: the losses, the parameters and the predictions in full precision."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from nnsolve.report.json import plain

if TYPE_CHECKING:
    from nnsolve.engine.outcome import Outcome, WholeLoss
    from nnsolve.engine.predictions import Column, Predictions


def document(found: Outcome, interrupted: bool) -> str:
    """One object; `loss.epochs` has the mean loss per sample of the chosen epochs, `predictions` a list a quantity,
    sample after sample, of sequences step after step; classes are counted from 0.
    """
    problem = found.problem
    result: dict[str, Any] = {
        "problem": problem.path,
        "title": problem.title,
        "updates": found.updates,
        "epochs": found.epochs,
        "interrupted": interrupted,
        "diverged": None,
        "warnings": [{"code": warning.code, "message": warning.message} for warning in found.warnings],
        "loss": None,
        "parameters": _steps(found, "parameter"),
        "state": _steps(found, "state"),
        "predictions": _predictions(found.predictions) if found.predictions else None,
    }
    if found.loss is not None:
        result["loss"] = {
            "name": str(found.loss),
            "before": _whole(found.before),
            "final": _whole(found.after),
            "epochs": {str(epoch): _number(loss) for epoch, loss in found.curve.table.items()},
        }
    if found.divergence is not None:
        update, name, place = found.divergence
        result["diverged"] = {"update": update, "name": str(name), "place": str(place) if place else None}
    return _laid_out(result) + "\n"


def _laid_out(value: Any, indent: str = "") -> str:
    """JSON with an entry of a mapping on each line; lists stay on theirs."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, allow_nan=False)
    inner = indent + "  "
    rows = [f"{inner}{json.dumps(key)}: {_laid_out(entry, inner)}" for key, entry in value.items()]
    return "{\n" + ",\n".join(rows) + f"\n{indent}}}"


def _steps(found: Outcome, role: str) -> dict[str, Any]:
    kept = [step for step in found.parameters if step.role == role]
    return {str(step.name.after(0)): plain(step.value, step.shape) for step in kept}


def _whole(loss: WholeLoss | None) -> Any:
    return None if loss is None else {"value": _number(loss.value), "per_sample": _number(loss.per_sample)}


def _predictions(found: Predictions) -> dict[str, Any]:
    groups = {
        "inputs": list(found.inputs),
        "targets": [found.target] if found.target else [],
        "outputs": [found.prediction],
    }
    result: dict[str, Any] = {
        group: {str(column.name): _rows(column) for column in columns} for group, columns in groups.items()
    }
    if found.steps > 1:
        result["steps"] = found.steps
    if found.decisions is not None:
        decisions, right = found.decisions, found.decisions.right
        values = [row[0] if len(row) == 1 else row for row in decisions.decided.tolist()]
        result["decided"] = {"rule": decisions.rule, "values": values}
        result["right"] = None if right is None else int(right.sum())
    return result


def _rows(column: Column) -> list[Any]:
    rows = [[_number(value) for value in row] for row in column.rows.tolist()]
    return rows if column.shape else [row[0] for row in rows]


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else repr(value)
