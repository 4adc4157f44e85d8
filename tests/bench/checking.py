"""How long checking takes: against reading the same files as YAML, on two processes against one, wrong against right.

The wrong answers come from `slips`, plain NumPy.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import nnsolve
from nnsolve.checking.mistakes.examples import NETWORK
from tests.bench.slips import networks as slips
from tests.bench.slips.exercise import Answers
from tests.bench.timing import in_turn, process, ratio

FILES = 10_000
ROUNDS = 3

ASKS = ("z1", "a1", "z2", "a2", "L", "dL/dz2", "dL/dW2", "dL/dW1", "W1@1")
"""The nine items of a file: 43 numbers."""

MISTAKES = tuple(
    sorted(
        {*slips.PROGRAM}
        - {"log2-for-ln", "log10-for-ln", "squared-norm-for-norm", "wrong-class", "activation-derivative-extra"}
    )
)
"""Those that change something in a network with half the squared error."""

READ = """import glob, sys, yaml
from concurrent.futures import ProcessPoolExecutor
def read(files):
    for path in files:
        with open(path, encoding="utf-8") as file:
            yaml.load(file.read(), yaml.CSafeLoader)
files, jobs = sorted(glob.glob(sys.argv[1] + "/*")), int(sys.argv[2])
if jobs == 1:
    read(files)
else:
    with ProcessPoolExecutor(jobs) as executor:
        list(executor.map(read, [files[n : n + 100] for n in range(0, len(files), 100)]))
"""
"""Reads answer files as YAML, and does nothing else: as far as that, a machine shares work among processes."""

PEAK = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); print(resource."
PEAK += "getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"


def write(folder: Path, files: int, *, wrong: bool, random: bool = True) -> None:
    """Answer files, each of another student, with numbers of 6 significant digits.

    Wrong ones have a mistake, a third of them two, with which the student goes on; with `random` two random answers
    besides, which nobody gave before.
    """
    folder.mkdir()
    rng = np.random.default_rng(files)
    right = slips.two_layers(slips.SMOOTH, ())
    for student in range(files):
        answers = _wrong(rng, random) if wrong else right
        lines = [f"  {ask}: {_text(np.asarray(answers[ask]))}" for ask in ASKS]
        text = "\n".join(["problem: network", f"student: s{student:05}", "answers:", *lines, ""])
        (folder / f"s{student:05}.yaml").write_text(text, encoding="utf-8")


def _wrong(rng: np.random.Generator, random: bool) -> Answers:
    made = rng.choice(MISTAKES, size=2 if rng.random() < 1 / 3 else 1, replace=False).tolist()
    answers = slips.two_layers(slips.SMOOTH, made)
    for ask in rng.choice(ASKS, size=2, replace=False).tolist() if random else ():
        value = np.asarray(answers[ask])
        answers[ask] = value + (np.abs(value) + 0.1) * rng.normal(0, 0.5, value.shape)
    return answers


def _text(value: Any) -> str:
    return f"[{', '.join(map(_text, value))}]" if value.ndim else f"{value:.6g}"


def load(folder: Path) -> None:
    """Read answer files as YAML, and do nothing else."""
    for name in sorted(os.listdir(folder)):
        with open(folder / name, encoding="utf-8") as file:
            yaml.load(file.read(), yaml.CSafeLoader)


def peak(folder: Path, answers: Path) -> float:
    """The most memory, in MB, that `nnsolve check --json` has at a time."""
    check = [sys.executable, "-m", "nnsolve", "check", str(answers), "--problems", str(folder)]
    command = [sys.executable, "-c", PEAK, *check, "--json", str(folder / "verdicts.json")]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(found.stdout) / (1 << (20 if sys.platform == "darwin" else 10))


def rows(files: int = FILES) -> Iterator[tuple[str, str, str]]:
    """What, its value, and what it has to reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "network.yaml").write_text(f"{NETWORK.partition('ask:')[0]}ask: [{', '.join(ASKS)}]\n", "utf-8")
        right, slipped, wrong, few = folder / "right", folder / "slipped", folder / "wrong", folder / "few"
        write(right, files, wrong=False)
        write(slipped, files, wrong=True, random=False)
        write(wrong, files, wrong=True)
        write(few, files // 10, wrong=True)
        command = ["-m", "nnsolve", "check", str(right), "--problems", str(folder)]
        seconds = in_turn(
            {
                "yaml": lambda: load(right),
                "right": lambda: nnsolve.check_many([right], problems=folder),
                "slipped": lambda: nnsolve.check_many([slipped], problems=folder),
                "wrong": lambda: nnsolve.check_many([wrong], problems=folder),
            },
            ROUNDS,
            time.process_time,
        )
        runs = {"one": process(command), "two": process([*command, "--jobs", "2"])}
        runs |= {f"read {jobs}": process(["-c", READ, str(right), jobs]) for jobs in "12"}
        whole = in_turn(runs, ROUNDS)
        speed = ratio(seconds["right"], seconds["yaml"])
        yield f"check {files} right files of 9 items / yaml.load (C)", f"{speed:.2f}", "at most 1.5"
        yield "  with one or two mistakes / right", f"{ratio(seconds['slipped'], seconds['right']):.2f}", "at most 4"
        yield (
            "  and two random answers in each / right",
            f"{ratio(seconds['wrong'], seconds['right']):.2f}",
            "at most 4",
        )
        yield "  --jobs 1 / --jobs 2, whole process", f"{ratio(whole['one'], whole['two']):.2f}", "at least 1.7"
        yield (
            "  the same for yaml.load (C) alone",
            f"{ratio(whole['read 1'], whole['read 2']):.2f}",
            "what the machine gives",
        )
        memory = f"{peak(folder, few):.0f}, {peak(folder, wrong):.0f}"
        yield f"  memory of {files // 10} and {files} wrong files, MB", memory, "about the same"
