"""What changes for whom between two policies, in sentences."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from services.matching import policy_words as words
from services.matching.domain.policy import Kpi, Policy, Tier
from services.matching.policy_words import PROVIDERS, listed, minutes

NOTHING = "Nothing changes for anybody."


def differences(before: Policy, after: Policy) -> tuple[str, ...]:
    """Every change that anybody could notice, from where packages are to how they are counted."""
    said = (*_lots(before, after), *_steps(before, after), *_rules(before, after))
    return said or (NOTHING,)


def _lots(before: Policy, after: Policy) -> Iterator[str]:
    outcodes = sorted({one for policy in (before, after) for lot in policy.lots
                       for one in lot.outcodes})  # fmt: skip
    moved: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for outcode in outcodes:
        was, now = before.lots_of(outcode), after.lots_of(outcode)
        if was != now:
            was = was if now else ()
            moved.setdefault((was, now), []).append(outcode)
    for (was, now), places in moved.items():
        where = f"Packages in {listed(places)}"
        if now and not was:
            yield f"{where} lie in {words.lots(now)}; before, they lay in none."
        elif not now:
            yield (
                f"{where} lie in no lot any more: only steps that ask all providers of a kind"
                " reach them."
            )
        else:
            yield (
                f"{where} are offered to the providers of {words.lots(now)} first; before, to"
                f" those of {words.lots(was)}."
            )
    if any(tier.scope == "neighbours" for tier in after.tiers):
        yield from _neighbours(before, after)


def _neighbours(before: Policy, after: Policy) -> Iterator[str]:
    was = {lot.name: lot.neighbours for lot in before.lots}
    for lot in after.lots:
        if lot.name in was and set(was[lot.name]) != set(lot.neighbours):
            old, new = (words.lots(near) if near else "nobody" for near in
                        (was[lot.name], lot.neighbours))  # fmt: skip
            yield (
                f"When nobody of lot {lot.name} takes a package, its neighbours are {new}; before,"
                f" {old}."
            )


def _steps(before: Policy, after: Policy) -> Iterator[str]:
    was = {tier.name: tier for tier in before.tiers}
    now = {tier.name: tier for tier in after.tiers}
    for name, tier in was.items():
        if name not in now:
            yield f"Step {name} is gone: {words.who(tier)} are no longer asked by it."
    previous = None
    for name, tier in now.items():
        if name not in was:
            after_which = f"after {previous}" if previous else "first"
            yield (
                f"Step {name} is new: {after_which}, {words.who(tier)} are asked"
                f" {words.strategy(tier)}, and each has {_window(tier)} to answer."
            )
        previous = name
    yield from _opened_and_closed(was, now)
    shared = [name for name in was if name in now]
    if shared != [name for name in now if name in was]:
        yield f"The steps come in another order: {listed(now)}; before, {listed(was)}."
    same: dict[str, list[str]] = {}
    for name in shared:
        for sentence in _step(was[name], now[name]):
            same.setdefault(sentence, []).append(name)
    for sentence, names in same.items():
        yield f"In step{'' if len(names) == 1 else 's'} {listed(names)}, {sentence}"
    yield from _ends(before, after)


def _opened_and_closed(was: Mapping[str, Tier], now: Mapping[str, Tier]) -> Iterator[str]:
    """Who gets new packages again, and who gets none any more: it matters most, and comes first."""
    for name, tier in now.items():
        if name not in was or was[name].accept_new == tier.accept_new:
            continue
        whom = PROVIDERS[tier.kind]
        if tier.accept_new:
            yield f"In step {name}, {whom} are offered new packages again. {_opened(tier)}"
        else:
            yield f"In step {name}, {whom} keep their packages and are offered no new ones."


def _ends(before: Policy, after: Policy) -> Iterator[str]:
    """How long a step has the package to itself, and what comes then."""
    places = {tier.name: index for index, tier in enumerate(before.tiers)}
    for index, tier in enumerate(after.tiers):
        if tier.name not in places or not tier.accept_new:
            continue
        old = before.tiers[places[tier.name]]
        was, now = _after(before, places[tier.name]), _after(after, index)
        told = words.comes_next(now, tier)
        if not old.accept_new:
            yield f"{told}; before, {tier.name} asked nobody."
        elif (old.adaptive, words.budget(old)) != (tier.adaptive, words.budget(tier)):
            came = words.came_next(was, old).replace(f"step {now} ", "it ", 1)
            yield f"{told}; before, {came}."


def _after(policy: Policy, index: int) -> str | None:
    """The name of the step after this one."""
    return policy.tiers[index + 1].name if index + 1 < len(policy.tiers) else None


def _window(tier: Tier) -> str:
    return words.by_urgency(tier.window_minutes, tier.working_windows)


def _step(was: Tier, now: Tier) -> Iterator[str]:
    """What changes within one step."""
    told: tuple[tuple[str, Callable[[Tier], str]], ...] = (
        ("packages are offered to {}", words.who),
        ("providers are asked {}", words.strategy),
        ("a provider has {} to answer", _window),
        ("providers are ranked {}", words.ranking),
        ("{} gets the package", lambda tier: words.WINNERS[tier.award_rule]),
        ("providers may be asked that are rated {}", words.ratings),
        ("declared capacity is {}", _capacity),
        ("insurance {}", lambda tier: _registration(tier.insurance)),
        ("data-protection registration {}", lambda tier: _registration(tier.data_protection)),
        ("the provider that a person had before {}", _continuity),
        ("a provider with {} gets no more", _live_offers),
        ("the most that is paid is {}", _rate),
        ("the call-off rests on {}", lambda tier: f"“{tier.clause}”"),
    )
    # Where nobody was or is asked, how they would have been asked changes nothing for anybody.
    for sentence, part in told if was.accept_new and now.accept_new else told[-1:]:
        if part(was) != part(now):
            yield f"{sentence.format(part(now))}; before, {part(was)}."
    if (
        was.award_rule == now.award_rule == "ranked"
        and was.settling_minutes != now.settling_minutes
    ):
        yield (
            f"a yes waits up to {minutes(now.settling_minutes)} for better-ranked providers;"
            f" before, {minutes(was.settling_minutes)}."
        )


def _opened(tier: Tier) -> str:
    return (
        f"They are asked {words.strategy(tier)} and ranked {words.ranking(tier)}; each has {_window(tier)} to"
        f" answer, and {words.WINNERS[tier.award_rule]} gets the package."
    )


def _capacity(tier: Tier) -> str:
    return "a condition" if tier.capacity == "strict" else "advice, and keeps nobody out"


def _registration(rule: str) -> str:
    return {
        "required": "must be known to be in date",
        "if_known": "must be in date where it is known",
        "ignored": "is not looked at",
    }[rule]


def _continuity(tier: Tier) -> str:
    passes = {"closed": "a step closed to new packages", "rating": "the rating's gate"}
    named = [passes[one] for one in sorted(tier.continuity_passes)]
    return f"passes {listed(named)}" if named else "passes the same gates as others"


def _live_offers(tier: Tier) -> str:
    most = tier.most_live_offers
    return "any number of live offers" if most is None else f"{most} live offers"


def _rate(tier: Tier) -> str:
    if tier.rate_limit_pence is None:
        return "the contract's rate, without a limit"
    limit = f"£{tier.rate_limit_pence / 100:.2f} an hour"
    return limit if tier.rate_approver is None else f"{limit} unless {tier.rate_approver} approves"


def _rules(before: Policy, after: Policy) -> Iterator[str]:
    """What holds for every step."""
    told: tuple[tuple[str, Callable[[Policy], str]], ...] = (
        ("Targets are {} from receipt", _targets),
        ("The goals are {}", _goals),
        ("To fill one more package in time is worth {}", _prices),
        ("An awarded provider has {} to confirm", _confirmation),
        ("An answer by telephone is typed within {}", lambda one: minutes(
            one.telephone_grace_minutes)),
        ("A no costs no turn within {}", lambda one: minutes(one.prompt_decline_minutes)),
        ("Working hours are {}", words.calendar),
        ("A start that moves by up to {} days keeps its award", _number("date_tolerance_days")),
        ("A change of up to {}% of the hours is small", _number("small_change_percent")),
        ("A search is held for {} days where no end is named", _number("hold_days")),
        ("A paused package is kept for {} days where no date is named", _number("pause_days")),
        ("A start is overdue after {} hours", _number("start_overdue_hours")),
        ("The alarm for a care gap comes {} hours before it", _number("care_gap_hours")),
        ("Reablement lasts {} weeks", _number("reablement_weeks")),
        ("The warning before a held package lapses comes {} hours ahead", _number("pause_warning_hours")),
        ("A provider has {} hours to say if it goes on", _number("care_answer_hours")),
        ("The review is due {} days before reablement ends", _number("reablement_review_days")),
        ("To confirm, the person's view must be {}", _person_view),
        ("A suspension {} the provider's live offers", lambda one: "withdraws"
            if one.withdraw_on_suspension else "leaves"),
        ("The contract measures {}", _kpis),
    )  # fmt: skip
    for sentence, part in told:
        if part(before) != part(after):
            yield f"{sentence.format(part(after))}; before, {part(before)}."


def _number(field: str) -> Callable[[Policy], str]:
    def told(policy: Policy) -> str:
        value: Any = getattr(policy, field)
        return str(value)

    return told


def _targets(policy: Policy) -> str:
    return listed(minutes(one) for one in policy.targets_minutes)


def _goals(policy: Policy) -> str:
    goals = [f"{share:g}% within {minutes(target)}"
             for target, share in sorted(policy.goals_percent.items())]  # fmt: skip
    return listed(goals) if goals else "not set"


def _prices(policy: Policy) -> str:
    prices = [f"{price:g} extra offers within {minutes(target)}"
              for target, price in sorted(policy.prices.items())]  # fmt: skip
    return listed(prices) if prices else "no extra offers"


def _confirmation(policy: Policy) -> str:
    urgent = policy.urgent_confirmation_minutes
    routine = policy.confirmation_minutes
    return words.by_urgency(
        {"urgent": routine if urgent is None else urgent, "routine": routine},
        policy.working_confirmation,
    )


def _person_view(policy: Policy) -> str:
    views = sorted(one.replace("_", " ") for one in policy.needed_person_view)
    return listed(views, "or") if views else "anything"


def _kpis(policy: Policy) -> str:
    return listed(_kpi(kpi) for kpi in policy.kpis) if policy.kpis else "nothing by itself"


def _kpi(kpi: Kpi) -> str:
    within = ""
    if kpi.within_hours is not None:
        within = f" within {minutes(60 * kpi.within_hours)}"
    if kpi.within_working_days is not None:
        within = f" within {kpi.within_working_days} working days"
    bound, figures = (
        ("at least", kpi.at_least_percent) if kpi.at_least_percent else
        ("at most", kpi.at_most_percent)
    )  # fmt: skip
    shares = "/".join(f"{figure:g}" for figure in figures)
    return f"{bound} {shares}% {kpi.measure.replace('_', ' ')}{within}"
