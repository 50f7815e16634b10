"""What packages cost by the rate cards of their contracts, from each card's first day on.

An award is priced by the contract that it was made under, as the register has it now; spot keeps
the rate that was agreed. Costs are of an ordinary week; what bank holidays add stands apart.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from services.matching.bank_holidays import bank_holidays
from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain import interventions as acts
from services.matching.domain.london import day_of, midnight
from services.matching.domain.market import Contract, Provider
from services.matching.domain.rates import SIXTIETHS, RateCard, price_of
from services.matching.domain.replacing import replace
from services.matching.domain.requirement import Visit, alike
from services.matching.history import read_event
from services.matching.reporting.asking import Period
from services.matching.reporting.held import Held
from services.matching.store import QUERIES, provider_of
from shared.contracts.providers import ProviderRecorded
from shared.postgres.connection import Connection

Says = e.SearchStarted | acts.RequirementAmended | care.ChangeAsked
"""What says anew what a placement is to give."""
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a placement is, and its visits, from an instant on."""

    from_at: datetime
    outcode: str
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCards:
    """Providers with a rate card, and what is needed through time of the packages that they have."""

    providers: Mapping[UUID, Provider] = field(default_factory=dict)
    asked: Mapping[UUID, Sequence[Asked]] = field(default_factory=dict)

    def spans(self, held: Held, row: Any, period: Period) -> Iterator[Held]:
        """A span of care cut where a card begins, each priced by its card, within the period."""
        contract = self._contract(row)
        if contract is None:
            yield held
            return
        start = held.start or period.start
        ends = [at for card in contract.rate_cards if start < (at := midnight(card.from_))]
        cuts = sorted(at for at in ends if at < (held.end or period.end))
        for begins, until in zip([start, *cuts], [*cuts, held.end], strict=True):
            if until is None or until > period.start:
                span = replace(held, start=begins, end=until)
                yield self._priced(span, contract, row["placement_id"], period)

    def _contract(self, row: Any) -> Contract | None:
        provider = self.providers.get(row["provider_id"])
        if provider is None or row["contract_kind"] in (None, "spot"):
            return None
        day = day_of(row["awarded_at"])
        live = (
            one
            for one in provider.contracts_of(row["contract_kind"], row["lot"])
            if one.live_on(day)
        )
        return next(live, None)

    def _priced(self, held: Held, contract: Contract, placement_id: UUID, period: Period) -> Held:
        assert held.start is not None
        card = contract.card_on(day_of(held.start))
        before = [one for one in self.asked.get(placement_id, ()) if one.from_at <= held.start]
        if card is None or not before:
            return held
        asked, otherwise = before[-1], contract.rate_pence
        price = price_of(card, asked.outcode, alike(asked.visits), otherwise=otherwise)
        if price is None:
            return held
        days = _days(held.start, min(held.end or period.end, period.end), period)
        return replace(
            held,
            rate_pence=Fraction(price.weekly_cost_sixtieths, price.weekly_minutes),
            holiday_pence=sum((_added(card, asked, day, otherwise) for day in days), Fraction(0)),
        )


def _days(start: datetime, end: datetime, period: Period) -> list[date]:
    """The bank holidays of a span within a period."""
    first, last = day_of(max(start, period.start)), day_of(end - timedelta(microseconds=1))
    return [day for day in bank_holidays() if first <= day <= last]


def _added(card: RateCard, asked: Asked, day: date, otherwise: int | None) -> Fraction:
    """Pence that a bank holiday costs beyond the same day of an ordinary week."""
    visits = alike(one for one in asked.visits if one.weekday == _WEEKDAYS[day.weekday()])
    costs = [
        price.weekly_cost_sixtieths
        for holiday in (True, False)
        if (price := price_of(card, asked.outcode, visits, otherwise=otherwise, holiday=holiday))
    ]
    return Fraction(costs[0] - costs[1], SIXTIETHS) if costs else Fraction(0)


async def read_rate_cards(connection: Connection, given: Iterable[Any]) -> RateCards:
    """The cards in the register and what is needed of the packages that they may price."""
    entries = await QUERIES.entries_with_rate_cards(connection)
    providers = {
        one.provider_id: one
        for row in entries
        if (one := provider_of(ProviderRecorded.model_validate_json(row["entry"])))
    }
    referrals = {row["referral_id"] for row in given if row["provider_id"] in providers}
    if not referrals:
        return RateCards(providers=providers)
    rows = await QUERIES.asked_of(connection, referral_ids=list(referrals))
    return RateCards(
        providers=providers,
        asked=asked_through_time(read_event(row["type"], row["body"]) for row in rows),
    )


def asked_through_time(events: Iterable[Any]) -> dict[UUID, list[Asked]]:
    """What each placement is to give, from each instant at which that changed, in order.

    What its provider is asked about counts when it agrees, or from the next award on.
    """
    found: dict[UUID, list[Asked]] = {}
    asked: dict[UUID, dict[int, Says]] = {}
    about: Says
    for event in events:
        versions = asked.setdefault(event.placement_id, {})
        match event:
            case e.SearchStarted():
                versions[1] = about = event
            case acts.RequirementAmended() | care.ChangeAsked():
                versions[event.version] = about = event
                if isinstance(event, care.ChangeAsked) or is_question(event):
                    continue
            case care.ChangeAgreed():
                about = versions[event.version]
            case e.Awarded():
                about = versions[max(versions)]
            case _:
                continue
        now = Asked(event.at, about.outcode, about.requirement.visits)
        found.setdefault(event.placement_id, []).append(now)
    return found


def is_question(event: acts.RequirementAmended) -> bool:
    """Whether a change before the start waits for the answer of who has the package."""
    return event.award_id is not None and event.change == "material"
