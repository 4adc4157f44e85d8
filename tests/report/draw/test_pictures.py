"""Every problem's picture: valid SVG, nothing on top of anything else, and the values of the trace."""

from __future__ import annotations

import functools
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nnsolve.blocks import LAYERS
from nnsolve.core.diagnostics import ProblemError
from nnsolve.core.names import Name
from nnsolve.engine.solve import Solution
from nnsolve.report.display import solve
from nnsolve.report.draw.choose import choose, draw
from nnsolve.report.draw.kinds import KINDS
from nnsolve.report.draw.runs import Run, plain
from nnsolve.report.draw.scene import Scene
from nnsolve.report.draw.shapes import Box, Line, Picture, Text
from nnsolve.report.draw.svg import svg
from nnsolve.report.style import Style
from tests.report.draw.geometry import faults
from tests.report.solved import ALL, SEEDS

NAMESPACE = "{http://www.w3.org/2000/svg}"


@functools.cache
def solved(path: Path) -> Solution:
    return solve(path)


def problem(folder: Path, text: str) -> Solution:
    path = folder / "problem.yaml"
    path.write_text(text, encoding="utf-8")
    return solve(path)


def kind_of(solution: Solution, part: str = "") -> str:
    section = solution.solvers[part].section
    assert section.run is not None
    return choose(Scene(section, section.run, Style()))


def said(picture: Picture, kind: str) -> list[str]:
    """The texts of one kind, from the left and from above."""
    found = [text for text in picture.texts if text.kind == kind]
    return [plain(text.runs) for text in sorted(found, key=lambda text: (round(text.x, 1), text.y))]


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace("−", "-").replace("∂ ", "")) for text in texts]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", [None, *KINDS])
def test_every_problem_is_drawn_and_nothing_lies_on_a_text(path: Path, kind: str | None) -> None:
    solution = solved(path)
    drawn = 0
    for solver in solution.solvers.values():
        try:
            picture = draw(solver.section, kind)
        except ProblemError:
            assert kind is not None
            continue
        drawn += 1
        assert faults(picture) == []
        root = ET.fromstring(svg(picture))
        assert root.tag == f"{NAMESPACE}svg"
        assert [child.tag.removeprefix(NAMESPACE) for child in root][:3] == ["title", "desc", "style"]
    assert drawn or kind is not None


@pytest.mark.parametrize(
    ("stem", "kind"),
    [
        ("regression-3-4-3-l2-norm", "network"),
        ("xor-batch", "network"),
        ("large", "blocks"),
        ("next-bit-rnn", "unrolled"),
        ("elman", "unrolled"),
        ("scalar-backpropagation", "graph"),
    ],
)
def test_the_picture_suits_the_problem(stem: str, kind: str) -> None:
    path = next(path for path in ALL if path.stem == stem)
    assert kind_of(solved(path)) == kind


def test_the_geometry_check_finds_each_fault() -> None:
    word = Text(50, 50, (Run("word"),))
    picture = Picture(100, 100, (word,), "", "")
    assert faults(picture) == []
    for shape, fault in (
        (Text(60, 53, (Run("another"),)), "meets"),
        (Line(((0, 0), (100, 96))), "runs through"),
        (Line(((0, 30), (100, 62)), curved=True), "runs through"),
        (Box(0, 0, 52, 100), "leaves"),
        (Text(95, 20, (Run("long"),)), "cut off"),
    ):
        assert any(fault in found for found in faults(picture._replace(shapes=(word, shape)))), fault


