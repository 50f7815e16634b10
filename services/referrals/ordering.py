"""Makes service orders as awards are confirmed, changed and ended, in the consumer's transaction.

The person is copied as it lies sealed in the person room at that moment, so nothing is opened here
and no key is needed; an order that was made never changes.
"""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from services.referrals.asked import Asked
from services.referrals.orders import (
    PENNY,
    OrderBody,
    changed_order,
    ended_order,
    first_order,
    resumed_order,
)
from services.referrals.projections import AWARDS, NEEDS
from services.referrals.projections.awards import AwardRow, NeedRow, is_question
from services.referrals.store import QUERIES, ReferralRow
from shared.contracts import care, interventions, placements
from shared.contracts.model import Event
from shared.contracts.requirement import Requirement
from shared.postgres.connection import Connection

OrderingEvent = (
    placements.AwardConfirmed
    | placements.AwardCancelled
    | interventions.RequirementAmended
    | care.CareResumed
    | care.ChangeAgreed
    | care.HandedBack
    | care.CareEnding
    | care.CareEnded
    | care.PauseLapsed
    | care.RestartRefused
)


async def make_orders(
    connection: Connection, events: Sequence[Event], referrals: Mapping[UUID, ReferralRow]
) -> None:
    """Makes the orders that follow from a batch whose projections are up to date; each once."""
    ordering = [
        event
        for event in events
        if isinstance(event, OrderingEvent) and event.referral_id in referrals
    ]
    if not ordering:
        return
    placement_ids = list({event.placement_id for event in ordering})
    known = _Known(
        referrals=referrals,
        needs=await NEEDS.rows.load(connection, placement_ids),
        awards=await AWARDS.rows.load(connection, placement_ids),
        newest=await _newest(
            connection, list({event.award_id for event in ordering if event.award_id})
        ),
    )
    made = [order for event in ordering if (order := known.order_from(event)) is not None]
    if made:
        await QUERIES.save_service_orders(
            connection,
            order_ids=[uuid5(order.award_id, f"order:{order.version}") for order in made],
            numbers=[order.number for order in made],
            versions=[order.version for order in made],
            referral_ids=[order.referral_id for order in made],
            placement_ids=[order.placement_id for order in made],
            award_ids=[order.award_id for order in made],
            because=[order.because for order in made],
            made_at=[order.made_at for order in made],
            bodies=[order.model_dump_json(by_alias=True) for order in made],
        )


async def _newest(connection: Connection, award_ids: Sequence[UUID]) -> dict[UUID, OrderBody]:
    rows = await QUERIES.newest_service_orders(connection, award_ids=award_ids)
    return {row["award_id"]: OrderBody.model_validate_json(row["body"]) for row in rows}


class _Known:
    """What orders are made from; the newest version of each grows with the batch."""

    def __init__(
        self,
        *,
        referrals: Mapping[UUID, ReferralRow],
        needs: Mapping[UUID, NeedRow],
        awards: Mapping[UUID, AwardRow],
        newest: dict[UUID, OrderBody],
    ) -> None:
        self._referrals = referrals
        self._needs = needs
        self._awards = awards
        self._newest = newest

    def order_from(self, event: OrderingEvent) -> OrderBody | None:
        """The order that an event makes, or None: nothing new, or no order before it."""
        if event.award_id is None:
            return None
        before = self._newest.get(event.award_id)
        if isinstance(event, placements.AwardConfirmed):
            order = None if before is not None else self._first(event)
        else:
            order = None if before is None else self._next(before, event)
        if order is not None:
            self._newest[event.award_id] = order
        return order

    def _first(self, event: placements.AwardConfirmed) -> OrderBody | None:
        award, need = self._awards.get(event.placement_id), self._needs.get(event.placement_id)
        if award is None or need is None or award.award_id != event.award_id:
            return None
        row = self._referrals[event.referral_id]
        authorisation = Asked.stored(row).authorisation
        outcode, asked = _version(need, need.version)
        fields = {
            "referral_id": event.referral_id,
            "placement_id": event.placement_id,
            "organisation": row.organisation,
            "ward": row.ward,
            "pathway": row.pathway,
            "funder": authorisation.funder,
            "authorisation_basis": authorisation.basis,
            "provider_id": award.provider_id,
            "provider_name": award.provider_name,
            "contract_kind": award.contract_kind,
            "lot": award.lot,
            "tier": award.tier_name,
            "hourly_rate": None if award.rate_pence is None else award.rate_pence * PENNY,
            "outcode": outcode,
            "bridging_until": need.bridging_until,
        }
        return first_order(
            award_id=award.award_id,
            at=event.at,
            asked=asked,
            requirement_version=need.version,
            fields=fields,
            weekly_cost_sixtieths=award.weekly_cost_sixtieths,
        )

    def _next(self, before: OrderBody, event: OrderingEvent) -> OrderBody | None:
        match event:
            case care.ChangeAgreed() | interventions.RequirementAmended():
                if event.version <= before.requirement_version or is_question(event):
                    return None
                outcode, asked = _version(self._needs[event.placement_id], event.version)
                return changed_order(
                    before,
                    at=event.at,
                    asked=asked,
                    outcode=outcode,
                    requirement_version=event.version,
                    rate_pence=event.rate_pence,
                    weekly_cost_sixtieths=event.weekly_cost_sixtieths,
                )
            case care.CareResumed():
                return None if before.ends_at is None else resumed_order(before, at=event.at)
            case care.HandedBack():
                ends_at, because = event.last_visit_at, "handed_back"
            case care.CareEnding():
                if event.last_visit_at is None:
                    return None  # It ends when somebody else begins; then it is known when.
                ends_at, because = event.last_visit_at, event.because
            case care.CareEnded():
                ends_at, because = event.at, event.because
            case care.PauseLapsed():
                ends_at, because = event.at, "pause_lapsed"
            case care.RestartRefused():
                ends_at, because = event.at, "restart_refused"
            case placements.AwardCancelled():
                ends_at, because = event.at, event.because
            case _:
                return None
        if before.ends_at is not None and before.ends_at <= ends_at:
            return None  # Its end was ordered when it became known.
        return ended_order(before, at=event.at, ends_at=ends_at, because=because)


def _version(need: NeedRow, version: int) -> tuple[str, Requirement]:
    """Where and what, by a version of what is needed."""
    asked = json.loads(need.versions)[str(version)]
    return asked["outcode"], Requirement.model_validate(asked["requirement"])
