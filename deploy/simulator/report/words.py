"""A study in sentences, for somebody who has never seen one."""

from collections.abc import Iterable, Sequence

from deploy.simulator.comparing import FILL, NEAR_POINTS, OFFERS, difference
from deploy.simulator.figures import BY_KEY, GOALS, Figures
from deploy.simulator.figures_told import figure_told
from deploy.simulator.report.material import Material
from deploy.simulator.verdict import Apart, GoalState, apart, state_of
from services.matching.domain.policy import Policy

STATES: dict[GoalState, str] = {
    "reached": "reached",
    "unsure": "cannot be told",
    "missed": "missed",
}
_COUNTED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
COMPARED = ("filled_90", "filled_240", "offers", "mean_rate_pence", "framework_share", "never")
"""What a choice is told by."""
_DIFFERENT = {
    "filled_90": ("{} points more filled in 1.5 h", "{} points fewer filled in 1.5 h"),
    "filled_240": ("{} points more filled in 4 h", "{} points fewer filled in 4 h"),
    "filled_1440": ("{} points more filled in 24 h", "{} points fewer filled in 24 h"),
    "median_minutes": ("half filled {} minutes later", "half filled {} minutes sooner"),
    "p90_minutes": ("nine in ten filled {} minutes later", "nine in ten filled {} minutes sooner"),
    "never": ("{} points more never filled", "{} points fewer never filled"),
    "offers": ("{} more offers a package", "{} fewer offers a package"),
    "framework_share": (
        "{} points more of the packages to the framework",
        "{} points fewer of the packages to the framework",
    ),
    "mean_rate_pence": ("£{} more an hour", "£{} less an hour"),
    "lost_races": (
        "{} more acceptances in 100 packages that come to nothing",
        "{} fewer acceptances in 100 packages that come to nothing",
    ),
    "interventions": (
        "{} more in 100 packages for a person to look at",
        "{} fewer in 100 packages for a person to look at",
    ),
}


def headline(material: Material) -> str:
    """What to do."""
    found = material.verdict
    name = found.chosen.policy
    if not found.others:
        return f"{name} {'reaches' if found.reaching else 'does not reach'} both goals."
    if found.reaching:
        return f"Choose {name}."
    return f"Choose {name}; but no policy tried here reaches both goals."


def why(material: Material) -> str:
    """Why that one."""
    found = material.verdict
    name, count = found.chosen.policy, counted(len(material.studied))
    if not found.others:
        return "Nothing else was tried; with --compare it is told which of several to choose."
    if len(found.reaching) == 1:
        return (
            f"Of the {count} policies tried it is the only one that reaches both goals, even at the "
            "lower end of what chance leaves open."
        )
    if found.reaching:
        rival = min(
            (one for one in found.reaching if one is not found.chosen),
            key=lambda one: one.mean(OFFERS),
        )
        lead = difference(found.chosen, rival, OFFERS)
        sure = lead is not None and lead.excludes_zero
        return (
            f"{listed([one.policy for one in found.reaching])} reach both goals, and of these "
            f"{name} puts each package to the fewest providers."
            + ("" if sure else f" Its lead in that over {rival.policy} may be chance.")
        )
    if found.best is found.chosen:
        return f"Of the {count} policies tried it fills most packages within 4 hours."
    return (
        f"{found.best.policy} fills most within 4 hours, {found.best.mean(FILL):.1f}%; "
        f"{name} fills as much but for {NEAR_POINTS:g} point at most, and asks fewer providers."
    )


def goals_of(figures: Figures) -> str:
    """Whether a policy reaches the goals, with its figures."""
    told = [
        f"{figure_told(BY_KEY[goal.key], figures.intervals[goal.key])} within "
        f"{goal.minutes / 60:g} hours (goal {goal.percent:g}%: {STATES[state_of(figures, goal)]})"
        for goal in GOALS
    ]
    return f"{figures.policy} fills {listed(told)}."


INTERVALS = (
    "In brackets stands the 95% interval: with that chance the figure lies between its ends, if "
    "habits are as assumed; it says nothing about whether they are. "
    "A goal counts as reached if even the lower end is at it. Points are percentage points."
)


