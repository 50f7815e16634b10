"""What becomes of an offer, as reports count it."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from services.matching.domain import events as e
from services.matching.domain import negotiations as talks
from services.matching.domain.asking import OfferMade
from services.matching.offer_rows import OfferRow, made, project_offer, touched

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 10, tzinfo=UTC)
OFFER, WHO = UUID(int=1), UUID(int=2)
KNOWN: dict[str, Any] = {"at": LATER, "referral_id": UUID(int=3), "placement_id": UUID(int=4)}
ANSWER: dict[str, Any] = {**KNOWN, "offer_id": OFFER, "provider_id": WHO, "via": "endpoint",
                          "response_id": None}  # fmt: skip
STOOD = e.AcceptanceStood(**ANSWER, accepted_at=AT, decided_by=LATER)
DECLINED = e.OfferDeclined(**ANSWER, reason="times", answered_at=AT, prompt=False, lot="north")
LAPSED = e.OffersLapsed(**KNOWN, offer_ids=(OFFER,))
PLACED = e.OffersWithdrawn(**KNOWN, offer_ids=(OFFER,), because="placed")
AWARDED = e.Awarded(
    **ANSWER, award_id=UUID(int=5), provider_name="Care", accepted_at=AT, tier=0, tier_name="lot",
    lot="north", contract_kind="framework", rate_pence=None, confirm_by=LATER, ground=None,
)  # fmt: skip
TOO_LATE = e.RequestRefused(
    **KNOWN, request="accept", provider_id=WHO, offer_id=OFFER, award_id=None,
    code="already-placed", response_id=None,
)  # fmt: skip
QUOTED = talks.RateQuoted(**ANSWER, rate_pence=2200, limit_pence=2000, accepted_at=AT)
RATE_REFUSED = talks.RateRefused(**KNOWN, offer_id=OFFER, provider_id=WHO, response_id=None)


def offered() -> OfferRow:
    offer = OfferMade(
        offer_id=OFFER, provider_id=WHO, place=1, lot="north", contract_kind="framework",
        rate_pence=None,
    )  # fmt: skip
    event = e.OffersMade(
        **{**KNOWN, "at": AT}, round=1, tier=0, tier_name="lot", wave=1, expires_at=LATER,
        offers=(offer,), passed_over=(),
    )  # fmt: skip
    (row,) = made(event)
    return row


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ((), "open"),
        ((DECLINED,), "declined"),
        ((LAPSED,), "lapsed"),
        ((STOOD,), "accepted"),
        ((STOOD, AWARDED), "awarded"),
        ((STOOD, PLACED), "lost"),
        ((PLACED,), "withdrawn"),
        ((PLACED, TOO_LATE), "lost"),
        ((LAPSED, STOOD), "accepted"),
        ((LAPSED, AWARDED), "awarded"),
        ((QUOTED,), "conditional"),
        ((QUOTED, RATE_REFUSED), "refused"),
        ((QUOTED, STOOD, AWARDED), "awarded"),
        ((QUOTED, PLACED), "lost"),
        ((DECLINED, TOO_LATE), "declined"),
    ],
)
def test_what_became_of_an_offer(events, outcome):
    """A lost race is a yes that came to nothing; a lapse is undone by an answer given in time."""
    assert reduce(project_offer, events, offered()).outcome == outcome
    assert all(touched(event) == (OFFER,) for event in events)


def test_an_answer_has_its_reason_and_its_instant():
    """When it was given, not when it was decided about."""
    row = project_offer(offered(), DECLINED)
    assert (row.reason, row.answered_at, row.made_at) == ("times", AT, AT)


def test_an_award_by_hand_touches_no_offer():
    """It answers none."""
    assert touched(replace(AWARDED, offer_id=None)) == ()
