"""Print what the project has to reach, beside what it reaches today."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import yaml

import nnsolve
from nnsolve.report.style import Style
from nnsolve.report.text import report
from tests.bench.accuracy import KINDS
from tests.bench.accusations import rows as accusations
from tests.bench.checking import rows as checking
from tests.bench.diagnosis import rows as diagnosis
from tests.bench.fresh.score import rows as fresh
from tests.bench.pages import rows as pages
from tests.bench.timing import in_turn, process, ratio
from tests.bench.trained import rows as trained
from tests.bench.training import rows as training
from tests.bench.unseen.score import rows as unseen

PROBLEM = Path(__file__).parents[2] / "problems" / "regression-3-4-3-l2-norm.yaml"
IMPORTS = "import numpy, click, yaml, rich.console, rich.table"


def main() -> None:
    """Run all measurements."""
    whole_processes()
    warm_process()
    growth()
    for row in training():
        line(*row)
    accuracy()
    for row in (*diagnosis(), *accusations()):
        line(*row)
    for row in trained():
        line(*row)
    for row in (*unseen(), *fresh()):
        line(*row)
    for row in checking():
        line(*row)
    for row in pages():
        line(*row)


def line(what: str, value: str, limit: str) -> None:
    print(f"{what:<58} {value:>12}   {limit}", flush=True)


def whole_processes() -> None:
    """A run on a seed problem against the bare imports; the help against click alone."""
    seconds = in_turn(
        {
            "run": process(["-m", "nnsolve", "run", str(PROBLEM)]),
            "imports": process(["-c", IMPORTS]),
            "help": process(["-m", "nnsolve", "--help"]),
            "click": process(["-c", "import click"]),
        },
        rounds=21,
    )
    line(
        "nnsolve run 3-4-3 / importing its libraries", f"{ratio(seconds['run'], seconds['imports']):.2f}", "at most 1.3"
    )
    line("nnsolve --help / importing click", f"{ratio(seconds['help'], seconds['click']):.2f}", "at most 1.5")


def warm_process() -> None:
    """Loading and solving against composing the same YAML; the report on top."""
    text = PROBLEM.read_text(encoding="utf-8")
    sections = nnsolve.solve(PROBLEM).sections
    seconds = in_turn(
        {
            "compose": lambda: yaml.compose(text, Loader=yaml.CLoader),
            "solve": lambda: nnsolve.solve(PROBLEM),
            "report": lambda: str(report(sections, Style(width=100))),
        },
        rounds=201,
    )
    line("load and solve 3-4-3 / yaml.compose (C)", f"{ratio(seconds['solve'], seconds['compose']):.2f}", "at most 8")
    line("report of 3-4-3 on top, ms", f"{median(seconds['report']) * 1e3:.1f}", "at most 15")


def growth() -> None:
    """How both grow: each row is twice the layers or the width of the row above."""
    for what, sizes, text in (
        ("layers of width 4", (2, 4, 8, 16, 32, 64), lambda n: network(n, 4)),
        ("width, 2 layers", (4, 8, 16, 32, 64, 128), lambda n: network(2, n)),
    ):
        for size in sizes:
            solve, show = solve_and_report(text, size)
            line(f"{size:>4} {what}: solve, report (ms)", f"{solve:.1f}, {show:.1f}", "grows with the size")


def solve_and_report(text: Callable[[int], str], size: int) -> tuple[float, float]:
    """Milliseconds of solving and of reporting a generated network."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.yaml"
        path.write_text(text(size), encoding="utf-8")
        sections = nnsolve.solve(path).sections
        seconds = in_turn(
            {"solve": lambda: nnsolve.solve(path), "report": lambda: str(report(sections, Style(width=100)))}, rounds=5
        )
    return median(seconds["solve"]) * 1e3, median(seconds["report"]) * 1e3


def network(layers: int, width: int) -> str:
    """A dense tanh network with one update, as a problem file."""
    shape = f"shape: [{width}, {width}]"
    rows = [
        f"  - dense: {{W: {{random: uniform, low: -1, high: 1, {shape}, seed: {i}}}, b: 0.1, activation: tanh}}"
        for i in range(layers)
    ]
    vector = ", ".join("0.5" for _ in range(width))
    return "\n".join(
        [
            "conventions: {weights: rows, samples: columns}",
            "layers:",
            *rows,
            f"inputs: {{x: [{vector}]}}",
            f"targets: {{y: [{vector}]}}",
            "loss: half_squared_error",
            "training: {optimizer: sgd, learning_rate: 0.1, steps: 1}",
            "ask: [L, W1@1]",
        ]
    )


def accuracy() -> None:
    """Gradients against an independent library."""
    for kind, deviations in KINDS.items():
        found = list(deviations())
        worst = max(found, key=lambda deviation: deviation.size)
        line(
            f"gradients of {kind} / autograd, worst of {len(found)}",
            f"{worst.size:.1e}",
            f"at most 1e-12 ({worst.where})",
        )


if __name__ == "__main__":
    main()
