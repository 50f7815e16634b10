"""What people decide about a placement as a whole, and awards in spite of a gate."""

from dataclasses import replace

import pytest

from services.matching.domain import commands, events
from services.matching.domain import interventions as acts
from services.matching.domain.carrying import present
from services.matching.domain.consequences import consequences
from services.matching.escalation_rows import SEVERITY, TO_DO, escalation_id, project_escalation
from shared.contracts.codes import EscalationKind, codes_of
from tests.unit.matching.orders import (
    CANCEL,
    ESCALATE,
    MOVE,
    ask,
    assign,
    close,
    exclude,
    hold,
    lift,
    one_by_one,
    view,
)
from tests.unit.matching.world import (
    INCOMPLETE,
    RECONSIDER,
    TIME,
    WITHDRAW,
    Story,
    answers,
    at,
    by_hand,
    confirm,
    contract,
    like,
    market,
    no,
    pid,
    policy,
    provider,
    ranks,
    referral,
    release,
    searching,
    start,
    story,
    tier,
    wanted,
    yes,
)

E = events


def test_who_is_excluded_is_not_asked_any_more():
    """Its offer is withdrawn, it is left out of later rounds and tiers, until it is lifted."""
    told = searching("A", "B").when(exclude("A"), 1)
    told.then(acts.ProviderExcluded, like(E.OffersWithdrawn, because="excluded"))
    told.when(exclude("A"), 2).then_refused("already-excluded")
    told.when(ask("A"), 2).then_refused("not-eligible")
    told.when(answers(yes("B", 3)), 3).when(release("B"), 4)
    assert told.passed_over() == {"A": "excluded", "B": "released_before"}
    told.when(lift("A"), 5).then(acts.ExclusionLifted).when(ask("A"), 6)
    assert told.asked() == ["A"]
    told.when(lift("A"), 7).then_refused("not-excluded")
    told.when(exclude("Z"), 7).then_refused("unknown-provider")


def test_an_exclusion_before_the_turn():
    """Who waits for its turn loses it; a market that changes does not bring it back."""
    told = one_by_one("A", "B").when(exclude("B"), 1).then(acts.ProviderExcluded)
    told.when(TIME, 30).then(E.OffersLapsed, E.SearchExhausted, E.EscalationOpened)
    only = searching("A").when(exclude("B2"), 1)
    only.then_refused("unknown-provider")
    told.when(RECONSIDER, 40).then_nothing()


def test_an_unsafe_release_proposes_an_exclusion():
    """It waits for a person, who excludes the provider or lifts the proposal."""
    told = searching("A", "B").when(answers(yes("A", 1)), 1).when(release("A", reason="unsafe"), 2)
    told.then_some(like(acts.ExclusionProposed, provider_id=pid("A"), because="unsafe"))
    assert "exclusion_proposed" in present(told.placement).escalations
    told.when(close("exclusion_proposed"), 3).then_refused("still-open")
    other = Story(policy=told.policy, market=told.market, placement=told.placement)
    told.when(exclude("A"), 4).then(acts.ProviderExcluded, E.EscalationClosed)
    other.when(lift("A"), 4).then(acts.ExclusionLifted, E.EscalationClosed)


def test_the_persons_view_is_needed_to_confirm():
    """Where the policy says so; the provider is told why, and a person is asked for it."""
    told = searching("A", needed_person_view=frozenset({"agrees", "best_interests"}))
    told.when(answers(yes("A", 1)), 1).when(confirm("A"), 2)
    told.then(
        like(E.RequestRefused, code="person-view-missing"),
        like(E.EscalationOpened, kind="person_view_missing"),
    )
    told.when(close("person_view_missing"), 3).then_refused("still-open")
    told.when(view("informed", 3), 3).then(acts.PersonViewRecorded)
    told.when(view("agrees", 4), 4).then(acts.PersonViewRecorded, E.EscalationClosed)
    told.when(confirm("A", response_id=pid("again")), 5).then(E.AwardConfirmed)


def test_a_refusal_by_the_person_is_an_item():
    """It is open until the person says otherwise; what was told lies in the past."""
    told = searching("A").when(view("refuses", 1), 1)
    told.then(acts.PersonViewRecorded, like(E.EscalationOpened, kind="person_refuses"))
    told.when(view("agrees", 9), 2).then_refused("told-in-the-future")
    told.when(view("best_interests", 2), 3).then(acts.PersonViewRecorded, E.EscalationClosed)


def test_a_placement_is_given_to_a_broker():
    """Once for each change; also before the referral is complete, and the search keeps it."""
    told = story(*ranks("A")).when(INCOMPLETE).when(assign("kim"), 1).then(acts.PlacementAssigned)
    told.when(assign("kim"), 2).then_nothing()
    told.when(commands.CompleteReferral(complete_at=at(3), urgency="routine",
                                        wanted=wanted()), 3)  # fmt: skip
    by_people = present(told.placement).by_people
    assert by_people is not None
    assert by_people.assignee_id == pid("kim")
    told.when(assign(None), 4).then(like(acts.PlacementAssigned, assignee_id=None))


