"""Words, clocks and targets of the board, and what is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.referrals.domain.board import Standing, hint, outlook_words, words
from services.referrals.domain.clock import Clock
from services.referrals.domain.missing import Known, is_authorised, missing_from

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def _clock(filled: float | None = None, withdrawn: float | None = None) -> Clock:
    return Clock(
        received_at=T0,
        complete_at=_at(10),
        filled_at=None if filled is None else _at(filled),
        withdrawn_at=None if withdrawn is None else _at(withdrawn),
    )


@pytest.mark.parametrize(
    ("clock", "now_minutes", "state"),
    [
        (_clock(), 90, "running"),
        (_clock(), 90.1, "over"),
        (_clock(filled=90), 500, "met"),
        (_clock(filled=91), 500, "over"),
        (_clock(withdrawn=60), 500, "not_counted"),
        (_clock(withdrawn=100), 500, "over"),
        (_clock(filled=30, withdrawn=100), 500, "met"),
    ],
)
def test_target(clock: Clock, now_minutes: float, state: str) -> None:
    """A target counts from received; withdrawn before its instant is outside the count."""
    assert clock.target(90, _at(now_minutes)) == state


def test_minutes() -> None:
    """Both clocks run until the fill, or the withdrawal, and stand still after it."""
    assert (_clock().minutes(_at(75)), _clock().minutes_since_complete(_at(75))) == (75, 65)
    assert _clock(filled=40).minutes(_at(75)) == 40
    assert _clock(withdrawn=50).minutes(_at(75)) == 50
    assert replace(_clock(), complete_at=None).minutes_since_complete(_at(75)) is None


@pytest.mark.parametrize(
    ("standing", "text"),
    [
        (
            Standing(status="waiting_for_information", missing=("requirement.visits",)),
            "Waiting for information: visits",
        ),
        (
            Standing(
                status="asking_providers",
                tier_name="neighbouring_lots",
                offers_out=1,
                next_deadline="14:35",
            ),
            "Asking providers in neighbouring lots: 1 offer out, next answer due by 14:35",
        ),
        (
            Standing(status="asking_providers", tier_name="dps"),
            "Asking providers in dps: the next offers are about to go out",
        ),
        (
            Standing(status="deciding", decided_by="14:40"),
            "A provider has said yes; it will be decided by 14:40",
        ),
        (
            Standing(status="nobody_left"),
            "Nobody left to ask: the brokerage team is on it",
        ),
    ],
)
def test_words(standing: Standing, text: str) -> None:
    """One plain sentence says what is happening and what comes next."""
    assert words(standing) == text


def test_hint() -> None:
    """Transport is not to be booked on anything less than a confirmation."""
    assert hint("taken") == "Do not book transport until confirmed."
    assert hint("confirmed", can_be_planned_on=True) is None
    assert hint("confirmed") == "Do not book transport until confirmed."


ALL = Known(
    from_hospital=True,
    discharge_ready_at=True,
    basis="panel",
    funder=True,
    authorised_by=True,
    authorised_at=True,
    paperwork_due_by=False,
    requirement=True,
    care_type=True,
    visits=True,
    ready_at=True,
    postcode=True,
    nhs_number_or_reason=True,
    name=True,
    date_of_birth=True,
    address_lines=True,
)


def test_nothing_missing() -> None:
    """With everything there the search can start; the community has no discharge date."""
    assert missing_from(ALL) == ()
    assert missing_from(replace(ALL, discharge_ready_at=False)) == ("discharge_ready_at",)
    assert missing_from(replace(ALL, discharge_ready_at=False, from_hospital=False)) == ()


@pytest.mark.parametrize(
    ("changes", "authorised"),
    [
        ({"authorised_at": False}, False),
        ({"authorised_by": False}, False),
        ({"funder": False}, False),
        ({"basis": None}, False),
        ({"basis": "urgent", "authorised_at": False, "authorised_by": False}, False),
        (
            {
                "basis": "urgent",
                "authorised_at": False,
                "authorised_by": False,
                "paperwork_due_by": True,
            },
            True,
        ),
    ],
)
def test_authorised(changes: dict[str, object], authorised: bool) -> None:
    """Money is agreed by somebody at some time, or urgently with a date for the paperwork."""
    assert is_authorised(replace(ALL, **changes)) is authorised  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "outlook", "told"),
    [
        ("asking_providers", "likely_today", "Provider likely today"),
        ("asking_providers", "likely_tomorrow", "Provider likely tomorrow"),
        ("deciding", "uncertain", "Uncertain when a provider is found"),
        ("asking_providers", None, None),
        ("taken", "likely_today", None),
        ("nobody_left", "likely_tomorrow", None),
    ],
)
def test_outlook(status, outlook, told) -> None:
    """A word while a provider is looked for, and never without the warning not to book yet."""
    assert outlook_words(status, outlook) == told
    if told:
        assert hint(status) == "Do not book transport until confirmed."
