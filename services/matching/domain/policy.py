"""A council's policy as values: who is asked in which order, for how long, and who wins.

Source for everything that a tier says: domain rules 2, 5 and 13.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.matching.domain.codes import ContractKind, CqcRating, Urgency

Scope = Literal["lot", "neighbours", "any"]
Component = Literal["continuity", "choice", "contract_rank", "turns", "hours", "cqc_rating"]
AwardRule = Literal["ranked", "first"]
ALL_AT_ONCE = 0
"""The wave size that asks everybody of a tier at the same instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A part of a framework: a set of outcodes, and the lots that may be asked after it."""

    name: str
    outcodes: frozenset[str]
    neighbours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One step of the fallback.

    Minutes are minutes of the service's clock. `budget_minutes` None lets a tier last until
    everybody has been asked; `settling_minutes` belongs to `ranked` alone; `rate_limit_pence` is
    pence an hour, None for no limit.
    """

    name: str
    kind: ContractKind
    scope: Scope
    clause: str
    components: tuple[Component, ...]
    award_rule: AwardRule
    settling_minutes: int = 0
    wave_size: int = ALL_AT_ONCE
    adaptive: bool = False
    """How many are asked, and when, is decided at each turn (`pacing`) instead of by wave size."""
    window_minutes: Mapping[Urgency, int]
    budget_minutes: Mapping[Urgency, int | None]
    cqc_ratings: frozenset[CqcRating]
    rate_limit_pence: int | None = None
    accept_new: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of a council's policy. Tiers are asked in their order."""

    name: str
    version: str
    lots: tuple[Lot, ...]
    tiers: tuple[Tier, ...]
    targets_minutes: tuple[int, ...]
    goals_percent: Mapping[int, float] = field(default_factory=dict)
    """By target in minutes: how many of all packages are to be filled by it."""
    prices: Mapping[int, float] = field(default_factory=dict)
    """By target in minutes: how many offers it is worth to avoid missing it for one package."""
    confirmation_minutes: int
    telephone_grace_minutes: int
    prompt_decline_minutes: int
    care_gap_hours: int = 24
    """So long before the first visit that has nobody a person is told. Source: domain page."""
    start_overdue_hours: int = 24
    """Care that has not started so long after the planned start is overdue."""
    pause_warning_hours: int = 48
    """So long before a held package lapses a person is told."""
    care_answer_hours: int = 24
    """How long a provider has to say if it goes on after a pause or a change."""
    reablement_weeks: int = 6
    """Reablement is reviewed after so many weeks. Source: domain page."""
    _lots_of: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _neighbours_of: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out lots by outcode once, since every tier that opens asks for them."""
        lots_of: dict[str, tuple[str, ...]] = {}
        for lot in self.lots:
            for outcode in lot.outcodes:
                lots_of[outcode] = (*lots_of.get(outcode, ()), lot.name)
        by_name = {lot.name: lot for lot in self.lots}
        neighbours_of: dict[str, tuple[str, ...]] = {}
        for outcode, own in lots_of.items():
            near = (name for lot in own for name in by_name[lot].neighbours if name not in own)
            neighbours_of[outcode] = tuple(dict.fromkeys(near))
        object.__setattr__(self, "_lots_of", lots_of)
        object.__setattr__(self, "_neighbours_of", neighbours_of)

    def lots_of(self, outcode: str) -> tuple[str, ...]:
        """The lots that hold an outcode; empty for one that no lot holds."""
        return self._lots_of.get(outcode, ())

    def neighbours_of(self, outcode: str) -> tuple[str, ...]:
        """The neighbouring lots of those that hold an outcode, themselves left out."""
        return self._neighbours_of.get(outcode, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyBook:
    """The policy of this moment, and every version that a placement may have begun under."""

    current: Policy
    versions: Mapping[str, Policy] = field(default_factory=dict)

    def of(self, version: str | None) -> Policy:
        """The policy of a version; the current one for None. Raises KeyError for an unknown one."""
        if version is None or version == self.current.version:
            return self.current
        return self.versions[version]
