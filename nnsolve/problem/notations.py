"""Lists in the notation of other languages: not accepted, but recognised, so that a help can say what to write."""

from __future__ import annotations

import re

MAX_LENGTH = 400

_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?:/[0-9]+)?"
_is_several = re.compile(rf"{_NUMBER}(?:\s+{_NUMBER})+").fullmatch
_are_rows = re.compile(rf"(?:[\s,;]*{_NUMBER}(?=[\s,;]|$))+[\s;]*").fullmatch
_are_listed = re.compile(rf"{_NUMBER}(?:\s*,\s*{_NUMBER})+").fullmatch
_WITH_COMMA = r"[-+]?[0-9]+(?:,[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_are_with_commas = re.compile(rf"{_WITH_COMMA}(?:(?:\s*;\s*|,?\s+){_WITH_COMMA})+").fullmatch
_has_comma = re.compile("[0-9],[0-9]").search
_is_tuple = re.compile(r"\(([^()]*,[^()]*)\)").fullmatch
_is_array = re.compile(r"(?:\w+\.)?(?:array|asarray|matrix|tensor|Tensor|FloatTensor)\((.*)\)", re.DOTALL).fullmatch
_gap = re.compile(r"(?<=[\w).])\s+(?=[-+][\w.(])")  # `2*pi -1`: the sign belongs to what follows


def as_list(text: str) -> str | None:
    """The YAML list that a text in another notation means, None where it is no such notation.

    `1 -1` and `0.5; -1` (Matlab, or a comma was forgotten), `(0.5, -1)` and `np.array([0.5, -1])` (Python).
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        return None
    if found := _is_array(text):
        inner = found[1].strip()
        return inner if inner.startswith("[") and inner.endswith("]") else as_list(inner)
    if found := _is_tuple(text):
        return f"[{found[1].strip().rstrip(',')}]"
    if ";" in text and _are_rows(text):
        rows = [", ".join(row.replace(",", " ").split()) for row in text.split(";") if row.strip()]
        nested = any("," in row for row in rows)
        return f"[{', '.join(f'[{row}]' if nested else row for row in rows)}]"
    separated = with_commas(text)
    return f"[{separated}]" if separated else None


def with_points(text: str) -> str | None:
    """The YAML list that numbers with decimal commas mean: `0,5; 1,25` and `0,5 1,25`; None for anything else."""
    text = text.strip().replace("−", "-")
    if len(text) > MAX_LENGTH or not _has_comma(text) or not _are_with_commas(text):
        return None
    numbers = [number.strip(",").replace(",", ".") for number in re.split(r"[;\s]+", text)]
    return f"[{', '.join(numbers)}]"


def listed(text: str) -> str | None:
    """The YAML list that numbers between commas mean, in quotes or without brackets: `0.5, 1.25`, `"[0.5, 1.25]"`."""
    text = text.strip().replace("−", "-")
    if len(text) > MAX_LENGTH:
        return None
    if text.startswith("[") and text.endswith("]"):
        return text
    return f"[{', '.join(number.strip() for number in text.split(','))}]" if _are_listed(text) else None


def with_commas(text: str) -> str | None:
    """Numbers between blanks with commas between them, None where there is one alone, or something else."""
    if _is_several(text.strip()):
        return ", ".join(text.split())
    return _gap.sub(", ", text.strip()) if _gap.search(text) else None


def as_sum(text: str) -> str | None:
    """`1 -1` as one number, with blanks on both sides of its signs; None where there are none."""
    return re.sub(r"(?<=[\w).])\s+([-+])(?=[\w.(])", r" \1 ", text) if _gap.search(text) else None
