"""What happens to an award, and the ends of a package."""

import pytest

from services.matching.domain import events
from services.matching.domain.deadlines import Deadline, deadlines, next_due_at
from services.matching.domain.hand_awards import can_award_by_hand
from services.matching.domain.questions import (
    can_confirm,
    can_release,
    can_report_start,
    can_withdraw,
)
from tests.unit.matching.orders import CANCEL
from tests.unit.matching.world import (
    COMPLETED,
    EIGHT,
    INCOMPLETE,
    TIME,
    WITHDRAW,
    Story,
    answers,
    at,
    award_of,
    by_hand,
    confirm,
    like,
    market,
    pid,
    provider,
    ranks,
    release,
    searching,
    start,
    story,
    yes,
)


def awarded(*names: str) -> Story:
    """A has the package since one minute past eight."""
    return searching(*(names or ("A", "B"))).when(answers(yes("A", 1)), 1)


def test_a_confirmation_makes_the_award_the_providers_for_good():
    """Nothing is due any more but the start."""
    told = awarded().when(confirm("A"), 5)
    told.then(
        like(events.AwardConfirmed, provider_id=pid("A"), award_id=award_of("A"),
             response_id=pid("ConfirmAward A 1 0"))
    )  # fmt: skip
    assert deadlines(told.placement) == (Deadline(kind="start_overdue", at=at(1 + 24 * 60)),)


def test_an_overdue_confirmation_is_escalated_once_and_can_still_come():
    """The award stays; the item closes with the confirmation."""
    told = awarded()
    assert next_due_at(told.placement) == at(121)
    told.when(TIME, 120.9).then_nothing()
    told.when(TIME, 121).then(like(events.EscalationOpened, kind="confirmation_overdue"))
    told.when(TIME, 122).then_nothing()
    told.when(confirm("A"), 130).then(
        events.AwardConfirmed, like(events.EscalationClosed, kind="confirmation_overdue")
    )


def test_a_release_closes_the_overdue_confirmation_and_opens_its_own_item():
    """One item replaces the other; the next award closes it."""
    told = awarded().when(TIME, 121).when(release("A", reason="unsafe"), 122)
    told.then_some(
        like(events.AwardReleased, reason="unsafe", award_id=award_of("A")),
        like(events.EscalationClosed, kind="confirmation_overdue"),
        like(events.EscalationOpened, kind="released"),
    )
    told.when(answers(yes("B", 123, round_=2)), 123).then(
        like(events.Awarded, award_id=award_of("B", round_=2, before=1)),
        like(events.EscalationClosed, kind="released"),
    )


def test_a_start_is_reported_for_a_confirmed_award():
    """The first visit was delivered."""
    told = awarded().when(confirm("A"), 5).when(start("A"), 60)
    told.then(like(events.CareStarted, started_at=at(0), response_id=pid("ReportStart A 1 0")))


def test_a_start_implies_a_confirmation():
    """An award that was not confirmed is, by its start; the response is the start's."""
    told = awarded().when(TIME, 121).when(start("A"), 125)
    told.then(
        like(events.AwardConfirmed, response_id=None),
        like(events.EscalationClosed, kind="confirmation_overdue"),
        like(events.CareStarted, response_id=pid("ReportStart A 1 0")),
    )


@pytest.mark.parametrize(
    "command", [confirm("B"), release("B"), start("B"), confirm("A", before=1)]
)
def test_who_does_not_hold_the_award_is_refused(command):
    """Another's award, or one that is not the live one: not awarded."""
    request = {"ConfirmAward": "confirm", "ReleaseAward": "release", "ReportStart": "start"}
    told = awarded().when(command, 5)
    told.then(
        like(events.RequestRefused, code="not-awarded", award_id=command.award_id, offer_id=None,
             request=request[type(command).__name__], response_id=command.response_id)
    )  # fmt: skip
    told.when(command, 6).then_nothing()


def test_another_provider_naming_the_live_award_is_refused():
    """The award's id alone is not enough."""
    foreign = type(confirm("A"))(
        provider_id=pid("B"), award_id=award_of("A"), recorded_at=at(2), response_id=pid("x")
    )
    awarded().when(foreign, 5).then(like(events.RequestRefused, code="not-awarded"))


def test_after_confirming_a_release_is_a_hand_back_and_refused_here():
    """Release is only before confirmation."""
    told = awarded().when(confirm("A"), 5)
    told.when(release("A"), 6).then(like(events.RequestRefused, request="release"))
    told.when(start("A"), 7).when(release("A", response_id=pid("r2")), 8)
    told.then(like(events.RequestRefused, request="release"))


