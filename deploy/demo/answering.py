"""The providers: each reads its own offers over HTTP and answers as its habits say."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from deploy.demo.scene import Scene
from services.matching.domain.market import Provider

TOO_LATE = ("offer-lapsed", "already-placed", "offer-withdrawn")
"""Refusals that are nobody's fault: others were quicker, or the day went on."""


async def answer_all(scene: Scene) -> None:
    """Every provider answers until cancelled."""
    async with asyncio.TaskGroup() as group:
        for number, provider in enumerate(scene.register):
            group.create_task(_Provider(scene, number, provider, group).live())


class _Provider:
    """One simulated provider and what it is busy with."""

    def __init__(
        self, scene: Scene, number: int, provider: Provider, group: asyncio.TaskGroup
    ) -> None:
        self.scene = scene
        self.number = number
        self.provider = provider
        self.token = scene.tokens.providers[str(provider.provider_id)]
        self.url = scene.run.providers_url
        self._group = group
        self._seen: set[str] = set()
        self._taken: set[str] = set()

    async def live(self) -> None:
        """Waits for offers to come or change, for ever."""
        after = None
        while True:
            params = {"limit": 200} if after is None else {"limit": 200, "after": after}
            answered = await self.scene.client.get(
                f"{self.url}/v1/offers", self.token, wait=True, params=params
            )
            if not answered.ok:
                self.scene.tell(f"{self.provider.name} cannot read offers: {answered.problem}")
                await asyncio.sleep(5)
                continue
            after = answered.body["next"]
            for offer in answered.body["items"]:
                self._look_at(offer)

    def _look_at(self, offer: Mapping[str, Any]) -> None:
        """An offer is new, or has changed."""
        if offer["status"] == "live" and offer["offer_id"] not in self._seen:
            self._seen.add(offer["offer_id"])
            self._group.create_task(self._answer(offer))
        if offer["status"] == "accepted" and offer["offer_id"] not in self._taken:
            self._taken.add(offer["offer_id"])
            self._group.create_task(self._carry(offer))

    async def _answer(self, offer: Mapping[str, Any]) -> None:
        scene = self.scene
        says = scene.habits.answer(self.number, offer)
        if says is None:
            return
        await scene.clock.sleep_until(says.at)
        has_room = scene.habits.has_room(self.number, offer, scene.clock.now())
        verb, body = "accept", None
        if not (says.accepts and has_room):
            verb, body = "decline", {"reason": says.reason if has_room else "no_capacity"}
            if says.note is not None:
                body["note"] = says.note
        url = f"{self.url}/v1/offers/{offer['offer_id']}/{verb}"
        what = f"{verb} {offer['offer_id']}"
        answered = await scene.client.act(what, url, self.token, body, decided=True)
        result = answered.body.get("result") if answered.ok else answered.problem
        if verb == "accept":
            scene.tell(
                f"{self.provider.name} accepts {offer['referral_id'][-6:]}"
                f" ({offer['tier_name']}): {result}"
            )
        elif not answered.ok and result not in TOO_LATE:
            scene.tell(f"{self.provider.name}: a no was refused: {result}")

    async def _carry(self, offer: Mapping[str, Any]) -> None:
        """The package is ours: read the plan, then confirm it or give it back."""
        scene = self.scene
        plan = scene.habits.award(self.number, offer, scene.clock.now())
        await scene.clock.sleep_until(plan.at)
        package = f"{self.url}/v1/packages/{offer['referral_id']}"
        await scene.client.get(f"{package}/person", self.token)
        if plan.releases:
            body = {"reason": "needs_differ", "note": plan.note}
            if await self._ask(offer, "release", f"{package}/release", body):
                scene.habits.give_back(self.number, offer)
            return
        confirmed = await self._ask(offer, "confirm", f"{package}/confirm", None)
        if confirmed and plan.starts_at is not None:
            await scene.clock.sleep_until(plan.starts_at)
            body = {"started_at": (scene.clock.now() - timedelta(minutes=5)).isoformat()}
            await self._ask(offer, "start", f"{package}/start", body)

    async def _ask(self, offer: Mapping[str, Any], request: str, url: str, body: Any) -> bool:
        """Whether a request about our award was granted."""
        what = f"{request} {offer['offer_id']}"
        answered = await self.scene.client.act(what, url, self.token, body, decided=True)
        result = answered.body.get("result") if answered.ok else answered.problem
        self.scene.tell(f"{self.provider.name}: {request} of {offer['referral_id'][-6:]}: {result}")
        return answered.ok
