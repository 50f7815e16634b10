"""Open items for people, made from placement events: the queue that brokers work down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.matching.domain import events as e
from services.matching.domain.codes import EscalationKind
from services.matching.domain.events import Event
from services.matching.domain.replacing import replace
from shared.messaging.projection import Projection
from shared.postgres.rows import RowTable

SEVERITY: Mapping[EscalationKind, int] = {
    "nobody_left": 80,
    "person_refuses": 70,
    "target_overdue": 60,
    "person_view_missing": 55,
    "confirmation_overdue": 50,
    "released": 40,
    "exclusion_proposed": 20,
    "by_hand": 45,
    "care_gap": 100,
    "care_gap_ahead": 90,
    "start_overdue": 65,
    "authorisation_overdue": 42,
    "authorisation_exceeded": 41,
    "pause_ending": 30,
    "review_due": 25,
    "rate_approval": 66,
    "conditional_acceptance": 65,
    "requirement_changed": 68,
}
"""How much each hurts if nobody acts: first a person for whom nobody looks, last what can wait a
day. An urgent package comes before a routine one of the same kind. Source: assumed."""

TO_DO: Mapping[EscalationKind, str] = {
    "nobody_left": "Nobody is left to ask: telephone, ask a provider by name, or award by hand.",
    "person_refuses": "The person refuses this plan: cancel the award or amend what is asked for.",
    "target_overdue": "The last target has passed: see who has not answered.",
    "person_view_missing": "The provider cannot confirm until the person's view is recorded.",
    "confirmation_overdue": "The provider has not confirmed: telephone it.",
    "released": "A provider gave the award back: see why; the search goes on by itself.",
    "exclusion_proposed": "A release suggests an exclusion: exclude the provider, or lift it.",
    "rate_approval": "A provider says yes above the rate limit: approve the rate or refuse it.",
    "conditional_acceptance": "A provider says yes on a condition: accept, refuse or counter it.",
    "requirement_changed": "What is needed has changed after care had started: change the running package.",
    "by_hand": "A colleague asks for a look: see the notes.",
    "care_gap": "A visit has nobody now: see to a contingency, then find a provider.",
    "care_gap_ahead": "A visit will have nobody soon: bridge it, or arrange a contingency.",
    "start_overdue": "Care has not started when it should have: telephone the provider.",
    "authorisation_overdue": "Care was let begin without paperwork, which is due: get it agreed.",
    "authorisation_exceeded": "More hours are needed than were agreed: get them authorised.",
    "pause_ending": "A held package is about to lapse: hold it longer, or restart it.",
    "review_due": "Reablement is to be reviewed: end it, or go on as long-term care.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRow:
    """One item of a placement; a kind is open once at most, and may open again."""

    id: UUID
    referral_id: UUID
    placement_id: UUID
    kind: str
    severity: int
    opened_at: datetime
    closed_at: datetime | None = None


def escalation_id(event: e.EscalationOpened | e.EscalationClosed) -> UUID:
    """The key of a placement's item of one kind."""
    return uuid5(event.placement_id, f"escalation:{event.kind}")


def project_escalation(row: EscalationRow | None, event: Event, key: UUID) -> EscalationRow | None:
    """The item after it was opened or closed."""
    match event:
        case e.EscalationOpened():
            return EscalationRow(
                id=key,
                referral_id=event.referral_id,
                placement_id=event.placement_id,
                kind=event.kind,
                severity=SEVERITY[event.kind],
                opened_at=event.at,
            )
        case e.EscalationClosed():
            return row and replace(row, closed_at=event.at)
        case _:
            return row


def _keys(event: Any) -> tuple[UUID, ...]:
    if isinstance(event, e.EscalationOpened | e.EscalationClosed):
        return (escalation_id(event),)
    return ()


ESCALATIONS = Projection(
    name="escalations",
    rows=RowTable(EscalationRow, table="escalations", key="id"),
    topics=("placements.v1",),
    keys=_keys,
    project=project_escalation,
)