@pytest.mark.parametrize("command", [confirm("A"), release("A"), start("A")])
def test_a_repeat_about_an_award_changes_nothing(command):
    """The same response, read twice, has no second event."""
    awarded().when(command, 5).when(command, 5).then_nothing()


def test_a_released_award_cannot_be_confirmed():
    """The award is no longer the provider's."""
    awarded().when(release("A"), 2).when(confirm("A"), 3).then(
        like(events.RequestRefused, code="not-awarded")
    )


def test_a_hand_award_replaces_an_unconfirmed_one():
    """The replaced provider is told; the overdue item closes; the ground is recorded."""
    told = awarded().when(TIME, 121).when(by_hand("B", "persons_choice"), 122)
    told.then(
        like(events.AwardCancelled, provider_id=pid("A"), award_id=award_of("A"),
             because="replaced_by_hand"),
        like(events.EscalationClosed, kind="confirmation_overdue"),
        like(events.Awarded, provider_id=pid("B"), via="hand", ground="persons_choice",
             award_id=award_of("B", before=1), confirm_by=at(242)),
    )  # fmt: skip
    told.when(confirm("B", before=1), 130).then(events.AwardConfirmed)


def test_an_overdue_start_is_over_with_its_award_and_told_again_of_the_next():
    """An item of the award before would leave the next one's start due for ever."""
    day = 24 * 60
    told = awarded().when(confirm("A"), 5).when(TIME, day + 1).when(CANCEL, day + 5)
    closed = like(events.EscalationClosed, kind="start_overdue")
    assert any(closed.misses(event) is None for event in told.new)
    told.when(by_hand("B"), day + 6).when(confirm("B", round_=2, before=1), day + 7)
    told.when(TIME, 2 * day + 6).then(like(events.EscalationOpened, kind="start_overdue"))
    assert next_due_at(told.placement) is None


@pytest.mark.parametrize("then", [confirm("A"), start("A")])
def test_a_hand_award_never_replaces_a_confirmed_one(then):
    """A refusal with a sentence; nothing is stored."""
    awarded().when(then, 5).when(by_hand("B"), 6).then_refused("already-confirmed")


def test_a_hand_award_needs_a_known_provider_that_is_not_suspended():
    """The hard gates hold for people too. Source: domain rule 3."""
    searching("A").when(by_hand("Z"), 1).then_refused("unknown-provider")
    changed = market(*ranks("A"), provider("S", suspended=True))
    searching("A").when(by_hand("S"), 1, market=changed).then_refused("provider-suspended")
    awarded().when(by_hand("A"), 2).then_refused("already-placed")
    story(*ranks("A")).when(INCOMPLETE).when(by_hand("A"), 2).then_refused("not-complete")
    searching("A").when(WITHDRAW, 1).when(by_hand("A"), 2).then_refused("offer-withdrawn")


def test_a_hand_award_ends_an_exhausted_search():
    """What waited for a person closes; a provider never asked has the contract of its tier."""
    told = searching("A").when(TIME, 30)
    told.when(by_hand("N"), 40, market=market(*ranks("A", "N"))).then(
        like(
            events.Awarded,
            provider_id=pid("N"),
            contract_kind="framework",
            rate_pence=1800,
            lot="north",
        ),
        like(events.EscalationClosed, kind="nobody_left"),
    )


def test_a_hand_award_lapses_what_is_due_before_it_withdraws_the_rest():
    """An offer past its deadline lapsed, whoever came first to write it."""
    searching("A").when(by_hand("A"), 30).then(events.OffersLapsed, events.Awarded)
    searching("A").when(WITHDRAW, 30).then(events.OffersLapsed, events.PlacementWithdrawn)


def test_a_withdrawal_takes_offers_and_open_items_along():
    """From a running search: offers withdrawn, items closed, the end."""
    told = searching("A", "B").when(answers(yes("A", 1)), 1).when(release("A"), 2)
    told.when(WITHDRAW, 3).then(
        like(events.OffersWithdrawn, because="referral_withdrawn"),
        like(events.EscalationClosed, kind="released"),
        like(events.PlacementWithdrawn, reason="died"),
    )


