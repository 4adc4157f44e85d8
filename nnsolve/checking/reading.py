"""What one answer says of the mistakes that it may come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nnsolve.checking.evidence import MOST_SLIPS, NOTHING, Evidence, Matches
from nnsolve.checking.explanations import ACCUSED
from nnsolve.checking.mistakes.mistake import Slip, SlipName
from nnsolve.checking.model import Given


class Reading(NamedTuple):
    """What an answer says: whether it is right, the slips that give just what is `written`, what it agrees with.

    An answer that is right within its tolerance may still have the digits of a slip.
    """

    is_right: bool
    written: Mapping[SlipName, Slip]
    matches: Matches


SAYS_NOTHING = Reading(False, {}, NOTHING)


def allowed_slips(given: Given) -> int:
    """So many elements of a large answer may be slips of the pen."""
    return min(len(given.claims) // 8, MOST_SLIPS)


def read(evidence: Evidence, given: Given, *, copies: bool = False) -> Reading:
    """What an answer says by the wrong values of its question."""
    matches = agreeing(evidence, given, copies=copies)
    if not evidence.is_right(given):
        return Reading(False, {}, matches)
    near = [entry for entry, crowd in zip(matches.entries, matches.crowd, strict=True) if crowd <= ACCUSED]
    slips = [made[0] for i in near for made in evidence.table.entries[i].combinations if len(made) == 1]
    return Reading(True, {slip.name: slip for slip in (*evidence.written_as(given), *slips)}, matches)


def agreeing(evidence: Evidence, given: Given, *, copies: bool = False) -> Matches:
    """What agrees with an answer; of a large one a few elements may be slips of the pen."""
    slips = allowed_slips(given)
    exact = evidence.matches(given, copies=copies)
    if not slips or any(chance <= ACCUSED for chance in exact.crowd):
        return exact
    loose = evidence.matches(given, slips)
    return loose if any(chance <= ACCUSED for chance in loose.crowd) else exact
