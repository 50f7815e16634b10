"""What is believed of a provider, held against synthetic providers whose habits are known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp, log
from random import Random
from statistics import NormalDist, fmean
from typing import Any

import pytest

from services.matching.api.providers import responses_of
from services.matching.domain.belief import PRIORS
from services.matching.domain.curve import BIN_MINUTES, BINS, Curve
from services.matching.domain.hardness import VARIANCE
from services.matching.domain.lessons import Lesson, Outcome
from services.matching.domain.requirement import Needed
from services.matching.domain.responses import (
    PRIOR,
    Figures,
    Responses,
    explain,
)
from services.matching.domain.tally import HALF_LIFE_WEEKS, Sums, add_up
from tests.unit.matching.world import EIGHT, contract, market, pid, provider

NEEDED = Needed(outcode="E4", weekly_minutes=600, capabilities=())


@dataclass(frozen=True, kw_only=True)
class Habits:
    """A synthetic provider: whether it answers, when (lognormal, open minutes), and yes or no."""

    answers: float = 0.85
    median_minutes: float = 25.0
    sigma: float = 0.8
    yes: float = 0.3
    yes_in: dict[str, float] | None = None
    double: float = 1.0
    releases: float = 0.0

    def silent_for(self, minutes: float) -> float:
        """The true chance of no answer."""
        soon = NormalDist(log(self.median_minutes), self.sigma).cdf(log(minutes))
        return 1 - self.answers * soon

    def yes_to(self, needed: Needed) -> float:
        """The true chance that an answer is a yes."""
        chance = (self.yes_in or {}).get(needed.outcode, self.yes)
        return chance * (self.double if needed.double_handed else 1.0)


def offers(
    name: str, habits: Habits, count: int, *, draw: Random, windows: Sequence[float] = (45.0,),
    packages: Sequence[Needed] = (NEEDED,), first_week: int = 0, weeks: int = 20, **changes: Any,
) -> Iterator[Lesson]:  # fmt: skip
    """So many offers by day, each ended by its answer, its window, or somebody else's award."""
    for n in range(count):
        asked_at = EIGHT + timedelta(
            weeks=first_week + n * weeks // count, days=n % 5, minutes=draw.randrange(300)
        )
        needed, left = draw.choice(packages), draw.choice(windows)
        answered = draw.lognormvariate(log(habits.median_minutes), habits.sigma)
        taken = draw.expovariate(1 / 60)  # another provider has it by then
        outcomes: list[tuple[float, Outcome]] = [(left, "lapsed"), (taken, "withdrawn")]
        if draw.random() < habits.answers:
            accepts = draw.random() < habits.yes_to(needed)
            outcomes.append((answered, "accepted" if accepts else "declined"))
        minutes, outcome = min(outcomes)
        given_: dict[str, Any] = {
            "provider_id": pid(name),
            "kind": "framework",
            "lot": "north",
            "needed": needed,
            "asked_at": asked_at,
            "ended_at": asked_at + timedelta(minutes=minutes),
            "outcome": outcome,
        }
        one = Lesson(**given_ | changes)
        yield one
        if outcome == "accepted":
            yield replace(one, outcome="awarded")
            if draw.random() < habits.releases:
                yield replace(one, outcome="released")


def learned(*lessons: Iterator[Lesson], weeks: int = 20) -> Responses:
    """What is believed so many weeks after the first offers."""
    sums: Sums = {}
    for some in lessons:
        add_up(some, sums)
    return Responses.of(sums, now(weeks))


def now(weeks: int) -> datetime:
    return EIGHT + timedelta(weeks=weeks)


def curve(responses: Responses, name: str = "A", needed: Needed = NEEDED) -> Curve:
    return responses.curve(pid(name), "framework", "north", needed)


def usual_others(draw: Random, count: int = 10) -> Iterator[Lesson]:
    """The rest of the framework, so that there is a group to shrink to."""
    for n in range(count):
        yield from offers(f"usual {n}", Habits(), 100, draw=draw)


def test_before_anything_is_learned_the_prior_holds():
    """A curve that falls and stays above nothing: some never answer."""
    believed = curve(PRIOR)
    assert believed.silent[0] == 1.0
    assert all(a >= b for a, b in zip(believed.silent, believed.silent[1:], strict=False))
    assert believed.silent[BINS] == pytest.approx(0.2, abs=0.01)
    assert believed.yes == pytest.approx(0.3 * 0.95)
    assert PRIOR.curve(pid("A"), "spot", None, NEEDED).yes < believed.yes


