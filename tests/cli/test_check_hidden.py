"""`nnsolve check --hide-solution`: in no format, message or statistic stands a right number that was not handed in."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import nnsolve
from nnsolve.checking.key import Target
from nnsolve.report.verdicts import WRITERS
from tests.bench.diagnosis import known
from tests.cli.calling import PROBLEMS, call, written

STEMS = ["regression-3-4-3-l2-norm", "softmax-unit-gradient-step", "relu-relu-softmax-classifier", "xor-mini-batches"]
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def spelled(target: Target, digits: int) -> str:
    texts = [f"{value:.{digits}g}" for value in target.values]
    return str(np.array(texts, dtype=object).reshape(target.shape).tolist()).replace("'", "")


@cache
def hand_ins(stem: str) -> tuple[str, ...]:
    """Files with wrong answers of every kind: at random, of other shapes, unreadable, of mistakes, and steps."""
    key, diagnosis = known(stem)
    rng = np.random.default_rng(0)
    random = {
        id: target._replace(values=tuple(rng.uniform(2, 9, len(target.values)))) for id, target in key.targets.items()
    }
    files = [{id: spelled(target, 5) for id, target in random.items()}]
    files += [dict.fromkeys(key.targets, text) for text in ("[[1, 2, 3, 4, 5, 6, 7]]", "oops", "'99 %'", "1,5", "0")]
    made: dict[object, dict[str, str]] = {}
    for id, target in key.targets.items():
        evidence = diagnosis.evidence(id)
        assert evidence is not None
        for entry in evidence.table.entries[:5]:
            if entry.value.size == len(target.values):
                wrong = target._replace(values=tuple(entry.value.ravel()))
                made.setdefault(entry.combinations[0][0].name, {})[id] = spelled(wrong, 6)
    files += [answers | {"nonsense": "1", "L ": "7.7"} for answers in list(made.values())[:6]]
    return tuple("".join(f'  "{id}": {answer}\n' for id, answer in answers.items()) for answers in files)


def secrets(stem: str, answers: str) -> dict[str, str]:
    """The right numbers that neither the problem nor an answer says, of 3 digits and more, with what they answer."""
    said = set(NUMBER.findall((PROBLEMS / f"{stem}.yaml").read_text(encoding="utf-8"))) | set(NUMBER.findall(answers))
    found: dict[str, str] = {}
    for id, target in known(stem).key.targets.items():
        for value in map(abs, target.values):
            rounded = [f"{value:.{digits}g}" for digits in range(3, 8)] + [f"{value:.{n}f}" for n in range(2, 7)]
            for text in [repr(value), *rounded]:
                if len(text.replace(".", "").strip("0")) > 2 and text not in said:
                    found[text] = id
    return found


def told(output: str, secret: dict[str, str]) -> list[str]:
    return [
        f"{text} ({secret[text]})"
        for text in NUMBER.findall(re.sub("<style>.*?</style>", "", output, flags=re.S))
        if text in secret
    ]


@pytest.mark.parametrize("stem", STEMS)
def test_no_output_says_a_right_number(stem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")  # annotations stand among what is printed
    seen = 0
    texts = hand_ins(stem)
    for n, answers in enumerate(texts):
        written(tmp_path / "in", f"problem: {stem}\nstudent: s{n}\nanswers:\n{answers}", f"f{n}.yaml")
    for path, answers in [*[(f"in/f{n}.yaml", text) for n, text in enumerate(texts)], ("in", "".join(texts))]:
        arguments = [str(tmp_path / path), "--problems", str(PROBLEMS), "--width", "200"]
        outputs = [
            a
            for format in WRITERS
            for a in (f"--{format}", str(tmp_path / f"out.{format}"))
            if format != "gradescope" or path != "in"
        ]
        secret = secrets(stem, answers)
        for hide in (["--hide-solution"], []):
            printed = call("check", *arguments, *outputs, *hide).output
            files = [Path(name).read_text(encoding="utf-8") for name in outputs[1::2]]
            if hide:
                assert [told(text, secret) for text in [printed, *files]] == [[]] * (1 + len(files)), path
            else:
                seen += sum(bool(told(text, secret)) for text in [printed, *files])
    assert seen > 10  # where nothing is hidden they are there


BROKEN = {
    "unclosed": "problem: {stem}\nstudent: {{\n",
    "wrong type": "problem: {stem}\nstudent: [1]\nanswers: {{L: 1}}\n",
    "no answers": "problem: {stem}\n",
    "answers no mapping": "problem: {stem}\nanswers: 7\n",
    "empty": "",
    "cut off": "problem: {stem}\nanswers: {{L: [1, 2\n",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_no_output_on_a_broken_file_says_a_right_number(broken: str, tmp_path: Path) -> None:
    """Also where an answer of it is credited by hand, which says the problem of a file that does not."""
    stem = STEMS[0]
    credited = json.dumps(next(iter(known(stem).key.targets)))
    written(tmp_path / "in", BROKEN[broken].format(stem=stem), "s.yaml")
    verdicts = f"verdicts: {{s.yaml: {{problem: {stem}, {credited}: {{credit: 0.5}}}}}}\n"
    written(tmp_path / "in", verdicts, "verdicts.yaml")
    secret = secrets(stem, "")
    seen = {}
    for hide in (True, False):
        more = ["--hide-solution"] if hide else []
        outputs = [str(tmp_path / f"out.{format}") for format in WRITERS]
        formats = [a for format, path in zip(WRITERS, outputs, strict=True) for a in (f"--{format}", path)]
        printed = call("check", str(tmp_path / "in"), "--problems", str(PROBLEMS), *formats, *more).output
        (result,) = nnsolve.check_many([tmp_path / "in"], problems=PROBLEMS, hide_solution=hide).results
        assert result.score > 0
        texts = [printed, repr(result), *(Path(path).read_text(encoding="utf-8") for path in outputs)]
        seen[hide] = [number for text in texts for number in told(text, secret)]
    assert seen[False] and not seen[True]