@pytest.mark.parametrize("steps", [[], [confirm("A")], [confirm("A"), start("A")]])
def test_a_withdrawal_cancels_the_award_whatever_became_of_it(steps):
    """A withdrawal always ends the package."""
    told = awarded()
    for minutes, command in enumerate(steps, start=2):
        told.when(command, minutes)
    told.when(WITHDRAW, 9).then(
        like(events.AwardCancelled, provider_id=pid("A"), because="referral_withdrawn"),
        events.PlacementWithdrawn,
    )
    told.when(WITHDRAW, 10).then_nothing()


def test_a_missed_target_is_escalated_once_and_closed_by_an_award():
    """At the last target after receipt, filled by nobody; a release does not open it again."""
    told = searching("A", tiers=()).when(TIME, 30)
    assert next_due_at(told.placement) == at(240)
    told.when(TIME, 239.9).then_nothing()
    told.when(TIME, 240).then(like(events.EscalationOpened, kind="target_overdue"))
    told.when(TIME, 241).then_nothing()
    told.when(by_hand("A"), 250).then(
        events.Awarded,
        like(events.EscalationClosed, kind="nobody_left"),
        like(events.EscalationClosed, kind="target_overdue"),
    )
    told.when(release("A"), 260)
    assert [one.kind for one in told.of(events.EscalationOpened)] == ["released", "nobody_left"]


def test_a_missed_target_is_escalated_while_information_is_missing():
    """The headline clock runs from receipt, complete or not; the item survives the completion."""
    told = story(*ranks("A")).when(INCOMPLETE)
    assert next_due_at(told.placement) == at(240)
    told.when(TIME, 240).then(like(events.EscalationOpened, kind="target_overdue"))
    told.when(TIME, 241).then_nothing()
    told.when(WITHDRAW, 250).then(
        like(events.EscalationClosed, kind="target_overdue"), events.PlacementWithdrawn
    )


def test_what_came_while_information_was_missing_is_carried_into_the_search():
    """The missed target stays open and is not opened again; an answer's repeat stays a repeat."""
    stray = answers(yes("Z", 1))
    told = story(*ranks("A")).when(INCOMPLETE).when(TIME, 240).when(stray, 241)
    told.then(events.RequestRefused)
    told.when(COMPLETED, 250).then(events.SearchStarted, events.TierOpened, events.OffersMade)
    told.when(stray, 251).then_nothing()
    told.when(answers(yes("A", 252)), 252).then(
        events.Awarded, like(events.EscalationClosed, kind="target_overdue")
    )


def kinds(told: Story) -> list[str]:
    """The kinds of deadlines that a story has come to."""
    return [one.kind for one in deadlines(told.placement)]


def test_deadlines_are_those_of_the_state():
    """Each status has its own; one that was escalated is over; without targets there is none."""
    assert kinds(searching("A")) == ["offers_lapse", "target"]
    standing = searching("A", "B").when(answers(yes("B", 1)), 1)
    assert kinds(standing) == ["settlement", "offers_lapse", "target"]
    assert kinds(awarded()) == ["confirmation"]
    assert kinds(awarded().when(TIME, 121)) == []
    assert kinds(searching("A").when(TIME, 30)) == ["target"]
    assert kinds(searching("A").when(TIME, 240)) == []
    assert kinds(searching("A", targets_minutes=())) == ["offers_lapse"]
    assert kinds(story().when(INCOMPLETE)) == ["target"]
    assert kinds(searching("A").when(WITHDRAW, 1)) == []


def test_a_filled_package_misses_no_target():
    """Awarded before the target: nothing is overdue but the confirmation."""
    awarded().when(TIME, 240).then(like(events.EscalationOpened, kind="confirmation_overdue"))


def test_the_pages_ask_the_same_questions_as_the_decision():
    """A button is there exactly when the command would be obeyed."""
    told = awarded()
    before = told.placement
    assert can_confirm(before, pid("A"), award_of("A"))
    assert can_release(before, pid("A"), award_of("A"))
    assert can_report_start(before, pid("A"), award_of("A"))
    assert can_withdraw(before)
    assert can_award_by_hand(before, pid("B"), told.market, told.policy, EIGHT.date())
    assert not can_award_by_hand(before, pid("A"), told.market, told.policy, EIGHT.date())
    after = told.when(confirm("A"), 2).placement
    assert not can_confirm(after, pid("A"), award_of("A"))
    assert not can_release(after, pid("A"), award_of("A"))
    assert can_report_start(after, pid("A"), award_of("A"))
    assert not can_award_by_hand(after, pid("B"), told.market, told.policy, EIGHT.date())
    assert not can_withdraw(told.when(WITHDRAW, 3).placement)
