"""A simulated market as it is written in `deploy/markets/`: who asks for care, who gives it, and the
habits that are assumed of them.

Chances are from 0 to 1, minutes are minutes, weeks count from the beginning of the run (its warm-up
included) and begin on Monday. Unknown keys are refused.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.contracts.codes import (
    CarerGender,
    CareType,
    ContractKind,
    CqcRating,
    Language,
    Need,
)
from shared.contracts.model import Code, Outcode, Sector

Chance = Annotated[float, Field(ge=0, le=1, strict=True)]
WeeklyChance = Annotated[float, Field(ge=0, lt=1, strict=True)]
Minutes = Annotated[float, Field(gt=0, le=14 * 24 * 60, strict=True)]
Spread = Annotated[float, Field(ge=0, le=3, strict=True)]
"""The standard deviation of a lognormal's logarithm, or of log-odds."""
Weight = Annotated[float, Field(ge=0, le=1000, strict=True)]
_Week = Annotated[int, Field(ge=0, le=5200, strict=True)]


def _clock(text: object) -> object:
    """`07:30-20:00` as minutes of the day. Raises ValueError for anything else."""
    sentence = 'not hours of a day; give them as "07:30-20:00", the later one last'
    if not isinstance(text, str) or text.count("-") != 1:
        raise ValueError(sentence)
    opens, closes = (_minute_of_day(part) for part in text.split("-"))
    if opens is None or closes is None or opens >= closes:
        raise ValueError(sentence)
    return (opens, closes)


def _minute_of_day(text: str) -> int | None:
    hour, _, minute = text.strip().partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
        return None
    at = int(hour) * 60 + int(minute)
    return at if int(minute) < 60 and at <= 24 * 60 else None


def _one_or_many(value: object) -> object:
    """One entry stands for a list of one."""
    return [value] if isinstance(value, dict) else value


