"""The brokerage team: writes down one answer given by telephone, and awards one package by hand."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from deploy.demo.scene import Scene

NOTE_MARK = "broker-note-mark"
"""In every note that the simulated broker writes, so that a test can look for it elsewhere."""
LOOK_EVERY_MINUTES = 6.0


async def broker_all(scene: Scene) -> None:
    """Does what the day has for the broker, then returns."""
    async with asyncio.TaskGroup() as group:
        for planned in scene.day.referrals:
            if planned.oddity == "by-telephone":
                group.create_task(_write_down_a_call(scene, planned.index))
            if planned.oddity == "nobody-can":
                group.create_task(_award_by_hand(scene, planned.index))


async def _placement(scene: Scene, index: int) -> Mapping[str, Any]:
    """The placement of a planned referral, once matching knows it."""
    while True:
        referral_id = scene.referral_ids.get(index)
        if referral_id is not None:
            url = f"{scene.run.matching_url}/v1/placements/{referral_id}"
            answered = await scene.client.get(url, scene.tokens.broker)
            if answered.ok:
                return answered.body
        await scene.clock.sleep_minutes(LOOK_EVERY_MINUTES)


async def _write_down_a_call(scene: Scene, index: int) -> None:
    """A provider rings while its offer is live; the broker types what it said a minute later."""
    while True:
        placement = await _placement(scene, index)
        live = [offer for offer in placement["offers"] if offer["status"] == "live"]
        if live:
            break
        if placement["status"] not in ("awaiting_information", "searching"):
            return
        await scene.clock.sleep_minutes(1)
    offer, referral_id = live[0], placement["referral_id"]
    said_at = scene.clock.now()
    await scene.clock.sleep_minutes(1)
    body = {
        "answer": "accept",
        "told_by": f"{NOTE_MARK} the coordinator",
        "note": f"{NOTE_MARK}: rang at noon, has a morning round in that street",
        "at": (said_at - timedelta(seconds=1)).isoformat(),
    }
    url = f"{scene.run.matching_url}/v1/placements/{referral_id}/offers/{offer['offer_id']}/answer"
    answered = await scene.client.act(
        f"telephone {offer['offer_id']}", url, scene.tokens.broker, body
    )
    said = " ".join(answered.body["result"]) if answered.ok else answered.problem
    scene.tell(f"the broker writes down a call about {referral_id[-6:]}: {said}")


async def _award_by_hand(scene: Scene, index: int) -> None:
    """Nobody in any tier can do it: the broker finds somebody and awards it with a reason."""
    while (placement := await _placement(scene, index))["status"] != "exhausted":
        if placement["status"] not in ("awaiting_information", "searching"):
            return
        await scene.clock.sleep_minutes(LOOK_EVERY_MINUTES)
    await scene.clock.sleep_minutes(15)
    framework = [one for one in scene.register if one.contracts[0].kind == "framework"]
    provider = (framework or scene.register)[index % len(framework or scene.register)]
    body = {
        "provider_id": str(provider.provider_id),
        "ground": "none_answered",
        "reason": f"{NOTE_MARK}: their nurse will train two carers this week",
        "override": {"ground": "none_answered", "reason": f"{NOTE_MARK}: trained before the start"},
        "confirm": True,
    }
    url = f"{scene.run.matching_url}/v1/placements/{placement['referral_id']}/award"
    what = f"award {placement['referral_id']}"
    answered = await scene.client.act(what, url, scene.tokens.broker, body)
    said = "awarded" if answered.ok else answered.problem
    scene.tell(f"the broker gives {placement['referral_id'][-6:]} to {provider.name}: {said}")
