"""Answer files as text: blank, or filled in with the solution."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from nnsolve.checking.claims import nested
from nnsolve.checking.judge import spelled
from nnsolve.report.style import clean

if TYPE_CHECKING:
    from nnsolve.checking.key import Key, Target

_is_plain = re.compile(r"[A-Za-z_][\w./@^()-]*").fullmatch
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


def answer_file(key: Key, file: str, *, blank: bool) -> str:
    """An answer file for a problem: an entry for each ask, with its question and shape as a comment where blank."""
    stem = os.path.splitext(file)[0]
    lines = [f"problem: {_quoted(stem)}", f"student:{'' if blank else ' key'}", "answers:"]
    for target in key.targets.values():
        if blank:
            lines += _blank(target)
        else:
            texts = nested([spelled(bound) for bound in target.bounds], target.shape)
            lines.append(f"  {_quoted(target.id)}: {_flow(texts)}")
    return "\n".join(lines) + "\n"


def _blank(target: Target) -> list[str]:
    question = target.options.get("text")
    lines = [f"  # {clean(question)}"] if question else []
    of = clean(target.of)
    name = f"{of}, " if target.id not in (of, f"{target.section}.{of}") else ""
    return [*lines, f"  {_quoted(target.id)}:    # {name}{_asked(target)}"]


def _asked(target: Target) -> str:
    shape = target.shape
    if not shape:
        what = "a number"
    elif len(shape) == 1:
        what = f"{shape[0]} numbers: [...]" if shape[0] > 1 else "1 number: [...]"
    else:
        what = f"{'x'.join(map(str, shape))} numbers, a list for each row: [[...], ...]"
    options = target.options
    if "decimals" in options:
        what += f", to {options['decimals']} decimals"
    elif "significant" in options:
        what += f", to {options['significant']} significant digits"
    return f"{what}, or in percent: 4.7 %" if options.get("percent") else what


def _quoted(text: str) -> str:
    """A text as YAML: quoted where it could be read as something else."""
    return text if _is_plain(text) and text.lower() not in _WORDS else json.dumps(text, ensure_ascii=False)


def _flow(texts: object) -> str:
    return f"[{', '.join(map(_flow, texts))}]" if isinstance(texts, tuple) else str(texts)