DayHours = Annotated[tuple[int, int], BeforeValidator(_clock)]
"""From which minute of each day until which, on the run's own clock (UTC)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Lognormal(_Part):
    """A quantity whose logarithm is normal: its median and the spread of its logarithm."""

    median: Minutes
    sigma: Spread


class AnswerMinutes(Lognormal):
    """Open minutes until an answer; one of a mixture if `share` is below 1."""

    share: Chance = 1.0


class Amount(_Part):
    """Hours a week, or weeks, as a lognormal."""

    median: Annotated[float, Field(gt=0, le=1000, strict=True)]
    sigma: Spread


class Arrivals(_Part):
    """When and from where packages come: a Poisson process within `hours`.

    `per_week` is the mean number in a week; `weekdays` and `weekends` say how a day of each weighs.
    """

    per_week: Annotated[float, Field(gt=0, le=10_000, strict=True)]
    hours: DayHours
    weekdays: Weight = 1.0
    weekends: Weight = 1.0
    by_outcode: Annotated[dict[Outcode, Chance], Field(min_length=1)]
    sources: dict[Literal["hospital", "community"], Chance]


class Packages(_Part):
    """What is asked for.

    `difficulty` is the spread, in log-odds of a yes, of a package's own hardness, which everybody
    who is asked shares. Without `complete_after_minutes` a referral is complete when it comes.
    `held_at_start` is the share of every provider's hours that is taken when the run begins, by
    packages that end as time goes by.
    """

    weekly_hours: Amount
    difficulty: Spread = 0.0
    urgent: Chance = 0.0
    complete_after_minutes: Lognormal | None = None
    double_handed: Chance = 0.0
    needs: dict[Need, Chance] = {}
    weeks: Amount
    reablement: Chance = 0.0
    held_at_start: Chance = 0.0


class HandsBack(_Part):
    """Giving up packages whose care has started: the chance in a week, and the days of notice."""

    a_week: WeeklyChance
    notice_days: Amount


class Habits(_Part):
    """How a provider behaves from a week on.

    `answers`: that an offer is answered at all. `accepts`: that an answer is a yes, for a package
    of middling hardness; what is said of an outcode or of two carers moves its log-odds.
    `answer_minutes` pass within the provider's `hours` only. `releases`: that an award is given
    back, within `confirm_minutes`; `starts_late`: that care starts days after it was wanted.
    The minutes until an award is confirmed are assumed where they are not given.

    After the start: `hands_back` (left out: never), and the chances that it goes on when needs
    change (`takes_changes`) or when the person comes home (`takes_restarts`), said after as many
    minutes as it takes to confirm.
    """

    from_week: _Week = 0
    answers: Chance
    accepts: Chance
    accepts_by_outcode: dict[Outcode, Chance] = {}
    accepts_double_handed: Chance | None = None
    answer_minutes: Annotated[
        tuple[AnswerMinutes, ...], BeforeValidator(_one_or_many), Field(min_length=1)
    ]
    hours: DayHours
    releases: Chance = 0.0
    starts_late: Chance = 0.0
    confirm_minutes: Lognormal = Lognormal(median=30.0, sigma=0.5)
    hands_back: HandsBack | None = None
    takes_changes: Chance = 1.0
    takes_restarts: Chance = 1.0


class ContractPart(_Part):
    """Why a provider may be offered work. `rate` is pounds an hour."""

    kind: ContractKind
    lot: Code | None = None
    rank: Annotated[int, Field(ge=1, le=1000, strict=True)] | None = None
    rate: Annotated[float, Field(gt=0, le=1000, strict=True)]

    @property
    def rate_pence(self) -> int:
        """Pence an hour."""
        return round(self.rate * 100)


class ProviderPart(_Part):
    """A provider: its entry of the register, what it can carry, and its habits in their order."""

    id: Code
    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    contracts: Annotated[tuple[ContractPart, ...], Field(min_length=1)]
    outcodes: Annotated[tuple[Outcode, ...], Field(min_length=1)]
    cqc: CqcRating
    capabilities: Annotated[tuple[CareType | Need, ...], Field(min_length=1)]
    languages: tuple[Language, ...] = ()
    carer_genders: tuple[CarerGender, ...] = ()
    branches: tuple[Outcode | Sector, ...] = ()
    """Where its rounds begin."""
    hours_a_week: Annotated[float, Field(gt=0, le=100_000, strict=True)]
    habits: Annotated[tuple[Habits, ...], BeforeValidator(_one_or_many), Field(min_length=1)]

    def habits_in(self, week: int) -> Habits:
        """The habits that hold in a week."""
        return next(one for one in reversed(self.habits) if one.from_week <= week)


class Outage(_Part):
    """Days in which the providers of a lot answer with another chance."""

    lot: Code
    from_week: _Week
    days: Annotated[float, Field(gt=0, le=3650, strict=True)]
    answers: Chance


class Pauses(_Part):
    """Stays in hospital: the chance in a week of care, days until home, and the chance of that.

    The package is held for its provider for `held_days`; then the pause lapses.
    """

    a_week: WeeklyChance
    days: Amount
    returns: Chance = 1.0
    held_days: Annotated[float, Field(gt=0, le=365, strict=True)] = 14.0


class Changes(_Part):
    """Needs that change for good: the chance in a week of care, and the factor on the hours."""

    a_week: WeeklyChance
    factor: Amount


class Life(_Part):
    """What happens to people after the award. `long_term_after_reablement`: the chance that
    reablement goes on as long-term care, which lasts as long as other packages do."""

    pauses: Pauses | None = None
    changes: Changes | None = None
    long_term_after_reablement: Chance = 0.0


class SimulatedMarket(_Part):
    """A whole market. Without `life`, and with nobody who hands back, an award is the end of it."""

    name: Code
    arrivals: Arrivals
    packages: Packages
    providers: Annotated[tuple[ProviderPart, ...], Field(min_length=1)]
    outages: tuple[Outage, ...] = ()
    life: Life | None = None

    @property
    def lives(self) -> bool:
        """Whether anything happens after the award."""
        return self.life is not None or any(
            habits.hands_back for provider in self.providers for habits in provider.habits
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """What a market is multiplied by: its arrivals, its chances of a yes, its answer times."""

    demand: float = 1.0
    acceptance: float = 1.0
    answer_minutes: float = 1.0


SENSITIVITY = Factors(acceptance=0.7, answer_minutes=2.0)
"""How a result is tried on habits that are worse than assumed. Source: assumed."""


def changed(market: SimulatedMarket, factors: Factors, name: str | None = None) -> SimulatedMarket:
    """The same market with those factors; a chance that would pass 1 is 1."""

    def accepts(chance: float) -> float:
        return min(1.0, chance * factors.acceptance)

    def habits(one: Habits) -> Habits:
        double_handed = one.accepts_double_handed
        return one.model_copy(
            update={
                "accepts": accepts(one.accepts),
                "accepts_by_outcode": {
                    outcode: accepts(chance) for outcode, chance in one.accepts_by_outcode.items()
                },
                "accepts_double_handed": None if double_handed is None else accepts(double_handed),
                "answer_minutes": tuple(
                    part.model_copy(update={"median": part.median * factors.answer_minutes})
                    for part in one.answer_minutes
                ),
            }
        )

    arrivals = market.arrivals
    update: dict[str, Any] = {
        "name": name or market.name,
        "arrivals": arrivals.model_copy(update={"per_week": arrivals.per_week * factors.demand}),
        "providers": tuple(
            provider.model_copy(update={"habits": tuple(map(habits, provider.habits))})
            for provider in market.providers
        ),
    }
    return market.model_copy(update=update)
