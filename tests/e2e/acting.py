"""A simulated market before the real stack: its wards refer and its providers answer over HTTP.

What they do is the simulator's own (`reply`, `carry`, `Load`, the draws of a seed); what they do it
about is only what the services say.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any
from uuid import UUID

from deploy.demo.market import entry_of
from deploy.simulator.drawing import WEEK_MINUTES, Draws, Package, instant, minute
from deploy.simulator.load import Load
from deploy.simulator.register import provider_id, register_of
from deploy.simulator.replying import Carrying, carry, reply
from services.matching.domain.requirement import Requirement
from tests.e2e.stepped import Stepped
from tests.integration.referrals.samples import person

_NEW_OFFERS = (
    "select offer_id, referral_id, provider_id, made_at, expires_at from offers"
    " where not offer_id = any($1::uuid[]) order by made_at, offer_id"
)
_NEW_AWARDS = (
    "select award_id, referral_id, provider_id, filled_at from packages"
    " where not award_id = any($1::uuid[]) order by filled_at"
)
Act = Callable[[datetime], Awaitable[None]]


class Market:
    """Everybody outside of the services, from instant to instant until nothing is ahead."""

    def __init__(self, stack: Stepped, draws: Draws) -> None:
        self.stack = stack
        self.received: list[UUID] = []
        """Ids for the referrals to come, the next one at the end."""
        self._draws = draws
        self._packages = {one.referral_id: one for one in draws.packages}
        self._index = {provider_id(one): n for n, one in enumerate(draws.market.providers)}
        self._load = Load(draws)
        self._order = count()
        self._ahead: list[tuple[datetime, int, Act]] = []
        self._seen_offers: list[UUID] = []
        self._seen_awards: list[UUID] = []

    async def open(self) -> None:
        """Registers every provider."""
        entries = [entry_of(one) for one in register_of(self._draws.market).values()]
        await self.stack.call("PUT", "/v1/providers", entries, role="operator")
        pool = self.stack.pools["matching"]
        while await pool.fetchval("select count(*) from register") < len(entries):
            await self.stack.settled()

    async def live(self) -> None:
        """Lets everything happen: at each instant one thing, by somebody or by time alone."""
        for package in self._draws.packages:
            self._expect(package.received_at, self._referring(package))
        while True:
            due_at = await self.stack.next_due_at()
            acts_at = self._ahead[0][0] if self._ahead else None
            if due_at is None and acts_at is None:
                return
            assert due_at != acts_at, "nobody can say which of two things at one instant came first"
            now = min(at for at in (due_at, acts_at) if at is not None)
            await self.stack.set_clock(now)
            if now == acts_at:
                await heappop(self._ahead)[-1](now)
            await self.stack.settled()
            await self._look(now)

    def _expect(self, at: datetime, act: Act) -> None:
        heappush(self._ahead, (at, next(self._order), act))

    async def _look(self, now: datetime) -> None:
        """Providers see what is new to them."""
        pool = self.stack.pools["providers"]
        for offer in await pool.fetch(_NEW_OFFERS, self._seen_offers):
            self._seen_offers.append(offer["offer_id"])
            self._consider(offer)
        for award in await pool.fetch(_NEW_AWARDS, self._seen_awards):
            self._seen_awards.append(award["award_id"])
            self._take(award)

    # Wards and hubs.

    def _referring(self, package: Package) -> Act:
        async def refer(_: datetime) -> None:
            complete = package.complete_at == package.received_at
            self.received.append(package.referral_id)
            body = {**_known_at_once(package), **(_rest(package) if complete else {})}
            said = await self.stack.call("POST", "/v1/referrals", body, role="hub")
            assert said["referral_id"] == str(package.referral_id)
            assert complete == (not said["missing"]), said["missing"]
            if not complete:
                self._expect(package.complete_at, self._completing(package))

        return refer

    def _completing(self, package: Package) -> Act:
        async def complete(_: datetime) -> None:
            path = f"/v1/referrals/{package.referral_id}"
            said = await self.stack.call("PATCH", path, _rest(package), role="hub")
            assert not said["missing"], said["missing"]

        return complete

    # Providers.

    def _consider(self, offer: Any) -> None:
        """A provider decides whether, when and what it will answer."""
        package, index = self._packages[offer["referral_id"]], self._index[offer["provider_id"]]
        luck = self._draws.luck(package.number, index)
        said = reply(self._draws.market, index, package, luck, minute(offer["made_at"]))
        if said is not None and instant(said.minute) < offer["expires_at"]:
            self._expect(instant(said.minute), self._answering(offer, said.accepts))

    def _answering(self, offer: Any, accepts: bool) -> Act:
        path = f"/v1/offers/{offer['offer_id']}"
        who = offer["provider_id"]

        async def answer(now: datetime) -> None:
            seen = await self._as_provider(who, "GET", path)
            if seen["status"] != "live":
                return
            minutes = self._packages[offer["referral_id"]].weekly_minutes
            has_room = self._load.has_room(self._index[who], minutes, minute(now))
            if accepts and has_room:
                said = await self._as_provider(who, "POST", f"{path}/accept")
                assert said["result"] in {"awarded", "standing"}, said
                return
            reason = {"reason": "times" if has_room else "no_capacity"}
            said = await self._as_provider(who, "POST", f"{path}/decline", reason)
            assert said["result"] == "declined", said

        return answer

    def _take(self, award: Any) -> None:
        """The awarded provider's hours are taken, and it will confirm or release."""
        package, index = self._packages[award["referral_id"]], self._index[award["provider_id"]]
        filled = minute(award["filled_at"])
        luck = self._draws.luck(package.number, index)
        until = filled + package.weeks * WEEK_MINUTES
        self._load.take(index, package.number, package.weekly_minutes, until)
        carrying = carry(self._draws.market, index, luck, filled)
        self._expect(instant(carrying.minute), self._carrying(award, carrying))

    def _carrying(self, award: Any, carrying: Carrying) -> Act:
        path, who = f"/v1/packages/{award['referral_id']}", award["provider_id"]
        package = self._packages[award["referral_id"]]

        async def carry_on(now: datetime) -> None:
            if carrying.releases:
                minutes = package.weekly_minutes
                self._load.give_back(self._index[who], package.number, minutes)
                reason = {"reason": "needs_differ"}
                said = await self._as_provider(who, "POST", f"{path}/release", reason)
                assert said["result"] == "released", said
                return
            said = await self._as_provider(who, "POST", f"{path}/confirm")
            assert said["result"] == "confirmed", said
            ready_at = package.wanted.requirement.ready_at
            self._expect(max(now, ready_at + timedelta(days=carrying.days_late)), start)

        async def start(now: datetime) -> None:
            body = {"started_at": now.isoformat()}
            said = await self._as_provider(who, "POST", f"{path}/start", body)
            assert said["result"] == "started", said

        return carry_on

    async def _as_provider(self, who: UUID, method: str, path: str, body: object = None) -> Any:
        return await self.stack.call(method, path, body, role="provider", provider_id=who)


