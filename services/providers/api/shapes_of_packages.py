"""The bodies about packages that a provider sends and gets. Unknown fields are refused."""

from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from services.providers.api.shapes import Body, Version, View, pounds
from services.providers.domain.awards import AwardState
from services.providers.domain.questions import ASKED_IN
from services.providers.needed import Needed, needed_now
from shared.contracts.codes import ContractKind, HandBackReason, ReleaseReason
from shared.web.instants import When
from shared.web.text import LongText, ShortText


class WordsBody(Body):
    """What is written beside an answer: it stays in this service."""

    note: LongText | None = None
    told: ShortText | None = None


class ConfirmBody(Body):
    """Which version of what is needed you take; left out: that which you were awarded, or agreed to."""

    version: Version | None = None


class ReleaseBody(WordsBody):
    """Giving an award back. `other` needs a note, `unsafe` needs who was told."""

    reason: ReleaseReason


class HandBackBody(WordsBody):
    """Giving up a confirmed package. `other` needs a note, `safety` needs who was told."""

    reason: HandBackReason
    last_visit_at: Annotated[
        When, Field(description="From a day ago (a late report) to a year ahead.")
    ]


class ChangeAnswerBody(WordsBody):
    """Which version of what is needed you have read."""

    version: Version


class StartBody(Body):
    """The first visit was delivered."""

    started_at: When


class RestartView(View):
    """The person comes home: do you go on?"""

    restart_at: AwareDatetime
    answer_by: AwareDatetime


class ChangeView(View):
    """What is needed has changed: do you go on?"""

    version: int
    answer_by: AwareDatetime
    needed: Needed | None
    """What is needed now, whole."""


class PackageView(View):
    """A package awarded to you."""

    referral_id: UUID
    award_id: UUID
    offer_id: UUID | None
    state: AwardState
    accepted_at: AwareDatetime
    filled_at: AwareDatetime
    confirm_by: AwareDatetime
    start_by: AwareDatetime | None
    """Care that has not started by then is overdue."""
    confirmed_at: AwareDatetime | None
    started_at: AwareDatetime | None
    review_at: AwareDatetime | None
    """When reablement is to be reviewed."""
    held_until: AwareDatetime | None
    """Of a paused package."""
    retainer: bool | None
    restart: RestartView | None
    """Asked of you now."""
    change: ChangeView | None
    """Asked of you now."""
    last_visit_at: AwareDatetime | None
    """Of care that is ending; null there: until somebody else has begun."""
    ended_at: AwareDatetime | None
    ended_because: str | None
    """Why it ends, or has ended."""
    tier_name: str | None
    lot: str | None
    contract_kind: ContractKind | None
    rate: Decimal | None
    needed: Needed | None
    version: int
    """Of `needed`."""

    @classmethod
    def of(cls, row: Any) -> Self:
        """The package in a record of `find_package` or `list_packages`."""
        return cls.model_validate(
            {
                **row,
                "rate": pounds(row["rate_pence"]),
                "needed": needed_now(row["searched"], row["agreed"]),
                "version": _version(row),
                "held_until": row["held_until"] if row["state"] == "paused" else None,
                "retainer": row["retainer"] if row["state"] == "paused" else None,
                "restart": _restart(row),
                "change": _change(row),
            }
        )


def _version(row: Any) -> int:
    """That of the change which was agreed, or which the search was amended to."""
    agreed = row["change_version"] if row["change_result"] == "agreed" else None
    return max(agreed or 1, row["version"] or 1)


def _restart(row: Any) -> RestartView | None:
    is_open = row["state"] in ASKED_IN["restart"] and row["restart_result"] is None
    if not is_open or row["restart_at"] is None:
        return None
    return RestartView(restart_at=row["restart_at"], answer_by=row["restart_by"])


def _change(row: Any) -> ChangeView | None:
    is_open = row["state"] in ASKED_IN["change"] and row["change_result"] is None
    if not is_open or row["change_version"] is None:
        return None
    return ChangeView(
        version=row["change_version"],
        answer_by=row["change_by"],
        needed=needed_now(row["searched"], row["asked"]),
    )
