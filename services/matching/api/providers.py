"""What is known and believed of a provider's answers, for brokers."""

from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.matching.api.deciding import Broker
from services.matching.domain.market import Market, Provider
from services.matching.domain.requirement import Needed
from services.matching.domain.responses import explain
from services.matching.handlers import Matching
from shared import clock
from shared.contracts.codes import ContractKind
from shared.web.app import Web
from shared.web.problems import not_found

router = APIRouter(tags=["providers"])
SHOWN_MINUTES = (30, 60, 120, 240)
_USUAL = Needed(outcode="", weekly_minutes=12 * 60, capabilities=())
"""A package of middling size for one carer, in no outcode in particular."""


class AnswerChance(BaseModel):
    """How likely it has answered by then, whatever it says."""

    open_minutes: int
    percent: float


class ContractResponses(BaseModel):
    """Under one contract: what the provider did, and what is believed of it from that.

    Counts are of lately: an offer counts half after 26 weeks. Open minutes are minutes of the
    hours in which providers answer.
    """

    kind: ContractKind
    lot: str | None
    said: str
    """The figures as a sentence."""
    asked: float
    answered: float
    accepted: float
    released: float
    half_answered_within_minutes: float | None
    learned: bool
    """False while it has not been asked: what is believed is then what holds for its lot and kind."""
    answers_believed: list[AnswerChance]
    yes_believed_percent: float
    """That an answer about a usual package is a yes that lasts."""


class ProviderResponses(BaseModel):
    """A provider's answers, contract by contract."""

    provider_id: UUID
    name: str
    contracts: list[ContractResponses]


@router.get("/v1/providers/{provider_id}/responses", summary="How a provider answers offers")
async def provider_responses(
    request: Request, provider_id: UUID, _who: Broker
) -> ProviderResponses:
    """What the rules go by when they decide how many to ask at once; it never ranks anybody."""
    web: Web = request.app.state.web
    matching: Matching = request.app.state.matching
    async with web.connection() as connection:
        market = await matching.market.now(connection, await clock.now(connection))
    provider = market.providers.get(provider_id)
    if provider is None:
        raise not_found("provider")
    return responses_of(provider, market)


def responses_of(provider: Provider, market: Market) -> ProviderResponses:
    """What the market believes of the provider, once for each kind of contract and lot it has."""
    places = dict.fromkeys((one.kind, one.lot) for one in provider.contracts)
    return ProviderResponses(
        provider_id=provider.provider_id,
        name=provider.name,
        contracts=[_under(provider.provider_id, kind, lot, market) for kind, lot in places],
    )


def _under(
    provider_id: UUID, kind: ContractKind, lot: str | None, market: Market
) -> ContractResponses:
    figures = market.responses.figures(provider_id, kind)
    curve = market.responses.curve(provider_id, kind, lot, _USUAL)
    median = figures.half_answered_within_minutes
    return ContractResponses(
        kind=kind,
        lot=lot,
        said=explain(figures),
        asked=round(figures.asked, 1),
        answered=round(figures.answered, 1),
        accepted=round(figures.accepted, 1),
        released=round(figures.released, 1),
        half_answered_within_minutes=None if median is None else round(median, 1),
        learned=figures.asked > 0,
        answers_believed=[
            AnswerChance(open_minutes=minutes, percent=_percent(curve.answered_by(minutes)))
            for minutes in SHOWN_MINUTES
        ],
        yes_believed_percent=_percent(curve.yes),
    )


def _percent(chance: float) -> float:
    return round(100 * chance, 1)
