"""Who wins when several accept, and the deadline as a provider's right."""

import pytest

from services.matching.domain import events
from services.matching.domain.deadlines import Deadline, deadlines
from tests.unit.matching.world import (
    TIME,
    WITHDRAW,
    Story,
    answers,
    at,
    by_hand,
    contract,
    like,
    no,
    pid,
    provider,
    ranks,
    referral,
    release,
    said,
    searching,
    story,
    tier,
    yes,
)

FIRST = tier(award_rule="first", settling_minutes=0)
DPS = tier("dps", kind="dps", scope="any", budget_minutes={"routine": 120})


def won(told: Story) -> list[str]:
    """The names of those awarded in the last decision."""
    return [event.provider_name for event in told.of(events.Awarded)]


def test_the_best_ranked_is_awarded_at_once():
    """Nobody better may still answer: nothing to wait for; the others are told at once."""
    told = searching("A", "B").when(answers(yes("A", 3)), 4)
    told.then(
        like(events.Awarded, provider_id=pid("A"), accepted_at=at(3), confirm_by=at(124),
             via="endpoint", ground=None, tier=0, tier_name="lot", lot="north",
             contract_kind="framework", rate_pence=1800, response_id=pid("accept A 1")),
        like(events.OffersWithdrawn, because="placed"),
    )  # fmt: skip


def test_a_worse_ranked_acceptance_stands_while_a_better_one_may_answer():
    """A person with a telephone is not beaten by a machine. Source: domain rule 5."""
    told = searching("A", "B").when(answers(yes("B", 3)), 3)
    told.then(
        like(events.AcceptanceStood, provider_id=pid("B"), accepted_at=at(3), decided_by=at(13))
    )
    assert Deadline(kind="settlement", at=at(13)) in deadlines(told.placement)
    told.when(TIME, 12.9).then_nothing()
    told.when(TIME, 13).then(
        like(events.Awarded, provider_id=pid("B"), accepted_at=at(3)), events.OffersWithdrawn
    )


def test_a_better_ranked_acceptance_within_the_settling_time_wins():
    """The standing one is withdrawn because the package is placed."""
    told = searching("A", "B").when(answers(yes("B", 3)), 3).when(answers(yes("A", 9)), 9)
    told.then(
        like(events.Awarded, provider_id=pid("A")),
        like(events.OffersWithdrawn, offer_ids=(yes("B", 0).offer_id,), because="placed"),
    )


def test_a_standing_acceptance_wins_as_soon_as_everybody_better_said_no():
    """Nobody waits for a settling time that nothing can come of."""
    told = searching("A", "B", "C").when(answers(yes("C", 3)), 3)
    told.when(answers(no("A", 4)), 4).then(events.OfferDeclined)
    told.when(answers(no("B", 5)), 5).then(
        events.OfferDeclined, like(events.Awarded, provider_id=pid("C"))
    )


def test_a_settlement_is_no_later_than_the_last_deadline_of_the_better_ones():
    """The earlier of settling time and deadline decides; a better one that lapses is beaten."""
    told = searching("A", "B").when(answers(yes("B", 25)), 25)
    told.then(like(events.AcceptanceStood, decided_by=at(30)))
    told.when(TIME, 30).then(
        like(events.OffersLapsed, offer_ids=(yes("A", 0).offer_id,)),
        like(events.Awarded, provider_id=pid("B")),
    )


def test_the_settling_time_runs_from_the_first_acceptance():
    """A second acceptance does not put the decision off."""
    told = searching("A", "B", "C").when(answers(yes("C", 3)), 3).when(answers(yes("B", 9)), 9)
    told.then(like(events.AcceptanceStood, provider_id=pid("B"), decided_by=at(13)))
    told.when(TIME, 13)
    assert won(told) == ["B"]


def test_while_an_acceptance_stands_no_wave_and_no_tier_opens():
    """The tier's budget ends meanwhile: the settlement comes first."""
    tiers = (tier(wave_size=2, settling_minutes=50, budget_minutes={"routine": 30}), DPS)
    told = searching("A", "B", "C", tiers=tiers).when(answers(yes("B", 3)), 3)
    told.when(TIME, 29.9).then_nothing()
    told.when(TIME, 30)
    assert won(told) == ["B"]
    assert not told.of(events.TierOpened)


def test_of_several_in_one_batch_the_best_ranked_wins_and_the_others_are_refused():
    """One first event about each acceptance: no standing before the refusal."""
    told = searching("A", "B", "C").when(answers(yes("C", 1), yes("A", 2), yes("B", 3)), 4)
    told.then(
        like(events.Awarded, provider_id=pid("A")),
        like(events.RequestRefused, provider_id=pid("C"), code="already-placed", request="accept",
             response_id=pid("accept C 1"), offer_id=yes("C", 0).offer_id, award_id=None),
        like(events.RequestRefused, provider_id=pid("B"), code="already-placed"),
        events.OffersWithdrawn,
    )  # fmt: skip


