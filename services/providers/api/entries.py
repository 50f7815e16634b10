"""Between the register's bodies and its events: checks, pounds and pence, one order for sets."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.providers.api.shapes import (
    ContractBody,
    ContractView,
    ProviderBody,
    ProviderView,
    RateCardBody,
    SuspensionBody,
    SuspensionView,
    pounds,
)
from services.providers.domain.rates import CardTerms, LineTerms, check_cards
from services.providers.domain.register import ContractTerms, check_contracts
from services.providers.handlers.registering import Entry
from services.providers.handlers.words import Words
from shared.contracts.providers import (
    AreaBand,
    Contract,
    ProviderRecorded,
    RateCard,
    RateLine,
    Suspension,
)
from shared.web.problems import MOST_ERRORS, invalid

Error = tuple[str, str, str]

_MESSAGES = {
    "lot_required": "is required for a framework contract",
    "framework_only": "belongs to a framework contract only",
    "ends_before_it_begins": "must not be before from",
    "overlaps_another_contract": "overlaps another contract of this kind and lot",
}


def check_all(bodies: Sequence[ProviderBody], ids: Sequence[UUID] | None = None) -> None:
    """Raises Problem 422 with everything wrong; with `ids`, of a list, whose paths have an index."""
    errors: list[Error] = []
    for index, body in enumerate(bodies):
        prefix = "" if ids is None else f"{index}."
        if ids is not None and ids[index] in ids[:index]:
            errors.append((f"{prefix}provider_id", "duplicate", "is in the list before"))
        errors += [(prefix + path, code, text) for path, code, text in _wrong_with(body)]
    if errors:
        raise invalid(*errors[:MOST_ERRORS])


def _wrong_with(body: ProviderBody) -> list[Error]:
    terms = [
        ContractTerms(
            kind=contract.kind,
            lot=contract.lot,
            rank=contract.rank,
            from_=contract.from_,
            to=contract.to,
        )
        for contract in body.contracts
    ]
    errors: list[Error] = [
        (f"contracts.{found.index}.{found.field}", found.problem, _MESSAGES[found.problem])
        for found in check_contracts(terms)
    ]
    for index, contract in enumerate(body.contracts):
        errors += [
            (f"contracts.{index}.{wrong.path}", wrong.problem, wrong.text)
            for wrong in check_cards(
                [_card_terms(card) for card in contract.rate_cards],
                from_=contract.from_,
                to=contract.to,
                has_rate=contract.rate is not None,
                outcodes=body.outcodes,
            )
        ]
    if body.suspension is not None:
        errors += _wrong_with_suspension(body.suspension)
    return errors


def _card_terms(card: RateCardBody) -> CardTerms:
    return CardTerms(
        from_=card.from_,
        areas=tuple((area.name, area.outcodes) for area in card.areas),
        lines=tuple(
            LineTerms(
                area=line.area, up_to_minutes=line.up_to_minutes, time=line.time, day=line.day
            )
            for line in card.lines
        ),
    )


def _wrong_with_suspension(suspension: SuspensionBody) -> list[Error]:
    errors: list[Error] = []
    if suspension.reason == "other" and suspension.note is None:
        errors.append(("suspension.note", "required", "is required with the reason other"))
    if suspension.reason == "safeguarding" and suspension.told is None:
        text = "is required with safeguarding: who was told?"
        errors.append(("suspension.told", "required", text))
    if suspension.review_on < suspension.since.date():
        text = "must not be before since"
        errors.append(("suspension.review_on", "ends_before_it_begins", text))
    return errors


def entry_of(provider_id: UUID, body: ProviderBody, author: str) -> Entry:
    """The entry in a checked body; sets are put in one order, so that order is no change."""
    contracts = sorted(map(_contract, body.contracts), key=lambda c: (c.kind, c.lot or "", c.from_))
    suspension = body.suspension
    return Entry(
        provider_id=provider_id,
        fields={
            "name": body.name,
            "contracts": tuple(contracts),
            "outcodes": tuple(sorted(set(body.outcodes))),
            "capabilities": tuple(sorted(set(body.capabilities))),
            "languages": tuple(sorted(set(body.languages))),
            "carer_genders": tuple(sorted(set(body.carer_genders))),
            "cqc_rating": body.cqc_rating,
            "branches": tuple(sorted(set(body.branches))),
            "capacity_hours": body.capacity_hours,
            "insured_until": body.insured_until,
            "data_protection_until": body.data_protection_until,
            "suspension": suspension
            and Suspension(
                reason=suspension.reason, since=suspension.since, review_on=suspension.review_on
            ),
        },
        words=Words(
            author=author,
            note=suspension.note if suspension else None,
            told=suspension.told if suspension else None,
        ),
    )


def _contract(body: ContractBody) -> Contract:
    return Contract(
        kind=body.kind,
        lot=body.lot,
        rank=body.rank,
        rate_pence=None if body.rate is None else int(body.rate * 100),
        notice_days=body.notice_days,
        from_=body.from_,
        to=body.to,
        accept_new=body.accept_new,
        rate_cards=tuple(map(_rate_card, sorted(body.rate_cards, key=lambda card: card.from_))),
    )


def _rate_card(body: RateCardBody) -> RateCard:
    """A card as it is published; the order of its lines is what it says, that of areas is not."""
    areas = sorted(body.areas, key=lambda area: area.name)
    return RateCard(
        from_=body.from_,
        areas=tuple(
            AreaBand(name=area.name, outcodes=tuple(sorted(set(area.outcodes)))) for area in areas
        ),
        night_from=body.night.from_,
        night_to=body.night.to,
        lines=tuple(
            RateLine(
                area=line.area,
                up_to_minutes=line.up_to_minutes,
                time=line.time,
                day=line.day,
                rate_pence=int(line.rate * 100),
            )
            for line in body.lines
        ),
    )


def view_of(row: Any) -> ProviderView:
    """The entry in a record of `list_providers` or `find_provider`, without its words."""
    entry = ProviderRecorded.model_validate_json(row["entry"], extra="ignore")
    return ProviderView(
        provider_id=entry.provider_id,
        name=entry.name,
        contracts=tuple(map(_contract_view, entry.contracts)),
        outcodes=entry.outcodes,
        capabilities=entry.capabilities,
        languages=entry.languages,
        carer_genders=entry.carer_genders,
        cqc_rating=entry.cqc_rating,
        suspension=entry.suspension
        and SuspensionView.model_validate(entry.suspension.model_dump()),
        branches=entry.branches,
        capacity_hours=entry.capacity_hours,
        insured_until=entry.insured_until,
        data_protection_until=entry.data_protection_until,
        sequence=row["sequence"],
        recorded_at=row["recorded_at"],
    )


def _contract_view(contract: Contract) -> ContractView:
    fields = contract.model_dump(by_alias=True, exclude={"rate_pence", "rate_cards"})
    return ContractView.model_validate(
        {
            **fields,
            "rate": pounds(contract.rate_pence),
            "rate_cards": [_card_view(card) for card in contract.rate_cards],
        }
    )


def _card_view(card: RateCard) -> dict[str, Any]:
    fields = card.model_dump(by_alias=True, include={"from_", "areas"})
    lines = [
        {**line.model_dump(exclude={"rate_pence"}), "rate": pounds(line.rate_pence)}
        for line in card.lines
    ]
    return {**fields, "night": {"from": card.night_from, "to": card.night_to}, "lines": lines}