def test_an_item_is_opened_and_closed_by_hand():
    """Not while what it says is so; a closed one does not open again by itself."""
    told = searching("A").when(ESCALATE, 1).then(like(E.EscalationOpened, kind="by_hand"))
    told.when(ESCALATE, 2).then_nothing()
    told.when(close("by_hand"), 3).then(E.EscalationClosed)
    told.when(close("by_hand"), 4).then_refused("nothing-to-close")
    told.when(TIME, 30).when(close("nobody_left"), 31).then_refused("still-open")
    told.when(TIME, 240).when(close("target_overdue"), 241).then(E.EscalationClosed)
    told.when(TIME, 300).then_nothing()
    late = searching("A").when(answers(yes("A", 1)), 1).when(TIME, 121)
    late.when(close("confirmation_overdue"), 122).then_refused("still-open")


def test_nothing_is_decided_about_what_was_withdrawn_or_never_was():
    """A withdrawn package is over; an unknown one is not found."""
    told = searching("A").when(WITHDRAW, 1)
    for command in (exclude("A"), lift("A"), view("agrees"), assign("kim"), ESCALATE, MOVE):
        told.when(command, 2).then_refused("already-withdrawn")
        story(*ranks("A")).when(command).then_refused("unknown-placement")


def moved(told: Story, *tiers, **changes) -> Story:
    """The story under a newer version of the policy."""
    newer = policy(*(tiers or told.policy.tiers), version="1" * 16, **changes)
    told.policy = newer
    return told


def test_a_placement_is_moved_to_the_newer_policy():
    """Open offers stay; with nothing open a round begins under it; the same one is refused."""
    told = searching("A", "B").when(MOVE, 1).then_refused("same-policy")
    moved(told).when(MOVE, 2).then(like(acts.PolicyMoved, policy_version="1" * 16))
    ended = searching("A", "B").when(answers(no("A", 1)), 1).when(TIME, 30)
    moved(ended, tier("new")).when(MOVE, 31)
    ended.then(
        acts.PolicyMoved, like(E.SearchReopened, because="policy_moved"), E.EscalationClosed,
        E.TierOpened, E.OffersMade,
    )  # fmt: skip
    assert ended.asked() == ["B"]
    waiting = story(*ranks("A")).when(INCOMPLETE).when(MOVE, 1)
    waiting.then_refused("not-complete")


def test_a_policy_with_other_tiers_waits_for_open_offers():
    """Tiers that have open offers must mean the same; a hold keeps its place as well."""
    told = moved(searching("A", "B"), tier("other")).when(MOVE, 1).then_refused("tiers-differ")
    held = one_by_one("A", "B").when(hold(90), 1).when(TIME, 30)
    moved(held, tier("other")).when(MOVE, 31).then_refused("tiers-differ")
    moved(held, held.policy.tiers[0], tier("lot")).when(MOVE, 32).then_refused("tiers-differ")
    told.when(answers(yes("A", 2)), 2)


def test_an_award_in_spite_of_a_gate_needs_a_second_ground():
    """The gate is named and recorded; a suspended provider gets nothing by any way."""
    far = provider("far", contract("dps"), cqc_rating="inadequate")
    off = provider("off", contract(), suspended=True)
    rules = (tier(), tier("dps", kind="dps", scope="any"))
    told = story(*ranks("A"), far, off, tiers=rules).when(referral()).when(by_hand("far"), 1)
    told.then_refused("not-eligible")
    assert told.refusal is not None
    assert "cqc_rating" in told.refusal.sentence
    told.when(replace(by_hand("off"), override="urgency"), 1).then_refused("provider-suspended")
    before = told.placement
    told.when(replace(by_hand("far"), override="none_answered"), 2)
    told.then_some(like(E.Awarded, provider_id=pid("far"), overrides="cqc_rating"))
    assert "cqc_rating" in (consequences(before, told.new) or "")


def test_an_award_by_hand_has_the_contract_of_the_tier_it_fits():
    """A provider that was not asked yet gets its contract's lot, kind and rate."""
    told = story(*ranks("A"), provider("D", contract("dps", rate_pence=1650)),
                 tiers=(tier(), tier("dps", kind="dps", scope="any")))  # fmt: skip
    told.when(referral()).when(by_hand("D"), 1)
    told.then_some(like(E.Awarded, contract_kind="dps", rate_pence=1650, overrides=None))


@pytest.mark.parametrize("kind", codes_of(EscalationKind))
def test_every_item_has_its_place_in_the_queue(kind):
    """Each kind says how much it hurts and what to do."""
    assert SEVERITY[kind] > 0
    assert TO_DO[kind].endswith(".")


def test_the_queue_follows_the_items():
    """Opened, closed and opened again is one row with the newest opening."""
    told = searching("A").when(ESCALATE, 1)
    (opened,) = told.of(E.EscalationOpened)
    key = escalation_id(opened)
    row = project_escalation(None, opened, key)
    assert row is not None
    assert (row.opened_at, row.closed_at) == (at(1), None)
    (closed,) = told.when(close("by_hand"), 2).of(E.EscalationClosed)
    row = project_escalation(row, closed, key)
    assert row is not None
    assert row.closed_at == at(2)
    (again,) = told.when(ESCALATE, 3).of(E.EscalationOpened)
    row = project_escalation(row, again, key)
    assert row is not None
    assert (row.opened_at, row.closed_at) == (at(3), None)


def test_a_cancelled_award_after_a_start_is_refused_and_other_markets_do_not_matter():
    """What people may do does not depend on who is in the register, once care has begun."""
    told = searching("A").when(answers(yes("A", 1)), 1).when(start("A"), 2)
    told.when(CANCEL, 3, market=market()).then_refused("already-started")
