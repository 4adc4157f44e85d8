"""Reports as records: the same steps, headings and remarks as on the terminal, at every detail."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnsolve.core.expressions import Num
from nnsolve.report.display import solve
from nnsolve.report.style import Style
from nnsolve.report.typeset.document import Answers, Given, Heading, Paragraph, Work, shown_at
from nnsolve.report.typeset.mathematics import Matrix, Number
from nnsolve.report.typeset.report import document
from tests.report.solved import sections, told
from tests.report.typeset.built import STEMS, built


def works(stem: str, detail: str = "steps") -> dict[str, Work]:
    return {block.address: block for block in shown_at(built(stem).blocks, detail) if isinstance(block, Work)}


@pytest.mark.parametrize("stem", STEMS)
def test_every_step_and_every_answer_of_a_solution_is_in_its_document(stem: str) -> None:
    blocks = shown_at(built(stem).blocks, "steps")
    steps = [step for section in sections(stem) for step in section.trace.steps]
    assert [block.address for block in blocks if isinstance(block, Work)] == [
        str(step.name) for step in steps if step.phase != "given"
    ]
    ids = [row.id for block in blocks if isinstance(block, Answers) for row in block.rows]
    asked = [f"{s.id}.{a.id}" if s.id else a.id for s in sections(stem) for a in s.answers]
    assert ids == asked
    assert any(isinstance(block, Given) for block in blocks) == any(step.phase == "given" for step in steps)


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("detail", ["brief", "steps", "full"])
def test_headings_are_those_of_the_terminal(stem: str, detail: str) -> None:
    printed = told(stem, Style(120, detail=detail))
    rules = [
        line.rsplit(" ", 1) for line in printed.splitlines() if line[:1] != " " and line.endswith(("━━", "──", "┄┄"))
    ]
    headings = [text for text, rule in rules if set(rule) <= set("━─┄")]
    assert [block.text for block in shown_at(built(stem).blocks, detail) if isinstance(block, Heading)] == headings


@pytest.mark.parametrize("stem", STEMS)
def test_ids_are_unique(stem: str) -> None:
    ids = [block.id for block in built(stem).blocks if isinstance(block, Heading | Work)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("stem", STEMS)
def test_results_are_the_values_of_the_trace(stem: str) -> None:
    steps = [step for section in sections(stem) for step in section.trace.steps if step.equation is not None]
    blocks = [block for block in built(stem).blocks if isinstance(block, Work)]
    for step, block in zip(steps, blocks, strict=True):
        if step.equation is None or isinstance(step.equation.expr, Num) or step.value.size > 1:
            continue
        result = block.sides[-1].mathematics
        while isinstance(result, Matrix):
            result = result.rows[0][0]
        if isinstance(result, Number):
            assert float(result.text) == pytest.approx(step.value.item(), rel=1e-3, nan_ok=True)


def test_what_is_explained_at_one_time_step_is_explained_again_only_in_full() -> None:
    (short,) = [side for side in works("elman")["dL/dh_1"].sides if side.role == "formula"]
    assert short.levels == ("steps", "full")
    assert [side.role for side in works("elman")["dL/dh_1"].sides] == ["formula", "numbers", "stage", "result"]
    assert works("elman", "full")["dL/dh_1"].sides[0].role == "rule"
    assert works("elman", "steps")["dL/dh_1"].remarks[0].text == ("carried back from step 2",)
    assert len(works("elman", "full")["dL/dh_1"].remarks) == 2


def test_numbers_are_put_in_as_on_the_terminal() -> None:
    sides = works("regression-3-4-3-l2-norm")["h2"].sides
    assert [side.role for side in sides] == ["formula", "numbers", "stage", "result"]
    assert sides[-1].mathematics == Matrix(((Number("7.1"),), (Number("1.2"),), (Number("1.1"),)))
    update = works("regression-3-4-3-l2-norm")["W1@1"].sides
    assert [side.relation for side in update] == ["←", "=", "="]
    large = works("large")
    assert all(side.role != "numbers" for side in large["z1"].sides)


def test_a_part_has_its_id_before_its_answers_and_its_addresses_once() -> None:
    stem = next(stem for stem in STEMS if len(sections(stem)) > 1)
    headings = [block for block in built(stem).blocks if isinstance(block, Heading) and block.level == 1]
    assert [heading.text for heading in headings] == [f"Part {s.id}" for s in sections(stem) if s.id]


def test_what_a_part_shares_with_the_problem_is_only_named() -> None:
    given = [block for block in built("relu-relu-softmax-classifier").blocks if isinstance(block, Given)]
    assert not given[0].notes and {value.address for value in given[0].values} >= {"V", "beta"}
    assert [value.address for value in given[1].values] == ["F"]
    assert given[1].notes[-1][-1] == " as above"


def test_a_long_sequence_is_shown_by_its_results_but_in_full(tmp_path: Path) -> None:
    path = tmp_path / "problem.yaml"
    path.write_text(
        "inputs: {x: [" + ", ".join(f"0.{n}" for n in range(10, 25)) + "]}\n"
        "parameters: {w: 0.5}\ninitial: {h_0: 0}\n"
        "equations: ['z_t = w * h_{t-1} + x_t', h_t = tanh(z_t)]\nask: [h]\n",
        encoding="utf-8",
    )
    blocks = document(solve(path).sections, Style()).blocks
    roles = {
        detail: [
            [side.role for side in block.sides]
            for block in shown_at(blocks, detail)
            if isinstance(block, Work) and block.address in ("z_1", "z_15")
        ]
        for detail in ("steps", "full")
    }
    whole = ["formula", "numbers", "stage", "result"]
    assert roles == {"steps": [whole, ["formula", "result"]], "full": [whole, whole]}
    said = [block for block in blocks if isinstance(block, Paragraph) and block.kind == "note"]
    assert [note.levels for note in said] == [("steps",)] and "--detail full" in str(said[0].text)