def test_of_several_in_one_batch_all_stand_while_a_better_one_may_answer():
    """Each is told until when."""
    told = searching("A", "B", "C").when(answers(yes("C", 1), yes("B", 2)), 3)
    told.then(
        like(events.AcceptanceStood, provider_id=pid("C"), decided_by=at(11)),
        like(events.AcceptanceStood, provider_id=pid("B"), decided_by=at(11)),
    )


def test_a_batch_read_after_its_settling_time_is_decided_at_once():
    """Nothing stands until an instant that has passed."""
    told = searching("A", "B", "C").when(answers(yes("C", 1), yes("B", 2)), 20)
    told.then(
        like(events.Awarded, provider_id=pid("B")),
        like(events.RequestRefused, provider_id=pid("C")),
        events.OffersWithdrawn,
    )


def test_a_no_of_the_same_batch_is_heard_before_the_yes_is_weighed():
    """The better-ranked no comes after the yes in the batch; both count."""
    told = searching("A", "B").when(answers(yes("B", 1), no("A", 2)), 3)
    told.then(events.OfferDeclined, like(events.Awarded, provider_id=pid("B")))


def test_under_first_the_earliest_acceptance_of_a_batch_wins():
    """Rank does not count where the contract says first. Source: domain rule 5."""
    told = searching("A", "B", tiers=(FIRST,)).when(answers(yes("A", 3), yes("B", 2)), 4)
    told.then(
        like(events.Awarded, provider_id=pid("B")),
        like(events.RequestRefused, provider_id=pid("A"), code="already-placed"),
        events.OffersWithdrawn,
    )


def test_under_first_an_acceptance_is_awarded_at_once():
    """Nothing stands."""
    searching("A", "B", tiers=(FIRST,)).when(answers(yes("B", 2)), 2).then(
        like(events.Awarded, provider_id=pid("B")), events.OffersWithdrawn
    )


@pytest.mark.parametrize("rule", [FIRST, tier(settling_minutes=5)])
def test_fifty_acceptances_at_once_give_one_award_and_forty_nine_refusals(rule):
    """One 200, forty-nine 409."""
    names = [f"P{number:02}" for number in range(50)]
    told = searching(*names, tiers=(rule,)).when(answers(*[yes(name, 1) for name in names]), 1)
    assert len(told.of(events.Awarded)) == 1
    refused = told.of(events.RequestRefused)
    assert len({event.response_id for event in refused}) == 49
    assert {event.code for event in refused} == {"already-placed"}


def test_an_acceptance_from_before_the_deadline_counts_after_its_offer_lapsed():
    """Recorded in time and read late: awarded, from an exhausted search too. Domain rule 6."""
    told = searching("A").when(TIME, 30).when(answers(yes("A", 29.9)), 40)
    told.then(
        like(events.Awarded, provider_id=pid("A"), accepted_at=at(29.9)),
        like(events.EscalationClosed, kind="nobody_left"),
    )


def test_an_acceptance_read_after_its_deadline_counts_before_it_is_lapsed():
    """The same before any timer has fired; the others' deadline has passed too: they lapse."""
    told = searching("A", "B").when(answers(yes("B", 29.9)), 40)
    told.then(
        like(events.OffersLapsed, offer_ids=(yes("A", 0).offer_id,)),
        like(events.Awarded, provider_id=pid("B")),
    )


def test_at_the_deadline_it_is_too_late():
    """Half-open: an answer recorded at the deadline is refused as lapsed."""
    searching("A").when(answers(yes("A", 30)), 30).then_some(
        like(events.RequestRefused, code="offer-lapsed", provider_id=pid("A"))
    )
    searching("A").when(TIME, 30).when(answers(no("A", 31)), 31).then(
        like(events.RequestRefused, code="offer-lapsed", request="decline")
    )


def in_dps() -> Story:
    """A and B lapsed in the lot, D and E are asked in the DPS tier, since 30 minutes."""
    providers = (
        *ranks("A", "B"),
        *[provider(n, contract("dps", rank=r)) for n, r in (("D", 1), ("E", 2))],
    )
    return story(*providers, tiers=(tier(), DPS)).when(referral()).when(TIME, 30)


def test_a_late_acceptance_beats_those_of_a_later_tier():
    """It ranks before everybody of the tier now asked: awarded at once, live offers withdrawn."""
    told = in_dps().when(answers(yes("B", 29)), 35)
    told.then(
        like(events.Awarded, provider_id=pid("B"), tier=0),
        like(events.OffersWithdrawn, offer_ids=(yes("D", 0).offer_id, yes("E", 0).offer_id)),
    )


def test_a_late_acceptance_beats_a_standing_one_and_a_batch():
    """It competes by rank with one that stands and one of the same batch."""
    told = in_dps().when(answers(yes("E", 31)), 31).then(events.AcceptanceStood)
    told.when(answers(yes("D", 32), yes("A", 29)), 33).then(
        like(events.Awarded, provider_id=pid("A")),
        like(events.RequestRefused, provider_id=pid("D")),
        events.OffersWithdrawn,
    )


