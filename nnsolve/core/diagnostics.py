"""Diagnostics: what is wrong, where, what was found and expected, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple


class Place(NamedTuple):
    """A position in a file; lines and columns count from 1 (0: the file as a whole)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        file = self.file if self.file.isprintable() else repr(self.file)[1:-1]  # a name may hold a line break
        return f"{file}:{self.line}:{self.column}" if self.line else file

    def right(self, columns: int) -> Place:
        """The place `columns` further right on the same line."""
        return self._replace(column=self.column + columns) if self.line else self


class Diagnostic(NamedTuple):
    """One finding about a file.

    `code` is stable and in kebab-case (`shape-mismatch`); `message` says what was found and what was expected; `help`
    says what to do. `severity` is "error" or "warning".
    """

    code: str
    message: str
    place: Place | None = None
    help: str | None = None
    severity: str = "error"

    def __str__(self) -> str:
        where = f" {self.place}" if self.place else ""
        text = f"{self.severity}[{self.code}]{where}\n  {self.message}"
        return f"{text}\n  help: {self.help}" if self.help else text


class ProblemError(Exception):
    """A file cannot be used; carries every finding about it, in the order of the file."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = sorted(diagnostics, key=lambda d: (d.place or Place(""))[:3])
        super().__init__("\n".join(str(d) for d in self.diagnostics))

    @classmethod
    def of(cls, code: str, message: str, place: Place | None = None, help: str | None = None) -> ProblemError:
        """An error with a single finding."""
        return cls([Diagnostic(code, message, place, help)])


class Findings:
    """Collects diagnostics, so that all problems of a file are reported at once.

    Used as a context manager it swallows a `ProblemError` and keeps its findings: the work goes on with the next item.
    """

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []

    def error(self, code: str, message: str, place: Place | None = None, help: str | None = None) -> None:
        self.diagnostics.append(Diagnostic(code, message, place, help))

    def warning(self, code: str, message: str, place: Place | None = None, help: str | None = None) -> None:
        self.diagnostics.append(Diagnostic(code, message, place, help, "warning"))

    def __enter__(self) -> Findings:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if isinstance(error, ProblemError):
            self.diagnostics.extend(error.diagnostics)
            return True
        return False

    @property
    def errors(self) -> list[Diagnostic]:
        return [d for d in self.diagnostics if d.severity == "error"]

    def raise_errors(self) -> None:
        """Raise all findings together if one of them is an error."""
        if self.errors:
            raise ProblemError(self.diagnostics)


ABBREVIATIONS = {
    "mse": ("mean_squared_error", "half_squared_error", "squared_error"),
    "sse": ("squared_error",),
    "rss": ("squared_error",),
    "l2": ("l2_norm", "squared_error"),
    "l1": ("absolute_error",),
    "mae": ("absolute_error",),
    "bce": ("binary_cross_entropy",),
    "ce": ("cross_entropy",),
    "nll": ("cross_entropy", "binary_cross_entropy"),
    "xent": ("cross_entropy",),
    "log_loss": ("binary_cross_entropy", "cross_entropy"),
    "lr": ("learning_rate",),
    "eta": ("learning_rate",),
    "alpha": ("learning_rate",),
    "rate": ("learning_rate",),
    "batch": ("batch_size",),
    "bs": ("batch_size",),
    "iterations": ("steps", "epochs"),
    "gd": ("sgd",),
    "gradient_descent": ("sgd",),
    "logistic": ("sigmoid",),
    "linear": ("identity", "dense"),
}
"""What other programs and courses call things; only proposed, never accepted: half of them mean two things."""


MOST_COMPARED = 200
"""Words that a misspelt one is compared with: each takes a few microseconds, and a file may have thousands of both."""


def listed(words: Sequence[str], conjunction: str = "and") -> str:
    """Words within a sentence: a, b and c."""
    return f" {conjunction} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A help line that names the nearest known word, or None where none is near."""
    import difflib  # only where there is a mistake to explain

    words = list(known)
    meant = [w for w in ABBREVIATIONS.get(word.lower(), ()) if w in words]
    if meant:
        return f"did you mean {' or '.join(map(repr, meant))}?"
    if len(words) > MOST_COMPARED:
        words = list(islice((w for w in words if abs(len(w) - len(word)) <= 1), MOST_COMPARED))
    near = difflib.get_close_matches(word[:100], words, n=1, cutoff=0.6)
    if not near:
        near = [w for w in words if w.lower() == word.lower()]
    return f"did you mean {near[0]!r}?" if near else None
