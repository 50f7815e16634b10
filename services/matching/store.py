"""Matching's database: placements, the market as it is now, and the policies in use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.matching.domain.calibration import AS_SAID, Calibration, score_of
from services.matching.domain.events import SearchStarted
from services.matching.domain.load import NO_LOAD, Load
from services.matching.domain.market import Contract, Market, Provider
from services.matching.domain.package import NOTHING, Package, package_due_at
from services.matching.domain.package_turn import with_origins
from services.matching.domain.rates import AreaBand, RateCard, RateLine
from services.matching.domain.replacing import replace
from services.matching.domain.responses import PRIOR, Responses
from services.matching.domain.tally import Sums
from services.matching.geography import places
from services.matching.history import dump_package, read_event, read_package
from shared.contracts import providers as entries
from shared.contracts.providers import ProviderRecorded
from shared.postgres.connection import Connection
from shared.postgres.queries import load_queries
from shared.postgres.rows import Json, RowTable

QUERIES: Any = load_queries(Path(__file__).parent / "sql" / "queries")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementRow:
    """A referral's placements as they are stored."""

    referral_id: UUID
    status: str
    """Of each placement, in order, by spaces."""
    sequence: int
    next_due_at: datetime | None
    state: Json


PLACEMENTS = RowTable(PlacementRow, table="placements", key="referral_id")


@dataclass(slots=True)
class Kept:
    """A package under way in a transaction: its placements, and the sequence of its last event."""

    package: Package
    sequence: int


async def load_placements(
    connection: Connection, referral_ids: Sequence[UUID], *, lock: bool = True
) -> dict[UUID, Kept]:
    """Locks and reads these packages, in order of id; an unknown one is empty, not missing."""
    rows = await PLACEMENTS.load(connection, referral_ids, lock=lock)
    found = {
        referral_id: Kept(read_package(row.status, row.state), row.sequence)
        for referral_id, row in rows.items()
    }
    return {key: found.get(key) or Kept(NOTHING, 0) for key in referral_ids}


async def save_placements(connection: Connection, packages: Iterable[tuple[UUID, Kept]]) -> None:
    """Writes the packages, each with its next deadline."""
    await PLACEMENTS.save(connection, [_row(*one) for one in packages])


def _row(referral_id: UUID, kept: Kept) -> PlacementRow:
    status, state = dump_package(kept.package)
    return PlacementRow(
        referral_id=referral_id,
        status=status,
        sequence=kept.sequence,
        next_due_at=package_due_at(kept.package),
        state=Json(state),
    )


