"""Every activation, loss, layer, optimizer and schedule has a page with all its parts, at every width."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from nnsolve.blocks import LAYERS, LOSSES, OPTIMIZERS, SCHEDULES
from nnsolve.ops import REGISTRY
from nnsolve.report.boxes import width
from nnsolve.report.explain.layers import layer_example
from nnsolve.report.explain.page import Equation, Example, Fact, Page, Picture
from nnsolve.report.explain.text import text_report
from nnsolve.report.explain.topics import KINDS, pages, topics
from nnsolve.report.explain.typeset import document
from nnsolve.report.style import Style
from nnsolve.report.typeset.document import Paragraph

PARTS = {
    "activation": ["Formula", "Properties", "Derivative", "Picture", "A number", "Source"],
    "loss": ["Formula", "Properties", "Gradient", "Picture", "A number", "Source"],
    "layer": ["Equations", "Properties", "Parameters", "An example", "Source"],
    "optimizer": ["Equations of an update", "Properties", "Hyperparameters", "The first 2 updates", "Source"],
    "schedule": ["Equations of an update", "Options", "Picture", "The first 2 updates", "Source"],
}


def page(topic: str, kind: str = "", style: Style | None = None) -> Page:
    return next(found for found in pages(topic, style or Style(80)) if kind in ("", found.kind))


def text(topic: str, cells: int = 80, unicode: bool = True) -> str:
    style = Style(cells, unicode)
    return str(text_report(pages(topic, style), style))


def test_everything_in_the_registries_is_a_topic() -> None:
    found = {kind.title: set(kind.entries) for kind in KINDS}
    assert found == {
        "Activations": {name for name, operation in REGISTRY.items() if operation.activation},
        "Losses": set(LOSSES),
        "Layers": set(LAYERS),
        "Optimizers": set(OPTIMIZERS),
        "Learning-rate schedules": set(SCHEDULES),
    }


@pytest.mark.parametrize("topic", topics())
def test_a_page_has_all_its_parts(topic: str) -> None:
    for found in pages(topic, Style(80)):
        headings = [part.heading for part in found.parts]
        assert [heading for heading in PARTS[found.kind] if heading not in headings] == []
        assert all(part.items for part in found.parts)
        items = [item for part in found.parts for item in part.items]
        kinds = {type(item) for item in items}
        assert {Equation, Fact, Example} <= kinds
        assert Picture in kinds or found.kind in ("layer", "optimizer")


@pytest.mark.parametrize("detail", ["steps", "full"])
@pytest.mark.parametrize("topic", topics())
def test_no_number_of_an_example_is_a_rounding_error(topic: str, detail: str) -> None:
    """Where 0 comes out by hand, 0 is shown: the examples have numbers of which that is so."""
    for found in pages(topic, Style(80, detail=detail)):
        items = [item for part in found.parts for item in part.items if isinstance(item, Example)]
        values = [step.value for item in items for section in item.sections for step in section.trace.steps]
        assert values
        for value in values:
            assert not np.any((value != 0) & (np.abs(value) < 1e-12)), value


@pytest.mark.parametrize("topic", topics())
def test_a_page_fits_the_width_and_ascii(topic: str) -> None:
    for cells in (40, 60, 80, 120):
        for line in text(topic, cells).splitlines():
            assert width(line) <= cells, line
    plain = text(topic, 80, unicode=False)
    assert plain.isascii() and "?" not in plain.replace("changes?", "")


def test_what_has_a_source_names_it() -> None:
    for kind in KINDS:
        for name in kind.entries:
            assert kind.entries[name].source, name


@pytest.mark.parametrize(
    ("topic", "head", "plain"),
    [
        ("momentum", "v ← μ v − η g, W ← W + v;", "v <- mu v - eta g, W <- W + v;"),
        ("adam", "m̂ = m / (1 − β₁^t), v̂ =", "m_hat = m / (1 - beta1^t), v_hat ="),
        ("rnn", "zₜ = Wₕₕ hₜ₋₁ + Wₓₕ xₜ + b,", "z_t = W_hh h_{t-1} + W_xh x_t + b,"),
        ("softmax", "e^xᵢ / Σⱼ e^xⱼ along", "e^x_i / sum_j e^x_j along"),
        ("sign", "−1 where x < 0, 1 where x > 0;", "-1 where x < 0, 1 where x > 0;"),
        ("sign", "(sign_at_zero: −1, 0 or 1)", "(sign_at_zero: -1, 0 or 1)"),
        ("multiclass_hinge", "y one-hot", "y one-hot"),
    ],
)
def test_the_head_of_a_page_has_the_signs_of_its_formulas(topic: str, head: str, plain: str) -> None:
    assert head in text(topic, 300) and head in "".join(typeset_texts(topic))
    assert plain in text(topic, 300, unicode=False)


def typeset_texts(topic: str) -> Iterator[str]:
    """The sentences of a typeset page."""
    for block in document(pages(topic, Style(80)), Style(80)).blocks:
        if isinstance(block, Paragraph):
            yield from (part for part in block.text if isinstance(part, str))


@pytest.mark.parametrize("topic", ["rnn", "gru", "lstm"])
def test_the_state_of_a_recurrent_layer_lies_where_its_page_says(topic: str) -> None:
    assert "between −1 and 1, and never one of these" in " ".join(text(topic).split())
    steps = layer_example(LAYERS[topic], 12).sections[0].trace.steps
    values = np.concatenate([s.value.ravel() for s in steps if s.phase == "forward" and s.name.stem == "h"])
    assert values.size >= 24 and np.all(np.abs(values) < 1)


def test_the_sigmoid_as_the_notebooks_ask_for_it() -> None:
    """Range, the three cases, and the derivation in steps up to a (1 - a)."""
    found = text("sigmoid")
    for line in (
        "    a = σ(x) = 1 / (1 + exp(−x))",
        "  range        between 0 and 1, and never one of these",
        "  x to −∞      a goes to 0, ∂a/∂x to 0",
        "  x to ∞       a goes to 1, ∂a/∂x to 0",
        "  at 0         a = 0.5, ∂a/∂x = 0.25",
        "    ∂a/∂x = exp(−x) / (1 + exp(−x))²",
        "    ∂a/∂x = a · (1 − a)",
    ):
        assert line in found.splitlines()


def test_tanh_as_the_notebooks_ask_for_it() -> None:
    found = text("tanh").splitlines()
    assert "    ∂a/∂x = 1 − a²" in found
    assert "  at 0         a = 0, ∂a/∂x = 1" in found
    assert "    ∂a/∂x = 1 − (exp(x) − exp(−x))² / (exp(x) + exp(−x))²" in found


def test_the_axis_of_probabilities_has_marks() -> None:
    for topic in ("cross_entropy", "binary_cross_entropy"):
        assert any(line.split() == ["0.25", "0.5", "0.75", "a₁"] for line in text(topic).splitlines())
        assert " a_1\n" in text(topic, unicode=False)


def test_a_kink_is_said() -> None:
    assert "∂a/∂x jumps from 0 to 1, and is taken as 0" in text("relu")
    assert "jumps" not in text("elu")


def test_a_layer_is_shown_at_any_time_step() -> None:
    assert "    zₜ = Wₕₕ hₜ₋₁ + Wₓₕ xₜ + b" in text("rnn").splitlines()
    assert "    z_t = W_hh @ h_{t-1} + W_xh @ x_t + b" in text("rnn", unicode=False).splitlines()


@pytest.mark.parametrize(
    ("topic", "equations", "forms"),
    [
        (
            "gru",
            {
                "zr_t = W_rh @ h_{t-1} + W_rx @ x_t + b_r",
                "zu_t = W_uh @ h_{t-1} + W_ux @ x_t + b_u",
                "zg_t = W_gh @ (r_t * h_{t-1}) + W_gx @ x_t + b_g",
                "h_t = (1 - u_t) * h_{t-1} + u_t * g_t",
            },
            ("reset: after", "update: keeps"),
        ),
        (
            "lstm",
            {
                "zf_t = W_fh @ h_{t-1} + W_fx @ x_t + b_f",
                "zi_t = W_ih @ h_{t-1} + W_ix @ x_t + b_i",
                "zo_t = W_oh @ h_{t-1} + W_ox @ x_t + b_o",
                "zg_t = W_gh @ h_{t-1} + W_gx @ x_t + b_g",
                "c_t = f_t * c_{t-1} + i_t * g_t",
            },
            ("peepholes", "share"),
        ),
    ],
)
def test_a_gated_layer_is_shown_in_its_plain_form(topic: str, equations: set[str], forms: tuple[str, ...]) -> None:
    """Each gate has a bias of its own, and nothing else; other forms are named below."""
    found = text(topic, 120, unicode=False)
    part = found[found.index("Equations") : found.index("Parameters")]
    assert equations <= {" ".join(line.split()) for line in part.splitlines()}
    assert all(form in part for form in forms)


def test_the_names_of_a_page_are_all_written_in_one_manner() -> None:
    """Unicode has no lowered g and f: where a weight needs one, the others are not lowered either."""
    for topic in ("gru", "lstm"):
        found = text(topic)
        assert "W_gh" in found and "Wᵣ" not in found and "Wᵢ" not in found and "bᵣ" not in found
    assert "Wₓₕ xₜ" in text("rnn")


def test_the_gradients_of_a_recurrent_layer_are_those_of_any_step() -> None:
    """As in the textbooks: what comes back from step t + 1, and the sum over all steps for each parameter."""
    lines = text("lstm", 120).splitlines()
    for line in (
        "    ∂L/∂cₜ   = ∂L/∂hₜ ⊙ oₜ ⊙ (1 − tanh(cₜ)²) + ∂L/∂cₜ₊₁ ⊙ fₜ₊₁",
        "    ∂L/∂zfₜ  = ∂L/∂fₜ ⊙ fₜ ⊙ (1 − fₜ)",
        "    ∂L/∂W_fh = Σₜ ∂L/∂zfₜ hₜ₋₁ᵀ",
        "    ∂L/∂b_f  = Σₜ ∂L/∂zfₜ",
    ):
        assert line in lines
    assert "    ∂L/∂hₜ  = Wₕₕᵀ ∂L/∂zₜ₊₁ + hₜ" in text("rnn").splitlines()
    assert "    dL/dW_hh = sum_t dL/dz_t @ h_{t-1}.T" in text("rnn", unicode=False).splitlines()


def test_a_recurrent_layer_is_worked_out_backwards_where_all_details_are_wanted() -> None:
    for topic in ("rnn", "gru", "lstm"):
        short = text(topic)
        full = str(text_report(pages(topic, Style(80, detail="full")), Style(80, detail="full")))
        assert "Backward pass" not in short and "Summed over time" in full
        assert len(short.splitlines()) < 190 < len(full.splitlines())


def test_what_has_no_parameters_shows_the_gradient_of_its_input() -> None:
    assert "  ∂L/∂x₃ = ⅓ ∂L/∂p" in text("pooling")


@pytest.mark.parametrize("topic", ["momentum", "nesterov", "adam", "adamw", "step"])
def test_the_equations_of_an_update_are_those_of_every_update(topic: str) -> None:
    for unicode, rule in ((True, "━"), (False, "=====")):
        found = text(topic, unicode=unicode)
        part = found[found.index("Equations of an update") :].partition(f"{rule}\n")[2].partition(rule)[0]
        assert "W" in part and "@" not in part
        assert f"    W {'←' if unicode else '<-'} W" in re.sub(" +(?=<-|←)", " ", part)


def test_a_loss_in_pieces_is_shown_case_by_case() -> None:
    found = text("huber").splitlines()
    assert "    L        = Σ(huber(a − y))" in found
    assert "    huber(e) = ½ e²              where |e| ≤ δ" in found
    assert "             = δ · (|e| − ½ δ)   where |e| > δ" in found
    assert "    ∂L/∂a = clip(a − y, −δ, δ)" in found
    assert "a = [0.5, −1, 2], y = [1, −1, 0.5], δ = 1: what if the first element of a" in found


def test_the_updates_of_an_optimizer() -> None:
    found = text("adam").splitlines()
    assert "    W   ← W − η · m̂_W / (√v̂_W + ε)" in found
    assert "  learning_rate  η, 0.001 if it is not said" in found


@pytest.mark.parametrize(
    ("topic", "rate"),
    [
        ("step", "eta * factor^floor(t / every)"),
        ("exponential", "eta * factor^t"),
        ("cosine", "lowest + 1/2 * (eta - lowest) * (1 + cos(pi * min(t, over) / over))"),
    ],
)
def test_the_rate_of_a_schedule_is_shown_with_its_options(topic: str, rate: str) -> None:
    """The equation has the options as symbols, the worked updates the example's numbers."""
    assert any(line.split(" = ")[-1] == rate for line in text(topic, 120, unicode=False).splitlines())


def test_a_name_of_two_kinds_has_two_pages() -> None:
    assert [found.kind for found in pages("step", Style(80))] == ["activation", "schedule"]
    assert page("step", "schedule").summary == SCHEDULES["step"].doc


@pytest.mark.parametrize("topic", ["sigmoid", "tanh", "softmax", "gelu_tanh", "silu"])
def test_the_worked_number_is_that_of_the_definition(topic: str) -> None:
    """The forward pass is shown through the definition, and comes to what the activation gives."""
    part = next(part for part in page(topic).parts if part.heading == "A number")
    (example,) = part.items
    assert isinstance(example, Example)
    section = example.sections[0]
    (step,) = [step for step in section.trace.steps if str(step.name) == "a"]
    assert step.equation is not None and topic not in str(step.equation.expr)
    answer = next(answer for answer in section.answers if answer.id == "a")
    np.testing.assert_allclose(step.value.ravel(), np.ravel(answer.value), rtol=1e-14)