@pytest.mark.parametrize(
    "habits",
    [
        Habits(),
        Habits(answers=0.95, median_minutes=6, yes=0.6),
        Habits(answers=0.7, median_minutes=60, sigma=0.6, yes=0.1),
        Habits(answers=0.3, median_minutes=20, yes=0.4),
    ],
)
def test_with_many_offers_habits_are_found(habits):
    """Whether, how fast and how often yes, within the window, though most offers are cut short:
    by their window, or because another took the package."""
    draw = Random(1)
    mine = offers("A", habits, 600, draw=draw, windows=(30, 60, 120))
    believed = curve(learned(mine, usual_others(draw)))
    for minutes in (10, 20, 40, 60, 90, 120):
        assert believed.silent_for(minutes) == pytest.approx(habits.silent_for(minutes), abs=0.06)
    assert believed.yes == pytest.approx(habits.yes, abs=0.06)


@pytest.mark.parametrize("minutes", [10, 20, 40])
def test_censoring_is_no_silence(minutes):
    """Over ten markets, offers withdrawn at random bias the curve by less than a point."""
    habits = Habits()
    off = [
        curve(learned(offers("A", habits, 2000, draw=Random(seed), windows=(43,)))).silent_for(
            minutes
        )
        - habits.silent_for(minutes)
        for seed in range(10)
    ]
    assert abs(fmean(off)) < 0.01


def test_few_data_leave_the_group_s_figures():
    """After two noes a provider is believed nearly what its group is; after sixty it is not."""
    never = Habits(answers=1.0, yes=0.0)
    group = learned(usual_others(Random(2)))
    two, sixty = (
        learned(usual_others(Random(2)), offers("A", never, count, draw=Random(3)))
        for count in (3, 60)
    )
    assert curve(group).yes == pytest.approx(0.3, abs=0.05)
    assert 0.6 * curve(group).yes < curve(two).yes < curve(group).yes
    assert curve(sixty).yes < 0.35 * curve(group).yes


def test_a_newcomer_is_believed_to_be_as_its_kind():
    """What is believed of a stranger follows the group, not the prior."""
    slow = Habits(answers=0.5, median_minutes=60, yes=0.15)
    draw = Random(5)
    group = learned(*[offers(f"slow {n}", slow, 100, draw=draw, windows=(120,)) for n in range(8)])
    stranger = curve(group, "stranger")
    assert stranger.silent_for(100) == pytest.approx(slow.silent_for(100), abs=0.06)
    assert stranger.yes == pytest.approx(0.15, abs=0.04)


def test_a_lone_provider_s_answers_are_not_counted_thrice():
    """It is its own lot and kind: three yeses must not make it a provider that always says yes."""
    eager = Habits(answers=1.0, yes=1.0, median_minutes=10)
    believed = curve(learned(offers("A", eager, 3, draw=Random(1))))
    assert believed.yes < (3 + 4 * 0.3) / (3 + 4)


def test_a_change_is_followed():
    """A provider that stopped saying yes two half-lives ago is no longer believed to say it."""
    draw = Random(6)
    weeks = 2 * HALF_LIFE_WEEKS
    before = offers("A", Habits(yes=0.6), 200, draw=draw, weeks=weeks)
    after = offers("A", Habits(yes=0.05, median_minutes=60), 200, draw=draw, weeks=weeks,
                   first_week=weeks, windows=(120,))  # fmt: skip
    believed = curve(learned(before, after, usual_others(draw), weeks=2 * weeks))
    assert believed.yes < 0.2
    assert believed.silent_for(30) > 0.65


def test_who_never_answers_is_believed_to_stay_silent():
    """Thirty offers without an answer: hardly anything is hoped for, at any age."""
    believed = curve(learned(usual_others(Random(7)), offers("A", Habits(answers=0), 30, draw=Random(8))))  # fmt: skip
    assert believed.silent_for(45) > 0.85
    assert believed.silent[BINS] > 0.75


def test_who_says_yes_and_releases_is_believed_to_do_it_again():
    """A yes that does not last is no yes."""
    hostile = Habits(answers=0.9, yes=0.9, releases=1.0)
    believed = curve(learned(usual_others(Random(9)), offers("A", hostile, 60, draw=Random(10))))
    assert believed.yes < 0.2


