"""One package explained from its events, and from the versions of the policy that they name.

Who was eligible, in which order and by which figures; who was asked and answered when; why the
award went where it went; what became of care. Each order and each award is worked out again.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain.events import Event
from services.matching.domain.fact import PlacementEvent
from services.matching.domain.interventions import (
    AnswerCorrected,
    Intervention,
    PolicyMoved,
    ProviderSkipped,
)
from services.matching.domain.negotiations import Negotiation
from services.matching.domain.policy import Policy
from services.matching.explaining import offers_told
from services.matching.history import read_event
from services.matching.policy_document import Document
from services.matching.policy_file import to_policy
from services.matching.reasons import reasons_of
from services.matching.rederiving import Rederived, rederived
from services.matching.store import QUERIES
from shared.postgres.connection import Connection

Told = dict[str, Any]
_OF_CARE = (
    care.CareEvent
    | e.AwardConfirmed
    | e.AwardReleased
    | e.AwardCancelled
    | e.CareStarted
    | e.PlacementWithdrawn
)
_COMMON = frozenset(one.name for one in fields(PlacementEvent))


async def explanation(
    connection: Connection, referral_id: UUID, placement_id: UUID | None = None
) -> Told | None:
    """The explanation of a referral's placements, or of one; None if nothing is known of it.

    Reads the events and the policies alone. The notes stand beside it while they are kept.
    """
    rows = await QUERIES.timeline(connection, referral_id=referral_id)
    history = [read_event(row["type"], row["body"]) for row in rows]
    if placement_id is not None and all(one.placement_id != placement_id for one in history):
        return None
    if not history:
        return None
    policies = {
        row["version"]: to_policy(
            Document.model_validate_json(row["document"]), version=row["version"]
        )
        for row in await QUERIES.kept_policies(connection)
    }
    notes = [
        {**note, "details": json.loads(note["details"])}
        for note in await QUERIES.notes_about(connection, referral_id=referral_id)
    ]
    return {**explained(history, policies, placement_id), "notes": notes}


def explained(
    history: Sequence[Event], policies: Mapping[str, Policy], placement_id: UUID | None = None
) -> Told:
    """Every placement of a referral in the order of their beginning, or one of them."""
    ids = dict.fromkeys(event.placement_id for event in history)
    told = [
        _placement([event for event in history if event.placement_id == one], policies)
        for one in ids
        if placement_id in (None, one)
    ]
    faults = [fault for one in told for fault in one["rederived"]["faults"]]
    return {
        "referral_id": history[0].referral_id,
        "placements": told,
        "rederived": _verdict(faults),
    }


def _placement(history: Sequence[Event], policies: Mapping[str, Policy]) -> Told:
    again = list(rederived(history, policies))
    offers = offers_told(history)
    faults = [fault for one in again for fault in one.faults]
    return {
        "placement_id": history[0].placement_id,
        **_begun(history),
        "tiers": [
            _tier(one, one.event, history, offers)
            for one in again
            if isinstance(one.event, e.TierOpened)
        ],
        "offers": offers,
        "awards": list(_awards(again, history, policies)),
        "care": [_said(event) for event in history if isinstance(event, _OF_CARE)],
        "people": [
            _said(event) for event in history if isinstance(event, Intervention | Negotiation)
        ],
        "rederived": _verdict(faults),
    }


def _begun(history: Sequence[Event]) -> Told:
    """What was searched, since when, and under which version of the policy."""
    started = next((event for event in history if isinstance(event, e.SearchStarted)), None)
    if started is None:
        return {"cause": "referral", "policies": [], "needed": None}
    requirement = started.requirement
    versions = [event for event in history if isinstance(event, e.SearchStarted | PolicyMoved)]
    return {
        "cause": started.cause,
        "follows": started.follows,
        "bridging_until": started.bridging_until,
        "received_at": started.received_at,
        "complete_at": started.complete_at,
        "urgency": started.urgency,
        "policies": [
            {"name": one.policy_name, "version": one.policy_version, "since": one.at}
            for one in versions
        ],
        "needed": {
            "outcode": started.outcode,
            "care_type": requirement.care_type,
            "visits": len(requirement.visits),
            "weekly_minutes": requirement.weekly_minutes,
            "needs": list(requirement.needs),
            "ready_at": requirement.ready_at,
        },
    }


def _tier(
    again: Rederived, opened: e.TierOpened, history: Sequence[Event], offers: Sequence[Told]
) -> Told:
    """A tier as it opened: everybody in it, each with its figures or with what kept it out."""
    reasons = reasons_of(opened)
    asked = {
        offer["provider_id"]: offer
        for offer in offers
        if (offer["round"], offer["tier"]) == (opened.round, opened.tier_name)
    }
    kept_out = _kept_out(opened, history)
    return {
        "round": opened.round,
        "tier": opened.tier_name,
        "clause": opened.clause,
        "because": opened.because,
        "ground": opened.ground,
        "opened_at": opened.at,
        "closes_at": opened.closes_at,
        "ranks_by": list(opened.ranking),
        "eligible": [
            {
                "place": one.place,
                "provider_id": one.provider_id,
                "reasons": reasons[one.provider_id],
                "asked_at": asked[one.provider_id]["made_at"] if one.provider_id in asked else None,
                "not_asked_because": None
                if one.provider_id in asked
                else kept_out.get(one.provider_id, "place"),
            }
            for one in opened.ranked
        ],
        "passed_over": [
            {"reason": group.reason, "provider_ids": list(group.provider_ids)}
            for group in opened.passed_over
        ],
        "rederived": _verdict(again.faults),
    }


def _kept_out(opened: e.TierOpened, history: Sequence[Event]) -> dict[UUID, str]:
    """Those that were eligible when the tier opened, and were not when their turn came."""
    found: dict[UUID, str] = {}
    for event in history:
        if isinstance(event, e.OffersMade) and (event.round, event.tier) == (
            opened.round,
            opened.tier,
        ):
            for group in event.passed_over:
                found |= dict.fromkeys(group.provider_ids, group.reason)
        elif isinstance(event, ProviderSkipped) and event.round == opened.round:
            found[event.provider_id] = "skipped"
    return found


def _awards(
    again: Sequence[Rederived], history: Sequence[Event], policies: Mapping[str, Policy]
) -> Iterator[Told]:
    """Every award with the rule that it rests on, and who else had said yes by then."""
    verdicts = {one.event.at: one for one in again if isinstance(one.event, e.Awarded)}
    policy: Policy | None = None
    stood: dict[UUID, e.AcceptanceStood] = {}
    for event in history:
        if isinstance(event, e.SearchStarted | PolicyMoved):
            policy = policies.get(event.policy_version)
        elif isinstance(event, e.AcceptanceStood):
            stood[event.offer_id] = event
        elif isinstance(event, AnswerCorrected):
            stood.pop(event.offer_id, None)
        elif isinstance(event, e.OffersWithdrawn):
            stood = {key: one for key, one in stood.items() if key not in event.offer_ids}
        elif isinstance(event, e.Awarded):
            tier = policy.tiers[event.tier] if policy and event.tier is not None else None
            stood.pop(event.offer_id or event.award_id, None)
            yield {
                **_said(event),
                "clause": tier and tier.clause,
                "award_rule": tier and tier.award_rule,
                "settling_minutes": tier and tier.settling_minutes,
                "others_who_accepted": [
                    {"provider_id": one.provider_id, "accepted_at": one.accepted_at}
                    for one in stood.values()
                ],
                "rederived": _verdict(verdicts[event.at].faults),
            }


def _said(event: Event) -> Told:
    """An event's own words: its kind, its instant, and what it says."""
    return {
        "what": event.TYPE.split(".")[-2],
        "at": event.at,
        **{
            one.name: getattr(event, one.name)
            for one in fields(event)
            if one.name not in _COMMON and one.name not in ("response_id", "requirement")
        },
    }


def _verdict(faults: Sequence[str]) -> Told:
    return {"agrees": not faults, "faults": list(faults)}
