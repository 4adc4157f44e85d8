"""`nnsolve causes` as a teaching assistant meets it."""

from __future__ import annotations

import json
import re

import pytest
from click.shell_completion import ShellComplete

from nnsolve.checking.mistakes import CAUSES
from nnsolve.cli.main import main
from tests.cli.calling import call


@pytest.mark.parametrize("width", [60, 80])
def test_every_mistake_is_listed_with_its_sentence(width: int) -> None:
    result = call("causes", "--width", str(width))
    assert result.exit_code == 0
    assert all(len(line) <= width for line in result.output.splitlines())
    text = re.sub(r"\s+", " ", result.output)
    assert all(f"{code} {mistake.message}" in text for code, mistake in CAUSES.items())


def test_a_mistake_is_shown_at_its_example() -> None:
    """y - a for a - y turns the signs of all that follows."""
    found = json.loads(call("causes", "target-minus-prediction", "--format", "json").output)
    assert found["example"]["of"] == "dL/dz2"
    right = found["example"]["right"]
    wrong = [one for one in found["example"]["wrong"] if one["value"] == pytest.approx([-number for number in right])]
    assert [one["at"] for one in wrong] == ["dL/da2"]
    shown = call("causes", "target-minus-prediction").output
    numbers = ", ".join(f"{-number:.4g}" for number in right)
    assert CAUSES["target-minus-prediction"].message.split()[0] in shown
    assert f"with the mistake in dL/da2  [{numbers}]" in shown.replace("−", "-")


@pytest.mark.parametrize(
    ("code", "places"),
    [
        ("rounded-early", {"all equations"}),
        ("elements-permuted", {""}),
        ("wrong-layer", {""}),  # nor the zeros that z2 gives there, which nobody is told anything about
        ("time-steps-not-summed", {"L", "dL/dW_hh"}),
    ],
)
def test_an_example_says_where_a_mistake_is_made_and_has_no_zeros_alone(code: str, places: set[str]) -> None:
    wrong = json.loads(call("causes", code, "--format", "json").output)["example"]["wrong"]
    assert {one["at"] for one in wrong[:3]} == places
    assert all("[[0.0, 0.0]" not in str(one["value"]) and str(one["value"]) != "[0.0, 0.0, 0.0]" for one in wrong)
    shown = call("causes", code).output
    assert all(f"with the mistake in {place or 'the answer'}  " in shown for place in places)


def test_all_mistakes_are_told_to_programs() -> None:
    found = json.loads(call("causes", "--format", "json").output)
    assert [(one["code"], one["message"]) for one in found] == sorted((c, m.message) for c, m in CAUSES.items())


@pytest.mark.parametrize(
    ("code", "help"), [("transposd", "did you mean 'transposed'?"), ("qqqq", "nnsolve causes lists the codes")]
)
def test_a_misspelt_code_is_an_error_with_a_help(code: str, help: str) -> None:
    result = call("causes", code)
    assert result.exit_code == 2
    assert f"There is no mistake '{code}'; {help}" in result.output


def test_codes_are_completed() -> None:
    found = ShellComplete(main, {}, "nnsolve", "_NNSOLVE_COMPLETE").get_completions(["causes"], "betas")
    assert [item.value for item in found] == ["betas-exchanged"]
