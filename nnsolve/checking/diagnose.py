"""Which mistakes explain wrong answers: only those whose digits agree better than coincidence could."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from weakref import WeakKeyDictionary

from nnsolve.checking.carried import Rerun, Reruns
from nnsolve.checking.evidence import Evidence
from nnsolve.checking.explanations import ACCUSED, NAMED, Clues, Found, explained, fewest, roughly, said, seeds, singly
from nnsolve.checking.key import Key, Target
from nnsolve.checking.mistakes.late import Early
from nnsolve.checking.mistakes.mistake import Combination, Slip, SlipName
from nnsolve.checking.model import AnswerFile, Cause, Diagnosed, Given, Item
from nnsolve.checking.onward import Onward
from nnsolve.checking.patterns import Explained, Look, Pattern, Patterns, has_digits
from nnsolve.checking.reading import SAYS_NOTHING, Reading, agreeing, allowed_slips, read
from nnsolve.checking.slips import cause_of, grouped
from nnsolve.checking.tables import Tables
from nnsolve.core.expressions import Ref
from nnsolve.core.names import Name
from nnsolve.engine.solve import Solution
from nnsolve.problem.model import Problem

REMEMBERED = 10_000
"""Answers of which is remembered what they agree with."""

WORK = 30_000
"""Runs times updates that mistakes are made in for what is not asked, for the answers of one file."""

SHORT = 2_500
"""What takes more of it alone is not worked out from the student's own values with a mistake: that takes longer yet."""

FILES = 1000
"""Files of which is remembered what explains them."""


