"""A council's policy as values: who is asked in which order, for how long, and who wins.

Source for everything that a tier says: domain rules 2, 5 and 13.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from services.matching.domain.calendar import Calendar, add_working_minutes
from services.matching.domain.codes import (
    ContractKind,
    CqcRating,
    PersonView,
    RankingComponent,
    Urgency,
)

Scope = Literal["lot", "neighbours", "any"]
Component = RankingComponent
AwardRule = Literal["ranked", "first"]
Capacity = Literal["advisory", "strict"]
Registration = Literal["required", "if_known", "ignored"]
"""`required`: in date, and known to be; `if_known`: a date that is missing passes."""
Passed = Literal["closed", "rating"]
"""What continuity may pass: a tier or contract closed to new packages, or the rating's gate."""
PLAIN: frozenset[Component] = frozenset(
    {"continuity", "choice", "contract_rank", "turns", "hours", "cqc_rating"}
)
"""Components that need nothing but the register and the turns."""
KpiMeasure = Literal["accepted", "started", "refused", "handed_back"]
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

    Minutes are minutes of the service's clock, or of the policy's calendar for the urgencies in
    `working_windows` and `working_budgets`. `budget_minutes` None lets a tier last until everybody
    has been asked; `settling_minutes` belongs to `ranked` alone; `rate_limit_pence` is pence an
    hour, None for no limit.
    """

    name: str
    kind: ContractKind
    scope: Scope
    clause: str
    components: tuple[Component, ...]
    """What ranks, the first above all others; none above another where there are weights."""
    weights: Mapping[Component, float] = field(default_factory=dict)
    """What each component's points count, for every component or for none."""
    award_rule: AwardRule
    settling_minutes: int = 0
    wave_size: int = ALL_AT_ONCE
    adaptive: bool = False
    """How many are asked, and when, is decided at each turn (`pacing`) instead of by wave size."""
    window_minutes: Mapping[Urgency, int]
    budget_minutes: Mapping[Urgency, int | None]
    working_windows: frozenset[Urgency] = frozenset()
    working_budgets: frozenset[Urgency] = frozenset()
    cqc_ratings: frozenset[CqcRating]
    capacity: Capacity = "advisory"
    """`strict`: only who has declared enough hours that are not taken."""
    insurance: Registration = "if_known"
    data_protection: Registration = "if_known"
    continuity_passes: frozenset[Passed] = frozenset()
    """What the provider that a person had before need not pass; never a suspension."""
    most_live_offers: int | None = None
    """Live offers of any package beyond which a provider gets no more for now."""
    rate_limit_pence: int | None = None
    rate_approver: str | None = None
    """Who may approve a rate above the limit; None: nobody, and such a provider is not asked."""
    accept_new: bool = True
    measured: tuple[Component, ...] = field(init=False, repr=False, compare=False)
    """Those of its components that are not plain."""
    limits_room: bool = field(init=False, repr=False, compare=False)
    """Whether it has a gate that asks what providers carry."""

    def __post_init__(self) -> None:
        """Tell once what is to be asked of providers, since most tiers ask for little."""
        measured = tuple([one for one in self.components if one not in PLAIN])
        object.__setattr__(self, "measured", measured)
        limits = self.capacity == "strict" or self.most_live_offers is not None
        object.__setattr__(self, "limits_room", limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """What a contract measures its providers by, beside the policy's goals.

    Of all packages, by contract year, at least `at_least_percent` or at most `at_most_percent`;
    the last year's figure goes on. `accepted` counts hours of the clock from received, `started`
    working days from the planned start.
    """

    measure: KpiMeasure
    within_hours: int | None = None
    within_working_days: int | None = None
    at_least_percent: tuple[float, ...] = ()
    at_most_percent: tuple[float, ...] = ()

    def percent(self, year: int) -> float:
        """The figure of a contract year, the first being 1."""
        figures = self.at_least_percent or self.at_most_percent
        return figures[min(year, len(figures)) - 1]


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
    urgent_confirmation_minutes: int | None = None
    """None: as for a routine package."""
    working_confirmation: frozenset[Urgency] = frozenset()
    telephone_grace_minutes: int
    prompt_decline_minutes: int
    pause_warning_hours: int = 48
    """So long before a held package lapses a person is told."""
    care_answer_hours: int = 24
    """How long a provider has to say if it goes on after a pause or a change."""
    calendar: Calendar | None = None
    """The working hours; there if anything above is counted in them."""
    date_tolerance_days: int = 3
    """A start that moves by no more keeps offers and award. Source: domain rule 12."""
    small_change_percent: int = 10
    """A change of no more of the weekly hours, all else being equal, is small."""
    hold_days: int = 5
    """How long a search is held where the person who holds it names no end."""
    pause_days: int = 14
    """How long a package is kept for its provider where nobody names a date."""
    start_overdue_hours: int = 24
    """After the planned start; then the alarm goes."""
    care_gap_hours: int = 24
    """Before the first visit that nobody will cover; then the alarm goes."""
    reablement_weeks: int = 6
    reablement_review_days: int = 7
    """Before the end of reablement; then the review is due."""
    needed_person_view: frozenset[PersonView] = frozenset()
    """One of these is needed to confirm an award; empty: whatever the person thinks."""
    withdraw_on_suspension: bool = True
    """Whether a suspension withdraws the provider's live offers."""
    kpis: tuple[Kpi, ...] = ()
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

    @property
    def weighs_rounds(self) -> bool:
        """Whether any tier asks what providers hold and where it is."""
        asks = {"distance", "capacity"}
        return any(
            tier.capacity == "strict" or not asks.isdisjoint(tier.measured) for tier in self.tiers
        )

    @property
    def limits_live_offers(self) -> bool:
        """Whether any tier asks how many live offers providers have."""
        return any(tier.most_live_offers is not None for tier in self.tiers)

    def lots_of(self, outcode: str) -> tuple[str, ...]:
        """The lots that hold an outcode; empty for one that no lot holds."""
        return self._lots_of.get(outcode, ())

    def neighbours_of(self, outcode: str) -> tuple[str, ...]:
        """The neighbouring lots of those that hold an outcode, themselves left out."""
        return self._neighbours_of.get(outcode, ())

    def window_ends(self, tier: Tier, urgency: Urgency, now: datetime) -> datetime:
        """Until when an offer made now may be answered, by the tier's window alone."""
        return self._after(now, tier.window_minutes[urgency], urgency in tier.working_windows)

    def budget_ends(self, tier: Tier, urgency: Urgency, now: datetime) -> datetime | None:
        """When the time of a tier that opens now is up; None for one without a budget."""
        minutes = tier.budget_minutes[urgency]
        if minutes is None:
            return None
        return self._after(now, minutes, urgency in tier.working_budgets)

    def confirm_by(self, urgency: Urgency, now: datetime) -> datetime:
        """Until when an award made now should be confirmed."""
        minutes = self.confirmation_minutes
        if urgency == "urgent" and self.urgent_confirmation_minutes is not None:
            minutes = self.urgent_confirmation_minutes
        return self._after(now, minutes, urgency in self.working_confirmation)

    def _after(self, now: datetime, minutes: int, working: bool) -> datetime:
        if working and self.calendar is not None:
            return add_working_minutes(now, minutes, self.calendar)
        return now + timedelta(minutes=minutes)


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
