"""What is believed of each provider's answers, for the rules; and what it did, for people.

Everything starts from a stated prior (`belief.PRIORS`), is refined by what a kind of contract, then
a lot, then the provider did, and is worked out only for those that are asked about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import exp, log
from typing import Any, Self
from uuid import UUID

from services.matching.domain.belief import MOST_LIKELY, PRIORS, Belief
from services.matching.domain.codes import ContractKind
from services.matching.domain.counts import Counts, counts_of
from services.matching.domain.curve import Curve
from services.matching.domain.hardness import VARIANCE
from services.matching.domain.hours import Hours
from services.matching.domain.opening import learned_hours
from services.matching.domain.requirement import Needed
from services.matching.domain.tally import MARKET, features_of, group, weight

TRUST_OF_KIND, TRUST_OF_LOT = 5.0, 2.0
"""What was believed before counts more against a group than against one provider, whose own counts
are among the group's: else a lot with one provider would count each of its answers twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a provider did lately under one kind of contract, an old offer counting less.

    `asked` are the offers that it could answer until they lapsed, or did answer; minutes are open
    minutes, None without an answer.
    """

    asked: float = 0.0
    answered: float = 0.0
    accepted: float = 0.0
    released: float = 0.0
    half_answered_within_minutes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Responses:
    """Beliefs about everybody at one moment; with no sums they are the stated prior."""

    hours: Hours = field(default_factory=Hours)
    hardness_variance: float = VARIANCE
    _sums: Mapping[UUID, Mapping[str, int]] = field(default_factory=dict, repr=False, compare=False)
    _weight: int = 1
    _known: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """What has been worked out: the same question is asked many times between two refreshes."""

    @classmethod
    def of(cls, sums: Mapping[UUID, Mapping[str, int]], now: datetime) -> Self:
        """What these sums of lessons say at `now`; they are copied and may change afterwards."""
        present = weight(now)
        return cls(
            hours=learned_hours(sums.get(MARKET, {}), present),
            _sums={subject: dict(amounts) for subject, amounts in sums.items()},
            _weight=present,
        )

    def curve(
        self,
        provider_id: UUID,
        kind: ContractKind,
        lot: str | None,
        needed: Needed,
        hardness: float = 0.0,
    ) -> Curve:
        """What is believed of one provider about one package.

        `hardness` is added to the log-odds of a yes, to the nearest tenth.
        """
        features, tenths = features_of(needed), round(hardness * 10)
        key = (provider_id, kind, lot, features, tenths)
        found: Curve | None = self._known.get(key)
        if found is None:
            belief, silent = self._belief(provider_id, kind, lot)
            lasting = belief.yes_to(features) * belief.lasts
            found = Curve(yes=_shifted(lasting, tenths / 10), silent=silent, lasts=belief.lasts)
            self._known[key] = found
        return found

    def figures(self, provider_id: UUID, kind: ContractKind) -> Figures:
        """What the provider did, and nothing that is believed."""
        seen = self._seen(provider_id, kind)
        if seen is None:
            return Figures()
        return Figures(
            asked=seen.answers + seen.lapsed,
            answered=seen.answers,
            accepted=seen.yeses,
            released=seen.released,
            half_answered_within_minutes=seen.answered_within(0.5),
        )

    def hardness(self, declined: Sequence[float], accepted: Sequence[float] = ()) -> float:
        """How much harder a package is than its features say, in log-odds of a yes: 0 or below
        when it was only declined.

        Given are the chances of a yes of those who answered, as they were believed beforehand.
        Hardness is normal with `hardness_variance`; this is one step of Newton's method from 0 to
        where hardness and answers together are likeliest.
        """
        surprise = sum([1 - yes for yes in accepted]) - sum(declined)
        sureness = sum([yes * (1 - yes) for yes in (*declined, *accepted)])
        return surprise / (sureness + 1 / self.hardness_variance)

    def _belief(
        self, provider_id: UUID, kind: ContractKind, lot: str | None
    ) -> tuple[Belief, tuple[float, ...]]:
        key = (provider_id, kind, lot)
        found: tuple[Belief, tuple[float, ...]] | None = self._known.get(key)
        if found is None:
            seen = self._seen(provider_id, kind)
            if seen is not None:
                belief = self._belief_of_lot(kind, lot).refined(seen)
                found = (belief, belief.silent())
            elif (found := self._known.get(("nobody", kind, lot))) is None:
                belief = self._belief_of_lot(kind, lot)
                found = self._known[("nobody", kind, lot)] = (belief, belief.silent())
            self._known[key] = found
        return found

    def _belief_of_lot(self, kind: ContractKind, lot: str | None) -> Belief:
        key = (kind, lot)
        found: Belief | None = self._known.get(key)
        if found is None:
            found = PRIORS[kind] if lot is None else self._belief_of_lot(kind, None)
            seen = self._seen(group(kind, lot), kind)
            if seen is not None:
                found = found.refined(seen, TRUST_OF_KIND if lot is None else TRUST_OF_LOT)
            self._known[key] = found
        return found

    def _seen(self, subject: UUID, kind: ContractKind) -> Counts | None:
        sums = self._sums.get(subject)
        return None if sums is None else counts_of(sums, kind, self._weight)


def explain(figures: Figures) -> str:
    """A provider's figures as a sentence for a person; counts are rounded."""
    if figures.half_answered_within_minutes is None:
        asked = round(figures.asked)
        return f"answered none of {asked}" if asked else "not asked lately"
    said = (
        f"answered {figures.answered:.0f} of {figures.asked:.0f}, accepted {figures.accepted:.0f}"
    )
    if round(figures.released):
        said += f" and gave {figures.released:.0f} back"
    return f"{said}; half of its answers within {figures.half_answered_within_minutes:.0f} minutes"


def _shifted(chance: float, log_odds: float) -> float:
    """The chance with its log-odds moved."""
    if not log_odds:
        return chance
    return min(MOST_LIKELY, 1 / (1 + exp(-log(chance / (1 - chance)) - log_odds)))


PRIOR = Responses()