class Diagnosis:
    """The mistakes of a problem, worked out when they are first needed, then kept for every student."""

    def __init__(self, problem: Problem, solution: Solution | None = None) -> None:
        self.solution = solution or Solution(problem)
        self.tables = Tables(self.solution)
        self._onward: dict[str, Onward] = {}
        self._readings: dict[Hashable, Reading] = {}
        self._known: dict[Pattern, Explained] = {}
        self._denied: dict[tuple[str, ...], Set[SlipName]] = {}
        self._patterns = Patterns(self._is_silent)
        self.files: dict[Pattern, Diagnosed] = {}
        """What explains whole files: students who make the same mistake often have all in common."""

    def evidence(self, id: str) -> Evidence | None:
        """The wrong values of an ask (`part.id` in a part) or of any address; None where there is no such thing."""
        return self.tables.evidence(id)

    def _trained(
        self, id: str, given: Mapping[str, Given], found: Mapping[str, Sequence[Found]], seed: Slip | None = None
    ) -> Iterator[tuple[int, ...]]:
        """The runs that are trained for a late answer: those that explain best what the file says of earlier ones."""
        question = self.tables.question(id)
        if question is None or not question.is_late:
            yield ()
            return
        early: list[Early] = []
        read: set[str] = set()
        for other in given:
            before = self.tables.question(other)
            if before is None or before.section != question.section:
                continue
            if not before.is_late:
                early.append(self._early(other, given[other], found.get(other, ()), seed))
                continue
            read |= self._read_off(other, given[other])
            if before.mistaken.scene.updates_of(before.item) < question.begin and other in found:
                early.append(said(found[other], is_right=False))
        yield from question.mistaken.trained(question.item, early, read, seed)

    def _read_off(self, id: str, given: Given) -> set[str]:
        """The mistakes that give a late answer from the right training, as a bias does that was not updated."""
        evidence = self.evidence(id)
        assert evidence is not None
        matches = self._read((id, ()), evidence, given).matches
        near = [entry for entry, crowd in zip(matches.entries, matches.crowd, strict=True) if crowd <= ACCUSED]
        return {slip.code for i in near for made in evidence.table.entries[i].combinations for slip in made}

    def _is_late(self, id: str) -> bool:
        question = self.tables.question(id)
        return question is not None and question.is_late

    def _is_asked(self, id: str) -> bool:
        question = self.tables.question(id)
        return question is not None and question.is_asked

    def _when(self, id: str) -> float:
        """After how many updates a question comes; trainings go forward only."""
        question = self.tables.question(id)
        return 0 if question is None else question.begin

    def _early(self, id: str, given: Given, found: Sequence[Found], seed: Slip | None) -> Early:
        """What an answer says that no training is needed for."""
        evidence = self.evidence(id)
        assert evidence is not None
        reading = self._read((id, ()), evidence, given)
        found = found or [Found(evidence, reading.matches)]
        if seed is not None and (further := self.tables.with_others(id, seed)) is not None:
            found = [*found, Found(further, agreeing(further, given))]
        return said(found, reading.is_right)

    # What explains answers

    def explain(self, given: Mapping[str, Given], wrong: Collection[str]) -> dict[str, tuple[Cause, ...]]:
        """For each wrong answer the mistakes that would give it; none where that could be coincidence."""
        given = self.affordable(given)
        fitting = self.fitting(given, wrong, self.pattern(given, wrong))
        return {ask: _causes(combinations) for ask, combinations in fitting.items()}

    def fitting(
        self, given: Mapping[str, Given], wrong: Collection[str], pattern: Pattern
    ) -> dict[str, list[Combination]]:
        """For each wrong answer the combinations of mistakes that would give it, the best first.

        Other answers that are not right speak for a mistake, too; right ones that it would change, against it. Nothing
        explains zeros alone: they stand where nothing was worked out. Files of the same pattern have the same
        mistakes, as long as a second look at what is silent finds nothing either.
        """
        known = self._known.get(pattern)
        if known is None or self._tells(known.looks, given):
            known = self._explained(given, wrong)
            looks = [look for look in known.looks if look.ask in pattern.silent]
            if not self._tells(looks, given):
                if len(self._known) == REMEMBERED:
                    self._known.clear()
                self._known[pattern] = known._replace(looks=looks)
        return dict(known.fitting)

    def pattern(self, given: Mapping[str, Given], wrong: Collection[str]) -> Pattern:
        """What a file says."""
        return self._patterns.of(given, wrong)

    def _is_silent(self, ask: str, given: Mapping[str, Given]) -> bool:
        """Whether an answer agrees with nothing; what is late is compared with all the others in any case."""
        evidence, answer = self.evidence(ask), given[ask]
        if evidence is None or not any([claim[0] for claim in answer.claims]) or any(map(self._is_late, given)):
            return False
        return evidence.says_nothing(answer, allowed_slips(answer))

    def _tells(self, looks: Iterable[Look], given: Mapping[str, Given]) -> bool:
        """Whether a second look finds anything."""
        return any([self._further_agreeing(ask, seed, given, {}) for ask, seed in looks])

    def _explained(self, given: Mapping[str, Given], wrong: Collection[str]) -> Explained:
        """What explains each wrong answer, worked out."""
        found: dict[str, list[Found]] = {}
        late: list[str] = []
        right: list[str] = []
        written: dict[SlipName, list[Slip]] = {}
        for ask in sorted(given, key=self._when):
            if not any(claim.value for claim in given[ask].claims):
                continue
            if ask in wrong and self._is_late(ask):
                late.append(ask)
            elif ask in wrong:
                found |= self._agreeing(ask, given, found)
            elif (reading := self._look(ask, given[ask], found)) is not None:
                right.append(ask)
                for name, slip in reading.written.items():
                    written.setdefault(name, []).append(slip)
        clues = Clues(self._denied_by(tuple(right)), written, partial(self._stopped, right))
        if clues.denied:
            found = {ask: [one.knowing(clues.denied, given[ask]) for one in several] for ask, several in found.items()}
        result = explained(found, clues)
        unexplained = [ask for ask, several in result.items() if ask in wrong and not several and self._is_asked(ask)]
        has_more = False
        looks = [Look(ask, None) for ask in unexplained]
        for ask in unexplained:
            further = self._further_agreeing(ask, None, given, found)
            found[ask] += [one.knowing(clues.denied, given[ask]) for one in further]
            has_more = has_more or bool(further)
        for ask in late:
            found |= self._agreeing(ask, given, found)
            found[ask] = [one.knowing(clues.denied, given[ask]) for one in found.get(ask, ())]
        if has_more or late:
            result = explained(found, clues)
        pending = [ask for ask in sorted(wrong, key=self._when) if ask in found and not singly(result[ask])]
        has_more = False
        for seed in seeds(result.values(), clues) if pending else ():
            looks += [Look(ask, seed) for ask in pending]
            for ask in pending:
                further = self._further_agreeing(ask, seed, given, found)
                found[ask] += [one.knowing(clues.denied, given[ask]) for one in further]
                has_more = has_more or bool(further)
        if has_more:
            result = explained(found, clues)
        return Explained({ask: fewest(result.get(ask, ())) for ask in wrong}, looks)

    def affordable(self, given: Mapping[str, Given]) -> dict[str, Given]:
        """The answers, but for those to too much that is not asked: something else in each file."""
        kept: dict[str, Given] = {}
        left: float = WORK
        for ask, answer in given.items():
            question = self.tables.question(ask)
            work = question.work if question is not None else 0
            if work <= left:
                left -= work
                kept[ask] = answer
        return kept

    def onward(self, target: Target, given: Given, rerun: Rerun) -> list[Combination]:
        """The mistakes that would give a wrong answer from the student's own earlier ones."""
        onward = self._onward_of(target)
        return [] if onward is None else onward.explain(rerun, target, given)

    def seconds(
        self, target: Target, pairs: Sequence[Combination], known: Set[SlipName], rerun: Rerun
    ) -> list[Combination]:
        """Of two mistakes the second one, where the first is `known` by an earlier answer of the student's own."""
        onward = self._onward_of(target) if any(len(pair) == 2 for pair in pairs) else None
        after = frozenset[SlipName]() if onward is None else onward.made_after(rerun, target)
        found: dict[SlipName, Combination] = {}
        for first, second in [order for pair in pairs if len(pair) == 2 for order in (pair, pair[::-1])]:
            if second.name in after and first.name in known and first.name not in after:
                found[second.name] = (second,)
        return list(found.values())

    def _onward_of(self, target: Target) -> Onward | None:
        question = self.tables.question(target.id)
        if question is None or question.is_late or question.work > SHORT:
            return None
        if question.section not in self._onward:
            self._onward[question.section] = Onward(question.mistaken)
        return self._onward[question.section]

    def _agreeing(
        self, ask: str, given: Mapping[str, Given], before: Mapping[str, Sequence[Found]]
    ) -> dict[str, list[Found]]:
        """What agrees with a wrong answer; a parameter of few digits is a copy where others of the file have more."""
        found: dict[str, list[Found]] = {}
        copies = has_digits(given)
        for trained in self._trained(ask, given, before):
            evidence = self.tables.evidence(ask, trained)
            if evidence is not None:
                matches = self._read((ask, trained), evidence, given[ask], copies=copies).matches
                found[ask] = [Found(evidence, matches, copies)]
                if found[ask][0].is_explained:
                    break
        return found

    def _look(self, ask: str, answer: Given, found: dict[str, list[Found]]) -> Reading | None:
        """What an answer that nobody calls wrong says, if it is right; it may be right given an earlier wrong one."""
        question = self.tables.question(ask)
        evidence = None if question is None or question.is_late else self.evidence(ask)
        if evidence is None:
            return None
        reading = self._read((ask, ()), evidence, answer)
        if reading.is_right:
            return reading
        found[ask] = [Found(evidence, reading.matches)]
        return None

    def _denied_by(self, right: tuple[str, ...]) -> Set[SlipName]:
        """The slips that alone would have made a right answer wrong; most students have the same ones right."""
        if right not in self._denied:
            if len(self._denied) == FILES:
                self._denied.clear()
            evidences = [evidence for ask in right if (evidence := self.evidence(ask)) is not None]
            self._denied[right] = frozenset().union(*[evidence.changed_by() for evidence in evidences])
        return self._denied[right]

    def _stopped(self, right: Sequence[str], ask: str, combination: Combination) -> bool:
        """Whether one of some slips cannot have reached an answer: all on its way there that it changes is right."""
        question = self.tables.question(ask)
        return question is not None and any(
            slip.asked is None and not question.mistaken.scene.gets_past(slip, question.item, self._kept(right, slip))
            for slip in combination
        )

    def _kept(self, right: Sequence[str], slip: Slip) -> Set[Name]:
        """What is right that a slip would have changed."""
        kept: set[Name] = set()
        for ask in right:
            question, evidence = self.tables.question(ask), self.evidence(ask)
            if question is None or evidence is None or not isinstance(question.item.expr, Ref):
                continue
            if slip.name in evidence.changed_by():
                kept |= question.mistaken.scene.first(question.item) or set()
        return frozenset(kept)

    def _further_agreeing(
        self, ask: str, seed: Slip | None, given: Mapping[str, Given], before: Mapping[str, Sequence[Found]]
    ) -> list[Found]:
        """What agrees with a wrong answer of the values under one mistake and any other; of further pairs without."""
        question = self.tables.question(ask)
        here = question.mistaken.slip(seed.name) if question is not None and seed is not None else None
        found: list[Found] = []
        if here is None and seed is not None:
            return found
        name = None if here is None else here.name
        for trained in self._trained(ask, given, before, here):
            further = self.tables.with_others(ask, here, trained)
            if further is None:
                continue
            matches = self._read((ask, trained, name), further, given[ask]).matches
            if matches.entries:
                found = [Found(further, matches)]
                if found[0].is_explained:
                    break
        return found

    def _read(self, asked: Hashable, evidence: Evidence, given: Given, *, copies: bool = False) -> Reading:
        """What an answer says by the evidence that is asked for; remembered, since many students give the same.

        Not if it says nothing: that is the same for no two of them.
        """
        if evidence.says_nothing(given, allowed_slips(given)):
            return SAYS_NOTHING
        key = asked, copies, given.shape, tuple([claim[:2] for claim in given.claims])
        found = self._readings.get(key)
        if found is None:
            if len(self._readings) == REMEMBERED:
                self._readings.clear()
            found = self._readings[key] = read(evidence, given, copies=copies)
        return found