@pytest.mark.parametrize("depth", range(1, 7))
@pytest.mark.parametrize("width", range(1, 13))
def test_generated_networks_have_room_for_every_text(width: int, depth: int, tmp_path: Path) -> None:
    random = np.random.default_rng(100 * width + depth)
    sizes = [width, *random.integers(1, 13, depth)]
    layers = "".join(_layer(random, n, m) for m, n in pairwise(sizes))
    text = (
        f"conventions: {{weights: rows, samples: columns}}\nlayers:\n{layers}"
        f"inputs: {{x: {random.normal(size=width).tolist()}}}\n"
        f"targets: {{y: {random.normal(size=sizes[-1]).round(2).tolist()}}}\nloss: squared_error\n"
    )
    solver = problem(tmp_path, text).solvers[""]
    for kind in ("network", "blocks", "graph"):
        assert faults(draw(solver.section, kind)) == [], kind


def _layer(random: np.random.Generator, units: int, inputs: int) -> str:
    W, b = random.normal(size=(units, inputs)).round(3), random.normal(size=units).round(2)
    return f"  - dense: {{W: {W.tolist()}, b: {b.tolist()}, activation: tanh}}\n"


# Values ---------------------------------------------------------------------------------------------------------------


def test_units_and_weights_show_the_values_of_the_trace() -> None:
    solution = solved(SEEDS / "regression-3-4-3-l2-norm.yaml")
    picture = draw(solution.solvers[""].section)
    expected = [*solution["x"], *solution["h1"], *solution["h2"]]
    assert numbers(said(picture, "unit-value")) == pytest.approx(expected, abs=5e-5)
    weights = sorted(w for address in ("W1", "W2") for w in solution[address].ravel())
    shown = [number for sign in ("positive", "negative", "zero") for number in numbers(said(picture, f"weight-{sign}"))]
    assert sorted(shown) == weights
    assert all(number < 0 for number in numbers(said(picture, "weight-negative")))
    assert said(picture, "tag")[:4] == ["b = 0", "b = 1", "b = 1", "b = −1"]
    assert f"= {solution['ell']:.4f}" in said(picture, "value")


def test_a_negative_weight_is_told_from_a_positive_one_without_its_colour() -> None:
    text = svg(draw(solved(SEEDS / "regression-3-4-3-l2-norm.yaml").solvers[""].section))
    assert ".nnsolve-picture .nn-edge-negative{stroke-dasharray:6 4}" in text
    assert "edge-positive{stroke-dasharray" not in text
    assert "dashed ones negative" in text


def test_the_sample_that_is_shown_can_be_chosen() -> None:
    solver = solved(SEEDS / "xor-batch.yaml").solvers[""]
    for sample in (1, 2, 3, 4):
        picture = draw(solver.section, sample=sample)
        assert numbers(said(picture, "unit-value"))[:2] == list(solver.run.moment_of(0).value(Name("x"))[sample - 1])
        assert f"Shown is sample {sample} of 4; L is that of all." in said(picture, "note")
    with pytest.raises(ProblemError, match="there is no sample 5: they are 1 to 4"):
        draw(solver.section, sample=5)