def not_reached(material: Material) -> str | None:
    """Which goal nobody reaches, said plainly; None if some policy reaches both."""
    if material.verdict.reaching:
        return None
    nobody = [goal for goal in GOALS if not any(one.reaches(goal) for one in material.figures)]
    if not nobody:
        return "Each goal is reached by some policy, but none reaches both."
    told = [f"{goal.percent:g}% within {goal.minutes / 60:g} hours" for goal in nobody]
    return f"No policy tried here reaches {listed(told, 'or')} on this market." + (
        ""
        if material.grid
        else " What the best possible would be was not looked for; --against-grid does."
    )


def cost(figures: Figures) -> str:
    """What a policy costs: offers, rate, and where the packages go."""
    offers, rate, share = (
        figure_told(BY_KEY[key], figures.intervals[key])
        for key in ("offers", "mean_rate_pence", "framework_share")
    )
    return (
        f"Each package is put to {offers} providers on average, the mean rate is {rate} an hour, "
        f"and {share} of the filled packages go to framework providers."
    )


def after_the_award(figures: Figures) -> str | None:
    """What became of care that had started; None on a market where nothing happens to it."""
    if "visits_given" not in figures.by_seed:
        return None
    back, searches, filled, gaps, given = (
        figure_told(BY_KEY[key], figures.intervals[key]).replace(" in 100", "")
        for key in (
            "handed_back", "later_searches", "later_filled_1440", "care_gaps", "visits_given",
        )
    )  # fmt: skip
    return (
        f"Of 100 packages under {figures.policy}, {back} are handed back after care has started, "
        f"and {searches} are searched again for this or another reason; {filled} of these searches "
        f"are filled within 24 hours. Care breaks off {gaps} times, and {given} of the visits due are given."
    )


def gained(one: Figures, other: Figures) -> str:
    """In what the one is better than the other, of what a choice is told by; sure things only."""
    told = apart(one, other, [BY_KEY[key] for key in COMPARED])
    better = [difference_in_words(entry) for entry in told if entry.better]
    if any(entry.measure.key == OFFERS and not entry.sure for entry in told):
        better.append("about as many offers a package (the difference may be chance)")
    return (
        f"Beside {other.policy}: {listed(better)}."
        if better
        else (f"Beside {other.policy}: nothing that is more than chance.")
    )


def given_up(one: Figures, other: Figures) -> str | None:
    """In what the one is worse, of all there is, more than by chance; None if in nothing."""
    worse = [difference_in_words(entry) for entry in apart(one, other) if entry.better is False]
    return f"Beside {other.policy}: {listed(worse)}." if worse else None


def difference_in_words(entry: Apart) -> str:
    """`3.1 fewer offers a package`; what has no words of its own by its title."""
    more, less = _DIFFERENT.get(
        entry.measure.key,
        (f"{entry.measure.title} {{}} higher", f"{entry.measure.title} {{}} lower"),
    )
    size = abs(entry.interval.mean) / (100 if entry.measure.unit == "pence" else 1)
    digits = {"minutes": 0, "pence": 2, "number": 2}.get(entry.measure.unit, 1)
    return (more if entry.interval.mean > 0 else less).format(f"{size:.{digits}f}")


def kinds_apart(one: Policy, other: Policy) -> str | None:
    """Which kinds of contract the one asks and the other does not; None if they ask the same."""
    mine, its = (_kinds(policy) for policy in (one, other))
    told = [
        f"{policy.name} asks {listed([kind.upper() if kind == 'dps' else kind for kind in more])} "
        f"providers, {without.name} does not"
        for policy, without, more in (
            (one, other, [kind for kind in mine if kind not in its]),
            (other, one, [kind for kind in its if kind not in mine]),
        )
        if more
    ]
    return f"{listed(told)}." if told else None


def _kinds(policy: Policy) -> list[str]:
    return list(dict.fromkeys(tier.kind for tier in policy.tiers if tier.accept_new))


def listed(parts: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    *first, end = parts
    return f"{', '.join(first)} {last} {end}" if first else end


def counted(number: int) -> str:
    """A small number in words."""
    return _COUNTED[number] if number < len(_COUNTED) else str(number)


def summary(material: Material) -> Iterable[str]:
    """The few sentences that a terminal shows: what to choose, why, and what it costs."""
    yield f"{headline(material)} {why(material)}"
    if (plainly := not_reached(material)) is not None:
        yield plainly
    yield goals_of(material.verdict.chosen)
    yield cost(material.verdict.chosen)
    if (after := after_the_award(material.verdict.chosen)) is not None:
        yield after