def _causes(combinations: Iterable[Combination]) -> tuple[Cause, ...]:
    """Each mistake that takes part, once."""
    causes: dict[str, Cause] = {}
    for combination in combinations:
        for slip in combination:
            if slip.code not in causes:
                causes[slip.code] = cause_of(slip)
    return tuple(causes.values())


_DIAGNOSES: WeakKeyDictionary[Key, Diagnosis] = WeakKeyDictionary()
"""One for each key: a key belongs to one thread, and so does what is worked out for it."""


def diagnosis_of(key: Key) -> Diagnosis:
    """The mistakes of a problem."""
    if key not in _DIAGNOSES:
        _DIAGNOSES[key] = Diagnosis(key.problem, key.solution)
    return _DIAGNOSES[key]


def diagnose(key: Key, answers: AnswerFile, wrong: Sequence[Item], reruns: Mapping[str, Reruns]) -> Diagnosed:
    """The causes of the wrong items of an answer file, by their ids, and the slips that explain them together.

    What no mistake gives from the right values may be one made with the student's own, which `reruns` go on with; of
    two, it is the second one where an earlier answer has the first.
    """
    diagnosis = diagnosis_of(key)
    given = {id: answer for id, answer in answers.answers.items() if type(answer) is Given}
    affordable = diagnosis.affordable(given)
    pattern = diagnosis.pattern(affordable, [item.id for item in wrong])
    is_all = len(affordable) == len(given) and not pattern.silent  # what says anything of the file is in its pattern
    found = diagnosis.files.get(pattern) if is_all else None
    if found is None:
        found = _diagnosed(key, diagnosis, affordable, wrong, pattern, reruns)
        if is_all:
            if len(diagnosis.files) == FILES:
                diagnosis.files.clear()
            diagnosis.files[pattern] = found
    return found


