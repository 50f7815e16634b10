"""Load, decide, save: every change of a placement goes through here, in one transaction."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import structlog

from services.matching.domain.commands import PassTime, ReconsiderMarket, ReviewOutlook
from services.matching.domain.consequences import consequences
from services.matching.domain.events import Event, SearchStarted
from services.matching.domain.evolve import evolve
from services.matching.domain.lessons import Lesson, lessons_of
from services.matching.domain.load import live_offers_changed
from services.matching.domain.london import day_of
from services.matching.domain.market import Market
from services.matching.domain.outlook import Forecast, Reckoned, forecast, reckoned
from services.matching.domain.package import pairs
from services.matching.domain.package_step import (
    NO_ORIGINS,
    PackageCommand,
    needs_origins,
    step_package,
)
from services.matching.domain.package_turn import with_origins
from services.matching.domain.placement import Absent, Exhausted, Placement, Searched, Searching
from services.matching.domain.policy import Policy
from services.matching.domain.refusal import Refusal
from services.matching.domain.reopening import has_room_again
from services.matching.history import dump_event
from services.matching.policies import Policies
from services.matching.projections import FROM_PLACEMENTS, REGISTER
from services.matching.store import (
    QUERIES,
    Kept,
    MarketRoom,
    load_placements,
    read_origins,
    save_placements,
)
from services.matching.tallies import TALLIES
from services.matching.translate import commands_from
from shared import clock
from shared.contracts.providers import ProviderRecorded
from shared.messaging.failures import Failure, NeverError, classify, code_of
from shared.messaging.outbox import NewEvent, append
from shared.messaging.received import Received
from shared.postgres.connection import Connection

TOPIC = "placements.v1"
MOST_AT_ONCE = 500
FIRST_OUTLOOK_AFTER = timedelta(minutes=5)
"""Minutes of the clock from the beginning of a search."""

log = structlog.get_logger(__name__)

Told = TypeVar("Told")

Work = Sequence[tuple[UUID, Sequence[tuple[PackageCommand, UUID | None]]]]
"""Packages (by referral) with their commands in order, each with the event that causes it."""


class RefusedError(NeverError):
    """The rules say no to a command that arrived on a topic: it names a placement never heard of."""


class Matching:
    """The service's hands: it holds the policies and what it last read of the market."""

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self.market = MarketRoom()

    async def take(self, connection: Connection, batch: Sequence[Received]) -> None:
        """Takes a batch from all topics that matching reads. A Handler: all of it or nothing.

        The register first, so that a referral in the same batch is offered by the newest.
        """
        entries = [r.event for r in batch if isinstance(r.event, ProviderRecorded)]
        if entries:
            await REGISTER.apply(connection, entries)
            await QUERIES.bump_register_version(connection)
        by_key: dict[UUID, list[Received]] = {}
        for received in batch:
            if not isinstance(received.event, ProviderRecorded):
                by_key.setdefault(received.key, []).append(received)
        if by_key:
            await self._do(
                connection, [(key, list(commands_from(records))) for key, records in by_key.items()]
            )
        if entries:
            await self._reconsider(connection)
        suspended = [str(one.provider_id) for one in entries if one.suspension is not None]
        if suspended:
            await self._take_back_from(connection, suspended)

    async def pass_time(self, connection: Connection, referral_ids: Sequence[UUID]) -> None:
        """Lets whatever is due in these placements follow; what is not due stays."""
        await self._do(connection, [(key, ((PassTime(), None),)) for key in referral_ids])

    async def forecasts(
        self, connection: Connection, referral_ids: Sequence[UUID]
    ) -> dict[UUID, Forecast]:
        """By placement, the chances of what is being searched of these referrals; no locks."""
        packages = await self._load(connection, referral_ids, lock=False)
        return await self._forecasts(connection, packages.values())

    async def reckoned(
        self, connection: Connection, referral_ids: Sequence[UUID]
    ) -> dict[UUID, list[Reckoned]]:
        """By placement, the same chances before they are corrected; no locks."""
        packages = await self._load(connection, referral_ids, lock=False)
        return await self._of_searches(connection, packages.values(), reckoned)

    async def outlooks_changed(
        self, connection: Connection, referral_ids: Sequence[UUID]
    ) -> list[UUID]:
        """Those of these referrals whose outlook is no longer what wards were last told.

        None is told of a search that has only begun: its first answers would change it at once.
        """
        packages = await self._load(connection, referral_ids, lock=False)
        began_by = await clock.now(connection) - FIRST_OUTLOOK_AFTER
        searches = {
            key: [
                one
                for one in kept.package.placements
                if isinstance(one, Searching) and one.facts.complete_at <= began_by
            ]
            for key, kept in packages.items()
        }
        found = await self._forecasts(
            connection, [packages[key] for key in searches if searches[key]]
        )
        return [
            key
            for key, begun in searches.items()
            if any(found[one.placement_id].outlook != one.outlook for one in begun)
        ]

    async def review_outlooks(self, connection: Connection, referral_ids: Sequence[UUID]) -> None:
        """Tells wards where the outlook of these placements has changed."""
        await self._do(connection, [(key, ((ReviewOutlook(), None),)) for key in referral_ids])

    async def with_room_again(
        self, connection: Connection, referral_ids: Sequence[UUID]
    ) -> list[UUID]:
        """Those of these referrals whose search has ended, and for which somebody may be asked by now
        that had as many live offers as it may have then."""
        packages = await self._load(connection, referral_ids, lock=False)
        now = await clock.now(connection)
        market = await self.market.now(connection, now, self.policies.weighs)
        return [
            key
            for key, kept in packages.items()
            if any(
                has_room_again(
                    one, self.policies.book.of(one.facts.policy_version), market, day_of(now)
                )
                for one in kept.package.placements
                if isinstance(one, Exhausted)
            )
        ]

    async def look_again(self, connection: Connection, referral_ids: Sequence[UUID]) -> None:
        """Goes on with searches that had ended, if there is somebody to ask.

        A placement whose own data breaks it is left as it is: it must not hold up the others.
        """
        await self._reconsider_all(connection, referral_ids)

    async def _forecasts(
        self, connection: Connection, packages: Iterable[Kept]
    ) -> dict[UUID, Forecast]:
        return await self._of_searches(connection, packages, forecast)

    async def _of_searches(
        self,
        connection: Connection,
        packages: Iterable[Kept],
        told: Callable[[Placement, datetime, Policy, Market], Told | None],
    ) -> dict[UUID, Told]:
        now = await clock.now(connection)
        market = await self.market.now(connection, now, self.policies.weighs)
        policies = self.policies.book
        return {
            one.placement_id: chances
            for kept in packages
            for one in kept.package.placements
            if isinstance(one, Searching)
            and (chances := told(one, now, policies.of(one.facts.policy_version), market))
        }

    async def command(
        self,
        connection: Connection,
        referral_id: UUID,
        command: PackageCommand,
        *,
        about: UUID | None = None,
        confirmed: bool = True,
    ) -> tuple[Event, ...] | Refusal:
        """One command by a person: its events, or the rules' refusal, in which case nothing changed.

        `about` is the placement that the person means; None: the only one that is open. One that was
        not `confirmed` is refused as `needs-confirmation` if somebody would lose by it, with a
        sentence that says what.
        """
        return await self._do(
            connection,
            [(referral_id, ((command, None),))],
            about=about,
            refusable=True,
            confirmed=confirmed,
        )

    async def _reconsider(self, connection: Connection) -> None:
        """A new or changed provider re-opens searches that ended with nobody left to ask.

        A placement whose own data breaks it is left as it is: it must not hold up the register.
        """
        await self._reconsider_each(connection, partial(QUERIES.exhausted_placements, connection))

    async def _take_back_from(self, connection: Connection, suspended: Sequence[str]) -> None:
        """What suspended providers were offered is taken back, where the policy says so."""
        await self._reconsider_each(
            connection,
            partial(QUERIES.placements_offered_to, connection, provider_ids=suspended),
        )

    async def _reconsider_each(
        self, connection: Connection, page_of: Callable[..., Awaitable[Any]]
    ) -> None:
        after = UUID(int=0)
        while rows := await page_of(after=after, most=MOST_AT_ONCE):
            after = rows[-1]["referral_id"]
            await self._reconsider_all(connection, [row["referral_id"] for row in rows])

    async def _reconsider_all(self, connection: Connection, referral_ids: Sequence[UUID]) -> None:
        if not await self._reconsidered(connection, referral_ids) and len(referral_ids) > 1:
            for referral_id in referral_ids:
                await self._reconsidered(connection, [referral_id])

    async def _reconsidered(self, connection: Connection, referral_ids: Sequence[UUID]) -> bool:
        """Whether it could be done; nothing has changed if it could not."""
        try:
            async with connection.transaction():
                await self._do(
                    connection, [(key, ((ReconsiderMarket(), None),)) for key in referral_ids]
                )
        except Exception as error:
            if classify(error) is Failure.TRANSIENT:
                raise
            log.error("placements.not-reconsidered", error=code_of(error), exc_info=error)
            return False
        return True

    async def _do(
        self,
        connection: Connection,
        work: Work,
        *,
        about: UUID | None = None,
        refusable: bool = False,
        confirmed: bool = True,
    ) -> tuple[Event, ...] | Refusal:
        """Locks, reads the clock, decides in order, and writes everything in a few statements."""
        packages = await self._load(connection, [key for key, _ in work])
        now = await clock.now(connection)
        await self.policies.in_force(connection, now)
        policies = self.policies.book
        weighs = self.policies.weighs
        market = await self.market.now(connection, now, weighs)
        decided: list[Event] = []
        appended: list[NewEvent] = []
        lessons: list[Lesson] = []
        for key, commands in work:
            kept = packages[key]
            origins: Mapping[UUID, SearchStarted] = NO_ORIGINS
            for command, cause in commands:
                before = kept.package
                if origins is NO_ORIGINS and needs_origins(before, command):
                    origins = with_origins(
                        await read_origins(connection, key),
                        [event for event in decided if event.referral_id == key],
                    )
                outcome = step_package(
                    before, command, now, policies, market, about=about, origins=origins
                )
                if isinstance(outcome, Refusal):
                    if refusable:
                        return outcome
                    raise RefusedError(outcome.code)
                if not confirmed and (lost := consequences(before, outcome[1])) is not None:
                    return Refusal(code="needs-confirmation", sentence=lost)
                kept.package, events = outcome
                for was, is_now in pairs(before, kept.package):
                    lessons.extend(_lessons(was, is_now, events, now))
                    if weighs.live_offers:
                        changes = live_offers_changed(was, is_now)
                        market = market.carrying(market.load.after(changes))
                appended.extend(_numbered(key, kept.sequence, events, now, cause))
                kept.sequence += len(events)
                decided.extend(events)
                if origins is not NO_ORIGINS:
                    origins = with_origins(origins, events)
        if decided:
            changed = {event.referral_id for event in decided}
            await save_placements(connection, ((key, packages[key]) for key in changed))
            await append(connection, appended)
            for projection in FROM_PLACEMENTS:
                await projection.apply(connection, decided)
            await TALLIES.add(connection, lessons)
        return tuple(decided)

    async def _load(
        self, connection: Connection, referral_ids: Sequence[UUID], *, lock: bool = True
    ) -> dict[UUID, Kept]:
        """These packages, and the policies that their searches began under."""
        packages = await load_placements(connection, referral_ids, lock=lock)
        versions = {
            one.facts.policy_version
            for kept in packages.values()
            for one in kept.package.placements
            if isinstance(one, Searched)
        }
        await self.policies.known(connection, versions)
        return packages


def _lessons(
    before: Placement, after: Placement, events: Sequence[Event], now: datetime
) -> Iterator[Lesson]:
    """What one placement's step taught.

    A placement that is over keeps little of what went before in the same step: there it is learned
    event by event, as a rebuild does.
    """
    if isinstance(after, Searched) or isinstance(before, Absent):
        yield from lessons_of(before, after, now)
        return
    about = before.placement_id
    for event in events:
        if event.placement_id == about:
            then = evolve(before, event)
            yield from lessons_of(before, then, now)
            before = then


def _numbered(
    key: UUID, before: int, events: Iterable[Event], now: datetime, cause: UUID | None
) -> list[NewEvent]:
    return [
        NewEvent(TOPIC, key, before + n, event.TYPE, now, dump_event(event), key, cause)
        for n, event in enumerate(events, 1)
    ]
