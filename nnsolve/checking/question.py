"""What an answer is to, and how far into a run that is."""

from __future__ import annotations

from typing import NamedTuple

from nnsolve.checking.mistakes.table import Mistaken
from nnsolve.engine.solve import Asked


class Question(NamedTuple):
    """What an answer is to: an ask of a section, or any address in it.

    What is late, after many updates, is not known for all mistakes; `begin` is the number of updates where it starts.
    `work` is what it takes to make mistakes in what is not asked.
    """

    section: str
    mistaken: Mistaken
    item: Asked
    is_late: bool
    begin: float
    is_asked: bool
    work: float

    @classmethod
    def of(cls, section: str, mistaken: Mistaken, item: Asked) -> Question:
        """What an answer to a value of a section is to."""
        is_late = not mistaken.scene.near(item)
        scene = mistaken.scene
        is_asked = any(item is other for other in scene.asked)
        begin = scene.begin(item) if is_late else 0
        return cls(section, mistaken, item, is_late, begin, is_asked, 0 if is_asked else mistaken.work(item))