@pytest.mark.parametrize(("sample", "batch"), [(1, "samples 1 and 2"), (3, "samples 3 and 4"), (4, "samples 3 and 4")])
def test_a_sample_is_shown_in_the_batch_that_has_it(sample: int, batch: str) -> None:
    solution = solved(SEEDS / "xor-mini-batches.yaml")
    run = solution.solvers[""].run
    picture = draw(solution.solvers[""].section, sample=sample)
    x = run.whole.leaves[Name("x")].value[sample - 1]
    assert numbers(said(picture, "unit-value"))[:2] == list(x)
    assert f"Shown is sample {sample} of 4; L is that of its batch, {batch}." in said(picture, "note")
    loss = run.moment_with((sample - 1) // 2, {}).value(Name("L"))
    assert f"= {loss:.4f}" in said(picture, "value")


def test_a_shuffled_sample_has_its_number_in_the_file(tmp_path: Path) -> None:
    text = (
        "conventions: {samples: rows, weights: columns}\nlayers:\n  - dense: {W: [[1], [2]]}\n"
        "inputs: {x: [[1, 0], [2, 0], [3, 0], [4, 0], [5, 0]]}\ntargets: {y: [[0], [0], [0], [0], [0]]}\n"
        "loss: {name: squared_error, reduction: sum}\n"
        "training: {learning_rate: 0.1, steps: 3, batch_size: 2, shuffle: true, seed: 1}\n"
    )
    section = problem(tmp_path, text).solvers[""].section
    assert section.run is not None
    for sample in range(1, 6):
        picture = draw(section, sample=sample)
        assert numbers(said(picture, "unit-value"))[:2] == [sample, 0]
        assert any(note.startswith(f"Shown is sample {sample} of 5") for note in said(picture, "note"))
    first = int(section.run.rows(0)[0]) + 1
    assert any(note.startswith(f"Shown is sample {first} of 5") for note in said(draw(section), "note"))


def test_a_graph_shows_values_and_the_gradients_that_flow_back() -> None:
    """By hand: y = 0.24049, C = 1/2 (y − 1)²; dC/dy = y − 1, dC/dz₂ = (y − 1) y (1 − y), and so on."""
    picture = draw(solved(SEEDS / "scalar-backpropagation.yaml").solvers[""].section)
    assert {"0.01", "3", "−5", "z1 = 0.03", "a1 = 0.03", "z2 = −1.15", "y = 0.2405", "C = 0.2884"} <= set(
        said(picture, "value")
    )
    gradients = numbers(said(picture, "gradient"))
    y = 1 / (1 + np.exp(1.15))
    dz2 = (y - 1) * y * (1 - y)
    expected = [y - 1, dz2, dz2 * -5, dz2 * 0.03, dz2 * -5 * 3, dz2 * -5 * 0.01, 1.0, 0.5]
    for number in expected:
        assert any(abs(number - gradient) < 6e-5 for gradient in gradients), number
    assert not any(abs(gradient + dz2) < 1e-6 for gradient in gradients)


def test_gradients_of_several_uses_add_up(tmp_path: Path) -> None:
    text = "parameters: {w: 2}\nequations:\n  - p = w^2\n  - q = 3 * w\n  - L = p * q\nloss: L\n"
    picture = draw(problem(tmp_path, text).solvers[""].section)
    gradients = said(picture, "gradient")
    # L = 3 w³: dL/dw = 9 w² = 36, of which q · 2w = 24 comes through p and p · 3 = 12 through q
    assert "Σ ∂ 36" in gradients
    assert {"∂ 24", "∂ 12"} <= set(gradients)


def test_gradients_that_training_changes_are_said_to_be_others() -> None:
    for stem, said_so in (("rows-layer-by-layer", True), ("next-bit-rnn", True), ("branch", False)):
        path = next(path for path in ALL if path.stem == stem)
        try:
            notes = " ".join(said(draw(solved(path).solvers[""].section, "graph"), "note"))
        except ProblemError:
            continue  # too large to be drawn
        assert ("is not applied here" in notes) == said_so


@pytest.mark.parametrize("kind", LAYERS)
def test_every_kind_of_layer_is_drawn(kind: str, tmp_path: Path) -> None:
    block = LAYERS[kind]
    options = ", ".join(f"{key}: {value}" for key, value in block.example.items())
    text = (
        "conventions: {weights: rows, samples: columns, count_from: 1}\n"
        f"layers:\n  - {kind}: {{{options}}}\ninputs: {{x: {block.example_input}}}\n"
    )
    section = problem(tmp_path, text).sections[0]
    for picture in (None, "blocks", "graph"):
        assert faults(draw(section, picture)) == []


def test_a_long_list_is_shown_by_its_shape_never_by_half_a_number() -> None:
    for path in ALL:
        for solver in solved(path).solvers.values():
            for text in draw(solver.section).texts:
                if text.kind in ("value", "unit-value", "gradient"):
                    assert not plain(text.runs).rstrip("…")[-1:].isdigit() or "…" not in plain(text.runs)


@pytest.mark.parametrize(
    ("stem", "formula"),
    [
        ("binary-nll-gradient", "NLL = binary cross-entropy(a, y)"),
        ("xor-mini-batches", "L = mean binary cross-entropy(a2, y)"),
        ("relu-softmax-2-4-2-step", "L = cross-entropy(a2, y)"),
        ("xor-batch", "L = 1/2 Σ (a2 − y)2"),
    ],
)
def test_a_loss_has_its_name_where_what_is_evaluated_is_not_what_is_taught(stem: str, formula: str) -> None:
    for kind in ("network", "blocks"):
        assert formula in said(draw(solved(SEEDS / f"{stem}.yaml").solvers[""].section, kind), "label")


def test_a_loss_whose_formula_has_no_room_has_its_name(tmp_path: Path) -> None:
    text = (
        "conventions: {weights: rows, samples: columns, symbols: {a: prediction}}\n"
        "layers:\n  - dense: {W: [[1, 2], [3, 4]], activation: tanh}\n"
        "inputs: {x: [1, 2]}\ntargets: {y: [1, 0]}\nloss: multiclass_hinge\n"
    )
    labels = said(draw(problem(tmp_path, text).solvers[""].section), "label")
    assert "L = multiclass hinge(prediction, y)" in labels
    assert not any("…" in label for label in labels)


# Hostile files --------------------------------------------------------------------------------------------------------

SQUARE = """\
title: "</title><script>alert(1)</script> & more"
equations:
  - {name} = w * x
  - L = {name}^2
parameters: {{w: 2}}
inputs: {{x: 3}}
loss: L
"""


def test_what_a_file_calls_things_is_text_and_nothing_else(tmp_path: Path) -> None:
    root = ET.fromstring(text := svg(draw(problem(tmp_path, SQUARE.format(name="z")).solvers[""].section)))
    assert "<script" not in text
    title = root.find(f"{NAMESPACE}title")
    assert title is not None and "<script>alert(1)</script>" in (title.text or "")


def test_no_control_character_reaches_the_file() -> None:
    runs = (Run("a\x1b[31m\x00\u202e <b>&"),)
    text = svg(Picture(10, 10, (Text(1, 1, runs),), "\x07 title\u202e", "\x00 <desc>"))
    ET.fromstring(text)
    assert not {"\x1b", "\x00", "\x07", "\u202e"} & set(text)


def test_a_line_comes_back_to_its_baseline_after_each_lowered_part() -> None:
    runs = (Run("W"), Run("f", -1), Run(""), Run(", W"), Run("2", 1), Run(""), Run("i", -1), Run(" end"))
    root = ET.fromstring(svg(Picture(10, 10, (Text(1, 1, runs, size=10.0),), "", "")))
    line = root.find(f"{NAMESPACE}text")
    assert line is not None
    assert [(span.text, span.get("dy")) for span in line] == [
        ("f", "3.3"),
        (", W", "-3.3"),
        ("2", "-3.3"),
        ("i", "6.6"),
        (" end", "-3.3"),
    ]


def test_names_without_end_are_cut(tmp_path: Path) -> None:
    for name in ("z" * 3000, "z_" + "q" * 3000):
        picture = draw(problem(tmp_path, SQUARE.format(name=name)).solvers[""].section)
        assert picture.width < 3000
        assert faults(picture) == []


def test_a_picture_has_no_ids_that_another_one_on_the_page_has_too() -> None:
    for path in ALL[:6]:
        root = ET.fromstring(svg(draw(next(iter(solved(path).solvers.values())).section)))
        assert not [element for element in root.iter() if "id" in element.attrib]
        style = root.find(f"{NAMESPACE}style")
        assert style is not None and style.text is not None
        for rule in style.text.replace("@supports (color:light-dark(red,red)){", "").split("}"):
            for selector in rule.partition("{")[0].split(","):
                assert not selector or selector.startswith(".nnsolve-picture")
        classes = {name for element in root.iter() for name in element.get("class", "").split()}
        assert all(name.startswith(("nn-", "nnsolve-")) for name in classes)