def _known_at_once(package: Package) -> dict[str, Any]:
    """What is known when somebody is referred: who it is, not what is needed."""
    from_hospital = package.source_kind == "hospital"
    ready_at = package.wanted.requirement.ready_at.isoformat()
    return {
        "source": {
            "kind": package.source_kind,
            "organisation": "simulated",
            "ward": "simulated",
        },
        "pathway": "P1" if from_hospital else "community",
        "urgency": package.urgency,
        "discharge_ready_at": ready_at if from_hospital else None,
        "person": person(postcode=f"{package.wanted.outcode} 1AA"),
    }


def _rest(package: Package) -> dict[str, Any]:
    """What was missing."""
    return {
        "authorisation": {
            "by": "Panel",
            "at": package.received_at.isoformat(),
            "basis": "panel",
            "funder": "council",
        },
        "requirement": _requirement(package.wanted.requirement),
    }


def _requirement(requirement: Requirement) -> dict[str, Any]:
    return {
        "care_type": requirement.care_type,
        "visits": [
            {
                "weekday": visit.weekday,
                "band": visit.band,
                "minutes": visit.minutes,
                "carers": visit.carers,
            }
            for visit in requirement.visits
        ],
        "needs": [*requirement.needs],
        "ready_at": requirement.ready_at.isoformat(),
    }
