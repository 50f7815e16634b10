"""What is said of care in a schedule, by brokers and by providers, right or wrong at that moment.

Everybody knows what matching has published and nothing else.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from services.matching.domain import care_commands as asked
from services.matching.domain.events import SearchStarted
from services.matching.domain.requirement import Requirement
from services.matching.history import read_event
from shared.contracts.responses import ChangeAnswered, HandBackSent, RestartAnswered
from tests.simulation.handlers.kafka import Record

HOURS = (-20, 0.02, 1, 5, 20, 26, 60, 200)
ASKED = ("restart_asked", "change_asked")
CARED_FOR = ("confirmed", "started", "paused", *ASKED)
_BEGUN = "search-started"
_STATUS = {
    _BEGUN: "searching", "search-reopened": "searching", "award-released": "searching",
    "awarded": "awarded", "award-confirmed": "confirmed", "care-started": "started",
    "care-paused": "paused", "care-resumed": "started", "restart-asked": "restart_asked",
    "change-asked": "change_asked", "change-agreed": "before", "handed-back": "ending",
    "care-ending": "ending", "pause-lapsed": "lapsed", "care-ended": "over",
    "restart-refused": "over", "divided": "over", "withdrawn": "over",
}  # fmt: skip


@dataclass(slots=True)
class Seen:
    """A placement as somebody knows it who reads what matching publishes."""

    referral_id: UUID
    placement_id: UUID
    status: str
    requirement: Requirement
    award_id: UUID | None = None
    provider_id: UUID | None = None
    version: int = 1
    before: str = "started"
    """Its status when a change was asked about, which an agreement goes back to."""


@dataclass(slots=True)
class CareSeen:
    """Every placement that began, by what was published of it."""

    placements: dict[UUID, Seen] = field(default_factory=dict)

    def hear(self, record: Record) -> None:
        """One more record of the log."""
        type = dict(record.headers)["ce_type"].decode()
        kind = type.split(".")[-2]
        if kind not in _STATUS:
            return
        body = json.loads(record.value or b"")
        placement_id = UUID(body["placement_id"])
        if kind == _BEGUN:
            begun = read_event(type, (record.value or b"").decode())
            assert isinstance(begun, SearchStarted)
            self.placements[placement_id] = Seen(
                begun.referral_id, placement_id, "searching", begun.requirement
            )
        elif (seen := self.placements.get(placement_id)) is not None:
            if kind == "change-asked" and seen.status != "change_asked":
                seen.before = seen.status
            seen.status = seen.before if kind == "change-agreed" else _STATUS[kind]
            if kind == "awarded":
                seen.award_id, seen.provider_id = UUID(body["award_id"]), UUID(body["provider_id"])
            seen.version = body.get("version", seen.version)

    def order(self, rng: Random, now: datetime) -> tuple[UUID, asked.CareOrder, UUID | None] | None:
        """What a broker orders about one of them, and about which."""
        seen = self._some(rng, "paused") if rng.random() < 0.7 else None
        seen = seen or self._some(rng)
        if seen is None:
            return None
        found = list(self._fitting(seen, rng, now)) if rng.random() < 0.9 else []
        order = rng.choice(found or list(_any(seen, rng, now)))
        about = None if rng.random() < 0.1 else seen.placement_id
        return seen.referral_id, order, about

    def answer(
        self, rng: Random, given: dict[str, Any], now: datetime
    ) -> tuple[Any, str, Seen] | None:
        """What a provider says of its care: the event without its common part, and of which."""
        seen = self._some(rng, *ASKED) if rng.random() < 0.95 else None
        seen = seen or self._some(rng, *(CARED_FOR if rng.random() < 0.9 else ()))
        if seen is None or seen.award_id is None:
            return None
        given = given | {
            "referral_id": seen.referral_id,
            "award_id": seen.award_id,
            "provider_id": seen.provider_id,
        }
        agrees = rng.random() < 0.6
        if seen.status == "restart_asked" and rng.random() < 0.8:
            return RestartAnswered(**given, agrees=agrees), "restart", seen
        if seen.status == "change_asked" and rng.random() < 0.8:
            return ChangeAnswered(**given, agrees=agrees, version=seen.version), "change", seen
        last = now + timedelta(hours=rng.choice(HOURS))
        reason = rng.choice(("staffing", "safety", "relationship"))
        return HandBackSent(**given, reason=reason, last_visit_at=last), "hand_back", seen

    def _some(self, rng: Random, *statuses: str) -> Seen | None:
        found = [one for one in self.placements.values()
                 if one.status in statuses or not statuses]  # fmt: skip
        alive = [one for one in found if one.status != "over"]
        return rng.choice(alive[-4:] or found) if found else None

    def _fitting(self, seen: Seen, rng: Random, now: datetime) -> Iterator[asked.CareOrder]:
        """What may be said of a placement of its status."""
        then = now + timedelta(hours=abs(rng.choice(HOURS)))
        match seen.status:
            case "searching":
                yield asked.Bridge(until=then)
                yield asked.RecordContingency(contingency="family")
                yield _split(seen)
                parts = [one.placement_id for one in self.placements.values()
                         if (one.status, one.referral_id) == ("searching", seen.referral_id)]  # fmt: skip
                if len(parts) > 1:
                    yield asked.Merge(placement_ids=tuple(parts[-2:]))
            case "confirmed" | "started" | "change_asked":
                yield asked.PauseCare(held_until=then, retainer=rng.random() < 0.5)
                yield asked.ChangeCare(requirement=_longer(seen))
                yield asked.PauseCare(held_until=then, retainer=False)
                yield asked.EndCare(last_visit_at=then)
                yield asked.TransferCare(because="transferred", last_visit_at=then)
                yield asked.ContinueLongTerm(
                    requirement=replace(seen.requirement, care_type="personal_care")
                )
            case "paused" | "restart_asked" | "lapsed":
                yield asked.RestartCare(restart_at=then)
            case _:
                return


def _any(seen: Seen, rng: Random, now: datetime) -> Iterator[asked.CareOrder]:
    then = now + timedelta(hours=rng.choice(HOURS))
    yield asked.PauseCare(held_until=then, retainer=True)
    yield asked.RestartCare(restart_at=then)
    yield asked.ChangeCare(requirement=_longer(seen))
    yield asked.EndCare(last_visit_at=then)
    yield asked.TransferCare(because="provider_failed", last_visit_at=then)
    yield asked.ContinueLongTerm(requirement=seen.requirement)
    yield asked.RecordContingency(contingency="other")
    yield _split(seen)
    yield asked.Merge(placement_ids=(seen.placement_id,))
    yield asked.Bridge(until=then)


def _split(seen: Seen) -> asked.Split:
    return asked.Split(parts=((0,), tuple(range(1, len(seen.requirement.visits)))))


def _longer(seen: Seen) -> Requirement:
    visits = tuple(replace(one, minutes=one.minutes + 15) for one in seen.requirement.visits)
    return replace(seen.requirement, visits=visits)
