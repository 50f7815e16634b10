"""The board's row is the same whatever the order between its two topics."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from services.referrals.projections.awards import project_award
from services.referrals.projections.board import BoardRow, project_board
from shared.contracts import placements, referrals
from shared.contracts.model import ReferralEvent
from shared.ids import new_id

ID, FIRST, SECOND, PROVIDER, AWARD = (new_id() for _ in range(5))
T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
ABOUT: dict[str, Any] = {"referral_id": ID, "placement_id": ID, "at": T0}
OF_AWARD: dict[str, Any] = {"award_id": AWARD, "provider_id": PROVIDER}


def _received(complete: bool = False) -> referrals.ReferralReceived:
    return referrals.ReferralReceived(
        referral_id=ID,
        at=T0,
        received_at=T0,
        source=referrals.Source(kind="hospital", organisation="whipps", ward="aspen"),
        pathway="P1",
        urgency="routine",
        discharge_ready_at=None,
        complete_at=T0 if complete else None,
        missing=() if complete else ("authorisation",),
        wanted=None,
    )


def _offers(*offer_ids: UUID) -> placements.OffersMade:
    made = tuple(
        placements.OfferMade(
            offer_id=offer_id,
            provider_id=PROVIDER,
            place=1,
            lot=None,
            contract_kind="dps",
            rate_pence=None,
        )
        for offer_id in offer_ids
    )
    return placements.OffersMade(
        **ABOUT,
        round=1,
        tier=2,
        tier_name="dps",
        wave=1,
        expires_at=T0 + timedelta(hours=1),
        offers=made,
        passed_over=(),
    )


def _awarded(award_id: UUID = AWARD, provider_id: UUID = PROVIDER) -> placements.Awarded:
    return placements.Awarded(
        **ABOUT,
        award_id=award_id,
        offer_id=FIRST,
        provider_id=provider_id,
        provider_name="Larch Home Care",
        accepted_at=T0,
        tier=2,
        tier_name="dps",
        lot=None,
        contract_kind="dps",
        rate_pence=1600,
        confirm_by=T0 + timedelta(hours=2),
        via="endpoint",
        ground=None,
        response_id=None,
    )


OURS: Sequence[ReferralEvent] = (
    _received(),
    referrals.WithdrawalRequested(referral_id=ID, at=T0, requested_at=T0, reason="died"),
)
THEIRS: Sequence[ReferralEvent] = (
    _offers(FIRST, SECOND),
    _awarded(),
    placements.AwardCancelled(**ABOUT, **OF_AWARD, because="referral_withdrawn"),
    placements.PlacementWithdrawn(**ABOUT, reason="died"),
)


def _board(events: Sequence[ReferralEvent]) -> BoardRow:
    row: BoardRow | None = None
    for event in events:
        row = project_board(row, event, ID)
    assert row is not None
    return row


def test_order_between_topics() -> None:
    """Every interleaving of both topics gives the same row."""
    total = len(OURS) + len(THEIRS)
    rows = set()
    for places in combinations(range(total), len(OURS)):
        ours, theirs = iter(OURS), iter(THEIRS)
        rows.add(_board([next(ours) if n in places else next(theirs) for n in range(total)]))
    (row,) = rows
    assert (row.status, row.ward, row.award_id) == ("withdrawn", "aspen", None)


@pytest.mark.parametrize(
    ("events", "status", "section"),
    [
        ([_received()], "waiting_for_information", 0),
        ([_received(complete=True)], "starting_search", 0),
        ([_received(), _offers(FIRST)], "asking_providers", 0),
        ([_received(), placements.SearchExhausted(**ABOUT, round=1)], "nobody_left", 0),
        ([_received(), _awarded()], "taken", 1),
        (
            [
                _received(),
                _awarded(),
                placements.AwardConfirmed(**ABOUT, **OF_AWARD, response_id=None),
            ],
            "confirmed",
            1,
        ),
        (
            [
                _received(),
                _awarded(),
                placements.CareStarted(**ABOUT, **OF_AWARD, started_at=T0, response_id=None),
            ],
            "care_started",
            2,
        ),
    ],
)
def test_status(events: list[ReferralEvent], status: str, section: int) -> None:
    """The newest fact decides the status, and the section of the board."""
    row = _board(events)
    assert (row.status, row.section) == (status, section)


def test_offers_out() -> None:
    """An offer is out until it is answered, lapses or is withdrawn, or is awarded."""
    declined = placements.OfferDeclined(
        **ABOUT,
        offer_id=FIRST,
        provider_id=PROVIDER,
        reason="area",
        answered_at=T0,
        prompt=True,
        lot=None,
        via="endpoint",
        response_id=None,
    )
    lapsed = placements.OffersLapsed(**ABOUT, offer_ids=(SECOND,))
    assert _board([_offers(FIRST, SECOND)]).next_deadline_at == T0 + timedelta(hours=1)
    row = _board([_offers(FIRST, SECOND), declined, lapsed])
    assert (row.live_offers, row.next_deadline_at) == ("{}", None)
    assert _board([_offers(FIRST), _awarded()]).live_offers == "{}"


def test_replaced_award() -> None:
    """A hand award takes the place of the one before, in whichever order the two are told."""
    other, new_award = new_id(), new_id()
    cancelled = placements.AwardCancelled(**ABOUT, **OF_AWARD, because="replaced_by_hand")
    by_hand = _awarded(new_award, other)
    for events in ([_awarded(), cancelled, by_hand], [_awarded(), by_hand, cancelled]):
        row = None
        for event in events:
            row = project_award(row, event, ID)
        assert row is not None
        assert (row.provider_id, row.state) == (other, "awarded")
        assert _board(events).provider_id == other


def test_an_end_after_the_start_keeps_the_fill() -> None:
    """What is cancelled before the start was not filled; care that was given was."""
    cancelled = placements.AwardCancelled(**ABOUT, **OF_AWARD, because="referral_withdrawn")
    started = placements.CareStarted(**ABOUT, **OF_AWARD, started_at=T0, response_id=new_id())
    withdrawn = placements.PlacementWithdrawn(**ABOUT, reason="died")
    assert _board([_awarded(), cancelled, withdrawn]).filled_at is None
    row = _board([_awarded(), started, cancelled, withdrawn])
    assert (row.status, row.provider_id, row.filled_at) == ("withdrawn", PROVIDER, T0)
