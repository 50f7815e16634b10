"""The parts of a policy in words, as a commissioner would say them."""

from collections.abc import Iterable, Mapping

from services.matching.domain.codes import ContractKind, RankingComponent, Urgency
from services.matching.domain.policy import ALL_AT_ONCE, AwardRule, Policy, Tier

PROVIDERS: dict[ContractKind, str] = {
    "framework": "framework providers",
    "dps": "DPS providers",
    "spot": "spot providers",
}
COMPONENTS: dict[RankingComponent, str] = {
    "continuity": "whoever had the package before",
    "choice": "whom the person named",
    "contract_rank": "rank in the contract",
    "turns": "fewest offers lately",
    "hours": "fewest hours awarded lately",
    "cqc_rating": "CQC rating",
    "distance": "travel distance",
    "rotation": "smallest share against capacity",
    "quality": "quality",
    "responsiveness": "speed of answering",
    "capacity": "most free hours",
}
WINNERS: dict[AwardRule, str] = {
    "ranked": "the best-ranked of the providers that say yes",
    "first": "the first provider to say yes",
}
_MINUTES_A_DAY = 24 * 60


def listed(names: Iterable[str], joined: str = "and") -> str:
    """`a, b and c`; `nobody` for none."""
    *first, last = list(names) or ["nobody"]
    return f"{', '.join(first)} {joined} {last}" if first else last


def minutes(amount: int, *, working: bool = False) -> str:
    """`90 minutes`, `4 hours`, `2 days`, in the largest unit without a rest."""
    unit, size = "minute", 1
    if amount % _MINUTES_A_DAY == 0 and not working:
        unit, size = "day", _MINUTES_A_DAY
    elif amount % 60 == 0:
        unit, size = "hour", 60
    count = amount // size
    word = f"working {unit}" if working else unit
    return f"{count} {word}{'' if count == 1 else 's'}"


def by_urgency(amounts: Mapping[Urgency, int | None], working: frozenset[Urgency]) -> str:
    """Both urgencies' durations in one phrase; one if they are the same."""
    told = {
        urgency: "as long as anybody is left"
        if amount is None
        else minutes(amount, working=urgency in working)
        for urgency, amount in amounts.items()
    }
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return f"{told['urgent']} for an urgent package and {told['routine']} for a routine one"


def who(tier: Tier) -> str:
    """Whom a tier asks."""
    providers = PROVIDERS[tier.kind]
    match tier.scope:
        case "lot":
            return f"{providers} of the package's lot"
        case "neighbours":
            return f"{providers} of the neighbouring lots"
        case "any":
            return f"all {providers}"


def strategy(tier: Tier) -> str:
    """How many are asked at once."""
    if tier.adaptive:
        return "as many at a time as the goals call for"
    if tier.wave_size == ALL_AT_ONCE:
        return "all at once"
    return "one at a time" if tier.wave_size == 1 else f"{tier.wave_size} at a time"


def ranking(tier: Tier) -> str:
    """What decides who is asked first."""
    if not tier.components:
        return "by lot alone"
    if tier.weights:
        parts = [f"{COMPONENTS[one]} ({tier.weights[one]:g})" for one in tier.components]
        return f"by points for {listed(parts)}"
    return "by " + ", then ".join(COMPONENTS[one] for one in tier.components)


def budget(tier: Tier) -> str:
    """How long a tier has a package to itself."""
    return by_urgency(tier.budget_minutes, tier.working_budgets)


def comes_next(step: str | None, tier: Tier) -> str:
    """What comes after a tier, and when; None: it is the last."""
    if step is None:
        until = "when nobody is left to ask" if tier.adaptive else f"after {budget(tier)}"
        return f"A person takes over from {tier.name} {until}"
    if tier.adaptive:
        return f"Step {step} joins in after {budget(tier)}, beside the live offers of {tier.name}"
    return f"Step {step} takes over from {tier.name} after {budget(tier)}"


def came_next(step: str | None, tier: Tier) -> str:
    """The same of what was, for the middle of a sentence."""
    told = comes_next(step, tier)
    for now, then in ((" takes", " took"), (" joins", " joined"), (" is left", " was left")):
        told = told.replace(now, then, 1)
    return told[0].lower() + told[1:]


def ratings(tier: Tier) -> str:
    """The CQC ratings with which a provider may be asked."""
    order = ("outstanding", "good", "requires_improvement", "inadequate", "not_inspected")
    return listed([one.replace("_", " ") for one in order if one in tier.cqc_ratings], "or")


def lots(names: Iterable[str]) -> str:
    """`lot a`, `lots a and b`."""
    found = list(names)
    return f"lot{'' if len(found) == 1 else 's'} {listed(found)}"


def calendar(policy: Policy) -> str:
    """The working hours."""
    if policy.calendar is None:
        return "not said"
    one = policy.calendar
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    on = sorted(one.weekdays)
    row = len(on) > 2 and on == list(range(on[0], on[-1] + 1))
    named = f"{days[on[0]]} to {days[on[-1]]}" if row else listed(days[n] for n in on)
    opens, closes = (f"{at // 60:02}:{at % 60:02}" for at in (one.opens_minute, one.closes_minute))
    closed = f", {len(one.holidays)} holidays left out" if one.holidays else ""
    return f"{opens} to {closes} on {named}{closed}"