def test_under_first_a_late_acceptance_competes_by_its_instant():
    """The earlier recorded one wins, whatever its tier."""
    tiers = (tier(), tier("dps", kind="dps", scope="any", award_rule="first", settling_minutes=0))
    told = story(*ranks("A"), provider("D", contract("dps")), tiers=tiers).when(referral())
    told.when(TIME, 30).when(answers(yes("D", 31), yes("A", 29)), 33)
    assert won(told) == ["A"]


@pytest.mark.parametrize("minutes", [31, 65])
def test_late_acceptances_compete_by_the_rule_of_the_tier_that_asked_them(minutes):
    """Offers by rank lapsed, and a tier by `first` is open or was the last: rank still decides."""
    tiers = (tier(), tier("dps", kind="dps", scope="any", award_rule="first", settling_minutes=0))
    told = story(*ranks("A", "B"), provider("D", contract("dps")), tiers=tiers).when(referral())
    told.when(TIME, 30).when(TIME, minutes - 1).when(answers(yes("B", 28), yes("A", 29)), minutes)
    assert won(told) == ["A"]


def test_late_acceptances_of_a_tier_by_first_compete_by_instant_in_a_ranked_one():
    """The other way about: who was asked by `first` and said yes first has it."""
    tiers = (
        tier(award_rule="first", settling_minutes=0),
        tier("dps", kind="dps", scope="any", settling_minutes=10),
    )
    told = story(*ranks("A", "B"), provider("D", contract("dps")), tiers=tiers).when(referral())
    told.when(TIME, 30).when(answers(yes("A", 29), yes("B", 28), yes("D", 31)), 32)
    assert won(told) == ["B"]


def test_a_late_acceptance_of_an_earlier_round_counts():
    """A was asked in round one and lapsed; round two is on; its answer was in time."""
    told = searching("A", "B", tiers=(tier(wave_size=1),)).when(TIME, 30)
    told.when(answers(yes("B", 31)), 31).when(release("B"), 32)
    assert told.asked() == ["A"]
    told.when(answers(yes("A", 29)), 33).then(
        like(events.Awarded, provider_id=pid("A")),
        like(events.OffersWithdrawn, offer_ids=(yes("A", 0, round_=2).offer_id,)),
        like(events.EscalationClosed, kind="released"),
    )


def test_an_award_before_it_makes_a_late_acceptance_too_late():
    """Unless the package was awarded first: already placed, lapsed or withdrawn alike."""
    told = in_dps().when(answers(yes("D", 31)), 31)
    told.when(answers(yes("A", 29), yes("E", 30)), 32).then(
        like(events.RequestRefused, provider_id=pid("A"), code="already-placed"),
        like(events.RequestRefused, provider_id=pid("E"), code="already-placed"),
    )


def test_a_withdrawal_before_it_makes_a_late_acceptance_too_late():
    """Unless the package was withdrawn first."""
    told = in_dps().when(WITHDRAW, 31)
    told.when(answers(yes("A", 29), yes("D", 30.5)), 32).then(
        like(events.RequestRefused, provider_id=pid("A"), code="offer-withdrawn"),
        like(events.RequestRefused, provider_id=pid("D"), code="offer-withdrawn"),
    )


def test_a_withdrawn_offer_stays_withdrawn_after_a_release():
    """Its provider was told that another has it; a new round has a new offer."""
    told = searching("A", "B").when(answers(yes("A", 1)), 1).when(release("A"), 2)
    told.when(answers(yes("B", 0.5)), 3).then(like(events.RequestRefused, code="already-placed"))
    told.when(answers(yes("B", 3, round_=2)), 3)
    assert won(told) == ["B"]


def test_a_telephone_acceptance_that_loses_at_once_is_found_in_the_timeline():
    """The better one stands and its decision is due: the call is written, then withdrawn."""
    told = searching("A", "B", "C").when(answers(yes("B", 1)), 1)
    told.when(answers(said(yes("C", 0), 11)), 11).then(
        like(events.AcceptanceStood, provider_id=pid("C"), via="telephone", decided_by=at(11)),
        like(events.Awarded, provider_id=pid("B")),
        events.OffersWithdrawn,
    )


def test_a_telephone_acceptance_that_loses_after_the_search_ended_is_refused():
    """Nothing stands in an exhausted search; the loser has its event all the same."""
    told = searching("A", "B").when(TIME, 30)
    told.when(answers(yes("A", 29), said(yes("B", 0), 29)), 31).then(
        like(events.Awarded, provider_id=pid("A")),
        like(events.RequestRefused, provider_id=pid("B"), code="already-placed", response_id=None),
        like(events.EscalationClosed, kind="nobody_left"),
    )


def test_a_hand_award_withdraws_what_stands():
    """A person overrules the machine; the standing acceptance is told."""
    told = searching("A", "B").when(answers(yes("B", 1)), 1).when(by_hand("A"), 2)
    told.then(
        like(events.Awarded, provider_id=pid("A"), via="hand", offer_id=None, tier=None, lot="north",
             contract_kind="framework", rate_pence=1800, ground="urgency", accepted_at=at(2)),
        like(events.OffersWithdrawn, offer_ids=(yes("A", 0).offer_id, yes("B", 0).offer_id)),
    )  # fmt: skip
