"""Names as a textbook writes them: `hbar1` as h̄¹, `y_hat` as ŷ, `eta` as η, `dL/dW2` as ∂L/∂W₂."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import NamedTuple

from nnsolve.core.names import Name

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lam": "λ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ",
    "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω", "ell": "ℓ",
}  # fmt: skip
ACCENTS = {"bar": "\u0304", "hat": "\u0302", "tilde": "\u0303", "dot": "\u0307"}
SUPERSCRIPTS = dict(zip("0123456789+-()nijkt", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱʲᵏᵗ", strict=True))
SUBSCRIPTS = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))

_ROUND = str.maketrans("[]", "()")
"""Unicode has no raised square brackets."""

RUNNING = ("t-1", "t", "t+1")
"""A time step that stands for all of them, and those beside it: they are lowered as numbers are."""

_ATTACHED = re.compile(r"(\D+?)(\d+)")


def superscript(text: str) -> str | None:
    """The text raised, if Unicode can."""
    raised = [SUPERSCRIPTS.get(character) for character in text]
    return None if None in raised else "".join(filter(None, raised))


def subscript(text: str) -> str | None:
    """The text lowered, if Unicode can."""
    lowered = [SUBSCRIPTS.get(character) for character in text]
    return None if None in lowered else "".join(filter(None, lowered))


class Symbol:
    """A name as shown: its glyphs, and whether a transpose or a power needs parentheses around them."""

    __slots__ = ("fenced", "text")

    def __init__(self, text: str, fenced: bool) -> None:
        self.text = text
        self.fenced = fenced


class Writing(NamedTuple):
    """How the names of a problem are written: where layer numbers stand, and whether letters are lowered.

    Unicode has no lowered f or g: where one of the names needs it (W_f), the others keep their letters too (W_i).
    The numbers behind `counted` letters are those of no layer (β₁, x₂): they stand below wherever layer numbers do.
    """

    layer_numbers: str = "subscript"
    lowered: bool = True
    counted: frozenset[str] = frozenset()


PLAIN = Writing()


@functools.lru_cache(maxsize=4096)
def symbol(name: Name, writing: Writing = PLAIN, moment: int = 0, kind: str = "") -> Symbol:
    """A name as shown in a part of the report that is about what follows `moment` updates.

    There `W1@1` is just W₁: the heading says so, and the address stands beside it. Any other moment is written out.
    `kind` tells apart what is no single value: the `share` of one time step in a gradient, ∂L/∂W|ₜ₌₂, a `whole`
    sequence, and its value at `any` step t.
    """
    if kind == "share":
        text, raised = quantity(name._replace(time=None), writing)
    else:
        text, raised = quantity(name, writing, kind)
    if name.of is not None:
        text, raised = f"∂{quantity(name.of, writing, kind if kind == 'any' else '')[0]}/∂{text}", True
    if kind == "share":
        text += f"|ₜ₌{subscript(str(name.time))}"
    if name.moment and (name.epoch is not None or name.update != moment):
        return Symbol(text + name.moment, True)
    return Symbol(text, raised)


@functools.lru_cache(maxsize=4096)
def quantity(name: Name, writing: Writing, kind: str = "") -> tuple[str, bool]:
    """Stem, layer, gate and time of a name; whether something is raised."""
    if owned := owner(name):
        inner, raised_inside = quantity(owned[1], writing, kind)
        return f"{stem(owned[0])[0]}_{inner}", raised_inside
    letter, above, lowered, step = placed(name, writing, kind)
    raised = superscript(above.translate(_ROUND)) or ""
    return letter + raised + _below(lowered, subscript(step) or "", writing), bool(raised)


class Placed(NamedTuple):
    """A letter, and what stands at its upper and at its lower right."""

    letter: str
    raised: str
    lowered: list[str]
    step: str


def placed(name: Name, writing: Writing, kind: str = "") -> Placed:
    """Where the parts of a name stand.

    Beside a time step or a gate a layer number is raised, in parentheses: h⁽¹⁾₃ is neither h₁,₃ nor a cube.
    """
    letter, number, lowered = stem(name.stem)
    layer = number if name.layer is None else f"{number}{name.layer}"
    if name.layer is None and letter in writing.counted:
        lowered, layer = [number, *lowered] if number else lowered, ""
    several = name.layer is not None and (name.gate or name.time is not None or kind == "whole")
    raised = ""
    if layer and writing.layer_numbers == "brackets":
        raised = f"[{layer}]"
    elif layer and several:
        raised = f"({layer})"
    elif layer and writing.layer_numbers == "subscript":
        lowered = [layer, *lowered]
    elif layer:
        raised = layer
    lowered += [name.gate] if name.gate else []
    return Placed(letter, raised, lowered, "" if name.time is None else "t" if kind == "any" else str(name.time))


def owner(name: Name) -> tuple[str, Name] | None:
    """What belongs to a parameter (m_W, m_hat_b1), and the name of that; None for any other name."""
    head, rest = _owned(name)
    return (head, name._replace(stem=rest)) if head else None


def _owned(name: Name) -> tuple[str, str]:
    """What belongs to a parameter (m_W, m_hat_b1), and the parameter's stem; no head for any other name."""
    head, _, rest = name.stem.rpartition("_")
    layered = name.layer is not None and rest not in ACCENTS  # m_b1, not m_1,b: the number belongs to what it follows
    return (head, rest) if head and rest and (rest[0].isupper() or layered) else ("", "")


def _below(parts: list[str], step: str, writing: Writing) -> str:
    """What stands below the line, the lowered time step last: zᵢ,₃, or z_f₃ where letters cannot be lowered."""
    below = [subscript(part) if writing.lowered or part.isdigit() or part in RUNNING else None for part in parts]
    if None in below:
        return "".join(f"_{_numbered(part)}" for part in parts) + step
    return ",".join(part for part in (*below, step) if part)


def can_be_lowered(name: Name) -> bool:
    """Whether Unicode has every letter that a name lowers."""
    parts = [] if _owned(name)[0] else stem(name.stem)[2]
    return all(subscript(part) is not None for part in (*parts, name.gate))


def _numbered(text: str) -> str:
    """What cannot be lowered itself, with the number behind it lowered: m_w₁."""
    found = _ATTACHED.fullmatch(text)
    return f"{found[1]}{subscript(found[2])}" if found else text


def stem(text: str) -> tuple[str, str, list[str]]:
    """The letter of a stem, the number that stands right behind it, and what underscores lower."""
    head, *lowered = text.split("_")
    if not head:
        return text, "", []
    number = ""
    if found := _ATTACHED.fullmatch(head):
        head, number = found[1], found[2]
    letter = GREEK.get(head)
    if letter is None:
        for word, accent in ACCENTS.items():
            base = head.removesuffix(word)
            if base != head and (len(base) == 1 or base in GREEK):
                letter = _accented(GREEK.get(base, base), accent)
                break
        else:
            letter = head
    if len(letter) == 1 and lowered and lowered[0] in ACCENTS:
        letter = _accented(letter, ACCENTS[lowered.pop(0)])
    return letter, number, [GREEK.get(part, part) for part in lowered if part]


def _accented(letter: str, accent: str) -> str:
    return unicodedata.normalize("NFC", letter + accent)
