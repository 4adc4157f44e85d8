"""The report of a training, its parameter files and its picture."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nnsolve.engine.curve import Curve
from nnsolve.engine.outcome import Outcome, outcome
from nnsolve.engine.run import Run
from nnsolve.engine.training import Trainer
from nnsolve.problem.loader import load_problem
from nnsolve.report.boxes import width
from nnsolve.report.figure import write_figure
from nnsolve.report.parameters import kept, write_npz, yaml_text
from nnsolve.report.style import Style
from nnsolve.report.training import training_report
from tests.report.test_golden import compare

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "problems"
XOR = ROOT / "problems" / "xor-mini-batches.yaml"


def trained(path: Path, epochs: int | None = None, stop: int | None = None) -> Outcome:
    problem = load_problem(path)
    assert problem.training is not None
    if epochs is not None:
        problem = problem._replace(training=problem.training._replace(epochs=epochs, steps=None))
    run = Run(problem)
    curve, trainer = Curve(), Trainer(run)
    end = run.last if stop is None else stop
    assert end is not None
    while trainer.update < end and trainer.divergence is None:
        trainer.advance(min(trainer.update + 10, end), curve.add)
    return outcome(run, trainer.parameters, trainer.update, curve, trainer.divergence)


CASES = [
    ("xor", XOR, 300, None, Style(80)),
    ("xor", XOR, 300, None, Style(60, unicode=False)),
    ("xor", XOR, 300, 101, Style(60)),
    ("xor", XOR, 300, None, Style(80, decimals=2)),
    ("perceptron", ROOT / "problems" / "perceptron-and.yaml", None, None, Style(80)),
    ("classes", HERE / "training-classes.yaml", None, None, Style(60)),
    ("classes", HERE / "training-classes.yaml", None, None, Style(120)),
    ("diverges", HERE / "training-diverges.yaml", None, None, Style(80)),
    ("regression", ROOT / "problems" / "regression-3-4-3-l2-norm.yaml", 20, None, Style(80)),
]


def file_name(name: str, stop: int | None, style: Style) -> str:
    parts = ["train", name, str(style.width), "unicode" if style.unicode else "ascii"]
    parts += [f"stop-{stop}"] if stop is not None else []
    parts += [f"decimals-{style.decimals}"] if style.decimals is not None else []
    return ".".join(parts) + ".txt"


@pytest.mark.parametrize(
    ("name", "path", "epochs", "stop", "style"), CASES, ids=[file_name(c[0], c[3], c[4]) for c in CASES]
)
def test_reports_are_as_kept(name: str, path: Path, epochs: int | None, stop: int | None, style: Style) -> None:
    text = str(training_report(trained(path, epochs, stop), style))
    assert all(width(line) <= style.width for line in text.splitlines())
    lines = [line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("at /")]
    compare(file_name(name, stop, style), "".join(lines))


# Losses: the addresses say the same -----------------------------------------------------------------------------------


def by_hand(epochs: int) -> tuple[list[float], float, float, list[np.ndarray]]:
    """XOR in mini-batches as a loop in NumPy: the losses of the epochs, before and after over all, the weights."""
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([[0], [1], [1], [0.0]])
    W1, b1 = np.array([[1, -1], [1, -1.0]]), np.array([-0.5, 1.5])
    W2, b2 = np.array([[1], [1.0]]), np.array([0.0])

    def forward(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        h = np.tanh(x @ W1 + b1)
        p = 1 / (1 + np.exp(-(h @ W2 + b2)))
        return h, p, float(np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p)))

    before, losses = forward(x, y)[2], []
    for _ in range(epochs):
        seen = 0.0
        for rows in (slice(0, 2), slice(2, 4)):
            h, p, loss = forward(x[rows], y[rows])
            seen += loss / 2
            error = (p - y[rows]) / 2
            back = error @ W2.T * (1 - h**2)
            W2, b2 = W2 - 0.5 * h.T @ error, b2 - 0.5 * error.sum(axis=0)
            W1, b1 = W1 - 0.5 * x[rows].T @ back, b1 - 0.5 * back.sum(axis=0)
        losses.append(seen)
    return losses, before, forward(x, y)[2], [W1, b1, W2, b2]


def test_losses_and_weights_are_those_of_a_loop_written_by_hand() -> None:
    found = trained(XOR, 12)
    losses, before, after, weights = by_hand(12)
    assert found.curve.points == pytest.approx(dict(enumerate(losses, 1)), rel=1e-12)
    assert found.before is not None and found.after is not None
    assert (found.before.value, found.after.value) == pytest.approx((before, after), rel=1e-12)
    for array, expected in zip(kept(found).values(), weights, strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-12)
    assert found.curve.points != pytest.approx(dict(enumerate(by_hand(13)[0][1:], 1)), rel=1e-3)  # it can fail


def test_the_losses_are_those_that_the_addresses_mean() -> None:
    found = trained(HERE / "training-classes.yaml")
    solution = Run(found.problem)
    for epoch in (1, 5, 37):
        name = solution.program.parse_address(f"J@e{epoch}")
        assert name is not None
        np.testing.assert_allclose(found.curve.table[epoch], solution.value(name), rtol=1e-12)
    end = solution.program.parse_address("J@end")
    assert end is not None and found.after is not None
    np.testing.assert_allclose(found.after.value, solution.value(end).item(), rtol=1e-12)


def test_a_summed_loss_is_also_given_per_sample() -> None:
    found = trained(HERE / "training-classes.yaml")
    assert found.after is not None
    assert found.after.value == pytest.approx(30 * found.after.per_sample)
    text = str(training_report(found, Style(80)))
    assert "per sample" in text and "J@end" in text.replace(" ", "")
    assert found.updates == 150 and found.epochs == 37
    assert "150 updates in 37 epochs and 2 of 4 updates of the next" in " ".join(text.split())


def test_a_divergence_names_equation_and_update() -> None:
    found = trained(HERE / "training-diverges.yaml")
    assert found.divergence is not None and found.divergence.place is not None
    w, k = 1.0, 0
    with np.errstate(over="ignore"):
        while np.isfinite(np.float64(2 * w - 1) ** 2):
            w, k = w - 10 * 2 * (2 * w - 1) * 2, k + 1
    assert (found.divergence.update, found.divergence.place.line) == (k, 7)
    assert max(found.curve.points) == k
    text = " ".join(str(training_report(found, Style(80))).split())
    assert f"the training diverged: L is the first value that is not finite, at update {k + 1}" in text
    assert "smaller learning_rate (it is 10)" in text
    assert "Predictions" not in text and "Parameters" not in text


# Files ----------------------------------------------------------------------------------------------------------------


def test_a_parameter_file_is_read_back_to_the_last_bit(tmp_path: Path) -> None:
    found = trained(HERE / "training-classes.yaml")
    arrays = kept(found)
    assert list(arrays)[:3] == ["W1", "b1", "W2"] and len(arrays) > 3  # and the velocities
    (tmp_path / "p.yaml").write_text(yaml_text(found, "p.yaml"), encoding="utf-8")
    with (tmp_path / "p.npz").open("wb") as file:
        write_npz(file, arrays)
    for ending in ("yaml", "npz"):
        values = ", ".join(f"{name}: {{file: p.{ending}, key: {name}}}" for name in arrays)
        (tmp_path / "q.yaml").write_text(f"equations: [z = x]\ninputs: {{x: 1}}\nconstants: {{{values}}}\n")
        constants = load_problem(tmp_path / "q.yaml").constants
        for name, array in arrays.items():
            read = constants[name].array
            assert read is not None and read.shape == array.shape and read.tobytes() == array.tobytes()


def test_a_parameter_file_says_where_it_comes_from() -> None:
    found = trained(XOR, 3)
    head = [line for line in yaml_text(found, "p.yaml").splitlines() if line.startswith("#")]
    assert head[0].startswith("# Parameters of nnsolve train: ") and head[0].endswith("xor-mini-batches.yaml")
    assert "after 6 updates (3 whole epochs)" in head[1]
    assert found.after is not None and repr(found.after.value) in head[2]
    assert "{file: p.yaml, key: W1}" in head[3]


def test_an_archive_is_the_same_for_the_same_numbers() -> None:
    arrays = kept(trained(XOR, 3))
    streams = [io.BytesIO(), io.BytesIO()]
    for stream in streams:
        write_npz(stream, arrays)
    assert streams[0].getvalue() == streams[1].getvalue()
    assert zipfile.ZipFile(streams[0]).testzip() is None
    streams[0].seek(0)
    with np.load(streams[0]) as archive:
        assert set(archive.files) == set(arrays)


@pytest.mark.parametrize("log", [False, True])
def test_a_picture_is_the_same_for_the_same_losses(log: bool) -> None:
    found = trained(XOR, 40)
    for format, start in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        streams = [io.BytesIO(), io.BytesIO()]
        for stream in streams:
            write_figure(stream, format, found, log)
        assert streams[0].getvalue() == streams[1].getvalue() and streams[0].getvalue().startswith(start)
    svg = io.BytesIO()
    write_figure(svg, "svg", found, log)
    text = svg.getvalue().decode()
    assert "XOR in mini-batches" in text and "mean loss per sample" in text and "<dc:date>" not in text


def test_a_title_is_no_formula_and_may_be_in_any_script() -> None:
    found = trained(XOR, 2)
    found = found._replace(problem=found.problem._replace(title="$\\frac{ 逆伝播 \x1b[31m"))
    stream = io.BytesIO()
    write_figure(stream, "svg", found)
    assert "逆伝播" in stream.getvalue().decode() and "\x1b" not in stream.getvalue().decode()


def test_the_library_for_pictures_is_loaded_for_pictures_alone() -> None:
    import subprocess

    code = (
        "import sys\nfrom nnsolve.cli.main import main\n"
        f"try:\n    main(['train', {str(XOR)!r}])\nexcept SystemExit as end:\n    assert not end.code\n"
        "print('LOADED', 'matplotlib' in sys.modules, 'rich.progress' in sys.modules)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "LOADED False False" in result.stdout, result.stderr
