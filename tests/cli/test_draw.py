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