def awarded(name: str, kept: int, released: int) -> Iterator[Lesson]:
    """So many awards to one provider, of which so many were given back."""
    for n in range(kept + released):
        asked_at = EIGHT + timedelta(days=n % 5)
        one = Lesson(
            provider_id=pid(name), kind="framework", lot="north", needed=NEEDED, asked_at=asked_at,
            ended_at=asked_at + timedelta(minutes=10), outcome="accepted",
        )  # fmt: skip
        yield from (one, replace(one, outcome="awarded"))
        if n >= kept:
            yield replace(one, outcome="released")


def test_where_few_awards_are_given_back_one_more_is_bad_luck():
    """A first award given back among providers that keep 19 of 20 hardly tells against this one."""
    others = [awarded(f"usual {n}", kept=19, released=1) for n in range(10)]
    assert curve(learned(*others, awarded("A", 0, 1))).lasts > 0.8


def test_where_some_always_give_back_each_shows_soon_which_it_is():
    """Three awards tell an honest provider from one that gives nearly everything back."""
    kept = [awarded(f"honest {n}", kept=20, released=0) for n in range(5)]
    given_back = [awarded(f"other {n}", kept=0, released=20) for n in range(5)]
    responses = learned(*kept, *given_back, awarded("A", 3, 0), awarded("B", 0, 3))
    assert curve(responses, "A").lasts > 0.9
    assert curve(responses, "B").lasts < 0.1
    assert curve(responses, "newcomer").lasts == pytest.approx(0.5, abs=0.15)


def test_outcode_and_double_handed_sway_the_yes():
    """A provider that avoids E4, in a market that avoids two carers: both are found, each apart."""
    draw = Random(11)
    far, double = replace(NEEDED, outcode="E17"), replace(NEEDED, double_handed=True)
    packages = (NEEDED, far, double, replace(far, double_handed=True))
    everybody = [
        offers(f"usual {n}", Habits(yes=0.4, double=0.5), 150, draw=draw, packages=packages)
        for n in range(8)
    ]
    picky = Habits(yes=0.4, yes_in={"E4": 0.05}, double=0.5)
    responses = learned(*everybody, offers("A", picky, 200, draw=draw, packages=packages))
    assert curve(responses, needed=NEEDED).yes < 0.13
    assert curve(responses, needed=far).yes > 0.3
    names = [f"usual {n}" for n in range(8)]
    assert fmean(curve(responses, one, far).yes for one in names) == pytest.approx(0.4, abs=0.08)
    assert fmean(curve(responses, one, double).yes for one in names) == pytest.approx(0.2, abs=0.08)


def test_differences_that_are_luck_are_not_believed():
    """Twenty outcodes that make no difference to anybody: none is believed to make much."""
    draw = Random(14)
    packages = tuple(replace(NEEDED, outcode=f"E{n}") for n in range(20))
    everybody = [
        offers(f"usual {n}", Habits(), 150, draw=draw, packages=packages) for n in range(10)
    ]
    responses = learned(*everybody)
    believed = [curve(responses, "usual 0", one).yes for one in packages]
    assert max(believed) < 1.35 * min(believed)


def test_who_is_asked_later_gets_harder_packages_and_is_not_blamed_for_it():
    """Half as many yeses to what others left: a fresh package is believed to get the usual ones."""
    draw = Random(15)
    fresh = [offers(f"usual {n}", Habits(yes=0.4), 100, draw=draw) for n in range(8)]
    left = [offers(f"usual {n}", Habits(yes=0.2), 100, draw=draw, first=False) for n in range(8)]
    responses = learned(*fresh, *left, offers("A", Habits(yes=0.2), 100, draw=draw, first=False))
    assert curve(responses).yes == pytest.approx(0.4, abs=0.1)


def test_what_is_believed_is_worked_out_once_and_stays():
    """The same question gets the same object, and sums that go on growing change nothing."""
    sums: Sums = {}
    add_up(offers("A", Habits(), 20, draw=Random(1)), sums)
    responses = Responses.of(sums, now(20))
    add_up(offers("A", Habits(yes=1.0), 100, draw=Random(2)), sums)
    first = curve(responses)
    assert curve(responses) is first
    assert first.yes < 0.5 < curve(Responses.of(sums, now(20))).yes