def _diagnosed(
    key: Key,
    diagnosis: Diagnosis,
    given: Mapping[str, Given],
    wrong: Sequence[Item],
    pattern: Pattern,
    reruns: Mapping[str, Reruns],
) -> Diagnosed:
    fitting = diagnosis.fitting(given, pattern.wrong, pattern)
    known = {made[0].name for combinations in fitting.values() for made in combinations if len(made) == 1}
    after: dict[str, tuple[str, ...]] = {}
    for item in wrong:
        target, answer = key.find(item.id), given.get(item.id)
        if answer is None or not item.elements or not isinstance(target, Target):
            continue
        from_right, rerun = fitting.get(item.id), reruns[target.section].short if target.section in reruns else None
        if rerun is None:
            found = []
        elif from_right:
            found = diagnosis.seconds(target, from_right, known, rerun)
        else:
            found = diagnosis.onward(target, answer, rerun)[:NAMED]
        if rerun is not None and found:
            after[item.id] = rerun.wrong_before(target)
        elif not from_right:
            found = roughly(diagnosis.evidence(item.id), answer)[:NAMED]
        if found:
            fitting[item.id] = [*found, *(from_right or ())]
    causes = {id: _causes(combinations) for id, combinations in fitting.items()}
    return Diagnosed(causes, grouped(fitting), after)
