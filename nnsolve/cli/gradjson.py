"""`nnsolve grad --format json`: the gradients and their steps, and with --verify how far they are off."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from nnsolve.report.json import document as solution_document

if TYPE_CHECKING:
    from nnsolve.engine.gradients import LayerGradients, Verification


def document(gradients: LayerGradients, verify: bool) -> str:
    """`gradients` by address, `trace` and `warnings` as in `run`, and `verification` by address."""
    section = gradients.section
    whole = solution_document([section])
    found: dict[str, Any] = {"title": whole["title"], "gradients": whole["answers"]}
    if verify:
        loss = section.loss
        found["verification"] = {
            str(check.name.gradient(loss) if loss is not None else check.name): _check(check)
            for check in gradients.verifications
        }
    found |= {"trace": whole["trace"], "warnings": whole["warnings"]}
    return json.dumps(found, indent=2, allow_nan=False) + "\n"


def _check(check: Verification) -> dict[str, Any]:
    if check.skipped:
        return {"passed": None, "reason": check.skipped}
    return {
        "passed": check.passed,
        "checked": check.checked,
        "elements": check.total,
        "deviation": _number(check.deviation),
        "relative": _number(check.relative),
        "kinks": check.kinks,
        "undefined": check.undefined,
    }


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else repr(value)