@pytest.mark.parametrize(
    ("declined", "accepted"), [([0.3], []), ([0.3] * 4, []), ([0.6, 0.1], [0.2]), ([], [0.3])]
)
def test_a_package_that_was_declined_is_harder(declined, accepted):
    """One step of Newton's method comes near the likeliest hardness, found here by trying all."""

    def likelihood(shift: float) -> float:
        def moved(p: float) -> float:
            return 1 / (1 + exp(-log(p / (1 - p)) - shift))

        return (
            sum(log(moved(p)) for p in accepted)
            + sum(log(1 - moved(p)) for p in declined)
            - shift**2 / (2 * VARIANCE)
        )

    best = max((n / 100 for n in range(-300, 301)), key=likelihood)
    assert PRIOR.hardness(declined, accepted) == pytest.approx(best, abs=0.06)


def test_a_hard_package_gets_fewer_yeses():
    """The shift is in log-odds, to the nearest tenth."""
    easy = curve(PRIOR).yes
    hard = PRIOR.curve(pid("A"), "framework", "north", NEEDED, -0.512).yes
    assert log(hard / (1 - hard)) - log(easy / (1 - easy)) == pytest.approx(-0.5)
    assert PRIOR.hardness([]) == 0.0


def test_figures_are_what_was_seen():
    """Answered, asked, accepted, given back, and the median of its answers; withdrawn counts not."""
    draw = Random(12)
    lessons = list(offers("A", Habits(releases=0.2), 400, draw=draw, weeks=1))
    count = {kind: sum(one.outcome == kind for one in lessons) for kind in
             ("accepted", "declined", "lapsed", "released")}  # fmt: skip
    times = sorted(
        (one.ended_at - one.asked_at).total_seconds() / 60
        for one in lessons
        if one.outcome in ("accepted", "declined")
    )
    figures = learned(iter(lessons), weeks=0).figures(pid("A"), "framework")
    assert figures.answered == count["accepted"] + count["declined"]
    assert figures.asked == figures.answered + count["lapsed"]
    assert (figures.accepted, figures.released) == (count["accepted"], count["released"])
    assert figures.half_answered_within_minutes == pytest.approx(times[len(times) // 2], abs=2.5)


def test_old_offers_count_less_in_figures():
    """After a half-life, half."""
    lessons = list(offers("A", Habits(answers=1.0), 50, draw=Random(13), weeks=1))
    fresh, old = (learned(iter(lessons), weeks=n).figures(pid("A"), "framework").answered
                  for n in (0, HALF_LIFE_WEEKS))  # fmt: skip
    assert old == fresh / 2


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        (Figures(asked=52, answered=41, accepted=12, half_answered_within_minutes=22),
         "answered 41 of 52, accepted 12; half of its answers within 22 minutes"),
        (Figures(asked=9, answered=8, accepted=4, released=3, half_answered_within_minutes=5.2),
         "answered 8 of 9, accepted 4 and gave 3 back; half of its answers within 5 minutes"),
        (Figures(asked=7), "answered none of 7"),
        (Figures(), "not asked lately"),
    ],
)  # fmt: skip
def test_a_person_reads_a_sentence(figures, sentence):
    """The figures, and nothing else, in words."""
    assert explain(figures) == sentence


def test_priors_are_believable():
    """Every prior is a chance, and hazards fall in the end: who has not answered hardly will."""
    for belief in PRIORS.values():
        assert all(0 < hazard < 1 for hazard in belief.hazard)
        assert belief.hazard[-1] < belief.hazard[6]
        assert belief.silent()[-1] == pytest.approx(exp(-sum(belief.hazard)))
    assert BINS * BIN_MINUTES == 480


def test_a_broker_reads_what_was_seen_beside_what_is_believed():
    """Once for each kind and lot; a provider that was never asked is said to be so."""
    dps, framework = contract("dps"), contract(lot="north")
    known, stranger = provider("A", framework, dps), provider("stranger", framework)
    responses = learned(offers("A", Habits(), 100, draw=Random(1), weeks=1), weeks=1)
    register = replace(market(known, stranger), responses=responses)
    seen, unseen = responses_of(known, register).contracts
    assert (seen.kind, seen.lot, unseen.kind, unseen.lot) == ("framework", "north", "dps", None)
    assert seen.said == explain(responses.figures(pid("A"), "framework"))
    assert (seen.learned, unseen.learned, unseen.said) == (True, False, "not asked lately")
    chances = [one.percent for one in seen.answers_believed]
    assert 0 < chances[0] < chances[-1] < 100
    (other,) = responses_of(stranger, register).contracts
    assert (other.learned, other.asked) == (False, 0)
