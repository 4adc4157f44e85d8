"""What is known of an activation beside its value: everything here can be evaluated, and the tests do.

Expressions are in the equation language, over the operation's argument, its options and `out`, its value. So is what
stands between backticks in a sentence, where the value is a.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """What a function is in one case, where it is defined in pieces: `where` is `x > 0`, `abs(e) <= delta` or none."""

    expr: str
    where: str


class Step(NamedTuple):
    """One step of a derivation: an expression that is equal to the one before, and why."""

    expr: str
    why: str


class Facts(NamedTuple):
    """Where an activation's values lie, what it tends to, and how its derivative is found.

    `range` is an interval, `(0, 1)` or `[0, inf)`, or a set, `{0, 1}`; that of a function of vectors holds for every
    element. `limits` are those of the value, `slopes` those of the derivative, at minus and at plus infinity; in a
    function of vectors of an element, as its own argument goes there. A function that falls somewhere has its least
    value at `lowest`. `identities` are equations that hold for every x.

    The `derivation` begins at the definition and ends with the derivative that the engine uses, which is not repeated
    here: `result` says how the last step leads to it. What is defined in `cases` is differentiated in each of them.
    """

    range: str
    limits: tuple[str, str]
    slopes: tuple[str, str]
    identities: tuple[str, ...] = ()
    lowest: float | None = None
    cases: tuple[Case, ...] = ()
    derivation: tuple[Step, ...] = ()
    result: str = ""
