"""`nnsolve draw`: what it writes, and what it says where it cannot."""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.cli.calling import NETWORK, PARTS, PROBLEMS, SCALAR, call, written


def test_a_picture_goes_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "net.svg"
    result = call("draw", NETWORK, "-o", str(target))
    assert (result.exit_code, result.output) == (0, "")
    assert ET.parse(target).getroot().get("role") == "img"
    assert target.read_text(encoding="utf-8") == call("draw", NETWORK).output


def test_kinds_and_parts_are_other_pictures() -> None:
    pictures = {call("draw", NETWORK, "--kind", kind).output for kind in ("network", "blocks", "graph")}
    assert len(pictures) == 3
    assert call("draw", NETWORK).output in pictures
    assert "(temperature-1)" in call("draw", PARTS, "--part", "temperature-1").output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((SCALAR, "--kind", "network"), "only dense layers that read one value"),
        ((SCALAR, "--kind", "blocks"), "the problem has no layers"),
        ((SCALAR, "--kind", "unrolled"), "the problem has no time steps"),
        ((SCALAR, "--sample", "2"), "there is no sample 2"),
        ((NETWORK, "--part", "b"), "there is no part b"),
        ((NETWORK, "-o", "net.pdf"), "net.pdf does not end in .svg or .png"),
        ((NETWORK, "-o", NETWORK), "does not end in .svg or .png"),
    ],
)
def test_what_cannot_be_drawn_is_an_error(arguments: tuple[str, ...], message: str) -> None:
    result = call("draw", *arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_graph_that_nobody_could_read_is_not_drawn(tmp_path: Path) -> None:
    chain = "".join(f"  - a{n} = tanh(w * a{n - 1})\n" for n in range(1, 80))
    path = written(tmp_path, f"equations:\n  - a0 = w^2\n{chain}loss: a79\nparameters: {{w: 0.5}}\nask: [da79/dw]\n")
    result = call("draw", path)
    assert result.exit_code == 2
    assert "nodes; at most 60 are drawn" in result.output
    assert "<svg" not in call("run", path, "--format", "html").output


def test_a_long_sum_has_its_middle_left_out(tmp_path: Path) -> None:
    text = (
        "conventions: {weights: rows, samples: columns}\n"
        "layers:\n  - rnn: {W_xh: 1, W_hh: 0.5, activation: tanh}\n"
        f"inputs: {{x: {[1] * 40}}}\ntargets: {{y: {[0] * 40}}}\nloss: {{name: squared_error, over_time: sum}}\n"
    )
    picture = call("draw", written(tmp_path, text)).output
    words = "".join(ET.fromstring(picture).itertext())
    assert "L = L1 + L2 + … + L40" in words.replace("  ", " ")
    assert "Steps 5 to 39 are left out." in words


def test_the_problem_may_be_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, Path(SCALAR).read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    assert call("draw").output.startswith("<svg ")


def test_png_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = call("draw", NETWORK, "-o", str(tmp_path / "net.png"))
    assert result.exit_code == 2
    assert "python -m pip install 'nnsolve[png]'" in result.output
    assert not list(tmp_path.iterdir())


def test_png(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    for name in ("scalar-backpropagation", "next-bit-rnn"):
        target = tmp_path / f"{name}.PNG"
        assert call("draw", str(PROBLEMS / f"{name}.yaml"), "-o", str(target)).exit_code == 0
        assert target.read_bytes().startswith(b"\x89PNG\r\n")