async def read_origins(connection: Connection, referral_id: UUID) -> dict[UUID, SearchStarted]:
    """How each search of a package began, with what is needed as it was changed since."""
    rows = await QUERIES.origins(connection, referral_id=referral_id)
    return with_origins({}, [read_event(row["type"], row["body"]) for row in rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighs:
    """What of providers' loads the policies in use ask for; the rest is not read."""

    rounds: bool = False
    live_offers: bool = False


NOTHING_WEIGHED = Weighs()


class MarketRoom:
    """The market as the database has it: the register is read again only when it has changed, what
    was learned of its answers once in an hour of the clock, and what everybody holds in a minute."""

    def __init__(self) -> None:
        self._version = -1
        self._market = Market(providers={}, turns={})
        self._responses = PRIOR
        self._calibration = AS_SAID
        self._learned_in: datetime | None = None
        self._load = NO_LOAD
        self._loaded_in: datetime | None = None

    async def now(
        self, connection: Connection, now: datetime, weighs: Weighs = NOTHING_WEIGHED
    ) -> Market:
        """The register, everybody's turns, what is believed of them and, where policies weigh it,
        what they carry, in this transaction."""
        registered = await self._read_register(connection)
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self._learned_in:
            self._responses = await read_responses(connection, now)
            self._calibration = await read_calibration(connection, now)
            self._learned_in = hour
        lately = await QUERIES.turns_lately(connection, today=now.date())
        return registered.now(
            {(row["lot"], row["provider_id"]): row["turns"] for row in lately},
            {(row["lot"], row["provider_id"]): row["hours"] for row in lately},
            self._responses,
            awards={(row["lot"], row["provider_id"]): row["awards"] for row in lately},
            load=await self._read_load(connection, now, weighs),
            calibration=self._calibration,
        )

    async def _read_register(self, connection: Connection) -> Market:
        """As this transaction sees it, whatever another one of this process has read meanwhile."""
        version = await QUERIES.register_version(connection)
        if version == self._version:
            return self._market
        rows = await QUERIES.register_entries(connection)
        providers = [provider_of(ProviderRecorded.model_validate_json(r["entry"])) for r in rows]
        market = Market(providers={p.provider_id: p for p in providers}, turns={}, map=places())
        self._version, self._market = version, market
        return market

    async def _read_load(self, connection: Connection, now: datetime, weighs: Weighs) -> Load:
        minute = now.replace(second=0, microsecond=0)
        if weighs.rounds and minute != self._loaded_in:
            self._load = await read_rounds(connection)
            self._loaded_in = minute
        if not weighs.live_offers:
            return self._load if weighs.rounds else NO_LOAD
        rows = await QUERIES.live_offers(connection)
        return replace(self._load, live_offers={row["provider_id"]: row["offers"] for row in rows})


async def read_rounds(connection: Connection) -> Load:
    """The weekly hours that everybody was awarded and holds, and where they are."""
    hours: dict[UUID, float] = {}
    areas: dict[UUID, list[str]] = {}
    for row in await QUERIES.rounds(connection):
        who = row["provider_id"]
        hours[who] = hours.get(who, 0.0) + row["hours"]
        if row["area"] is not None:
            areas.setdefault(who, []).append(row["area"])
    return Load(held_hours=hours, rounds={who: tuple(found) for who, found in areas.items()})


async def read_responses(connection: Connection, now: datetime) -> Responses:
    """What is believed of everybody's answers by what is known of them."""
    sums: Sums = {}
    for row in await QUERIES.all_tallies(connection):
        sums.setdefault(row["subject"], {})[row["measure"]] = int(row["amount"])
    return Responses.of(sums, now)


async def read_calibration(connection: Connection, now: datetime) -> Calibration:
    """How chances are corrected by what came of earlier ones."""
    return Calibration.of(
        {
            (row["horizon"], row["tenth"]): score_of(
                (int(row["forecasts"]), int(row["said"]), int(row["happened"])), now
            )
            for row in await QUERIES.all_scores(connection)
        }
    )


def provider_of(entry: ProviderRecorded) -> Provider:
    """The part of a register entry that gates and ranking weigh."""
    return Provider(
        provider_id=entry.provider_id,
        name=entry.name,
        contracts=tuple(
            Contract(
                kind=contract.kind,
                lot=contract.lot,
                rank=contract.rank,
                rate_pence=contract.rate_pence,
                from_=contract.from_,
                to=contract.to,
                accept_new=contract.accept_new,
                notice_days=contract.notice_days,
                rate_cards=tuple(map(_rate_card, contract.rate_cards)),
            )
            for contract in entry.contracts
        ),
        outcodes=frozenset(entry.outcodes),
        capabilities=frozenset(entry.capabilities),
        languages=frozenset(entry.languages),
        carer_genders=frozenset(entry.carer_genders),
        cqc_rating=entry.cqc_rating,
        suspended=entry.suspension is not None,
        branches=entry.branches,
        capacity_hours=entry.capacity_hours,
        insured_until=entry.insured_until,
        data_protection_until=entry.data_protection_until,
    )


def _rate_card(card: entries.RateCard) -> RateCard:
    return RateCard(
        from_=card.from_,
        areas=tuple(AreaBand(name=one.name, outcodes=one.outcodes) for one in card.areas),
        night_from=card.night_from,
        night_to=card.night_to,
        lines=tuple(
            RateLine(
                area=line.area,
                up_to_minutes=line.up_to_minutes,
                time=line.time,
                day=line.day,
                rate_pence=line.rate_pence,
            )
            for line in card.lines
        ),
    )
