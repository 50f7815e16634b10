"""The two wards and the hub: they refer, complete and withdraw over HTTP as the day is planned."""

import asyncio

from deploy.demo.day import SUPPLY_MARK, PlannedReferral
from deploy.demo.scene import Scene


async def send_all(scene: Scene) -> None:
    """Sends every referral of the day at its minute; returns when the last is acknowledged."""
    async with asyncio.TaskGroup() as group:
        for planned in scene.day.referrals:
            group.create_task(_send(scene, planned))


async def _send(scene: Scene, planned: PlannedReferral) -> None:
    await scene.clock.sleep_until(scene.at(planned.at_minutes))
    by_hub = planned.sender == "hub"
    token = scene.tokens.hub if by_hub else scene.tokens.wards[planned.ward]
    url = f"{scene.run.referrals_url}/v1/referrals"
    answered = await scene.client.act(f"refer {planned.index}", url, token, planned.body)
    if not answered.ok:
        scene.tell(f"{planned.ward}: a referral was refused: {answered.problem}")
        return
    referral_id = str(answered.body["referral_id"])
    scene.referral_ids[planned.index] = referral_id
    scene.sent += 1
    missing = answered.body["missing"]
    state = f"incomplete, {len(missing)} things missing" if missing else "complete"
    scene.tell(f"{planned.ward} refers {referral_id[-6:]}: {state}")
    if planned.supply is not None and planned.supplied_at_minutes is not None:
        await _supply(scene, planned, f"{url}/{referral_id}")
    if planned.withdrawn_at_minutes is not None:
        await _withdraw(scene, planned, f"{url}/{referral_id}")


async def _supply(scene: Scene, planned: PlannedReferral, url: str) -> None:
    assert planned.supplied_at_minutes is not None
    await scene.clock.sleep_until(scene.at(planned.supplied_at_minutes))
    answered = await scene.client.act(
        f"complete {planned.index}", url, scene.tokens.hub, planned.supply, method="PATCH"
    )
    scene.tell(
        f"the hub completes {url[-6:]}" + (f": {answered.problem}" if not answered.ok else "")
    )


async def _withdraw(scene: Scene, planned: PlannedReferral, url: str) -> None:
    assert planned.withdrawn_at_minutes is not None
    await scene.clock.sleep_until(scene.at(planned.withdrawn_at_minutes))
    body = {
        "reason": "family_arranged",
        "note": f"{SUPPLY_MARK}: the daughter of {planned.person.bundle} has arranged it",
    }
    answered = await scene.client.act(
        f"withdraw {planned.index}", f"{url}/withdraw", scene.tokens.hub, body
    )
    scene.tell(
        f"the hub withdraws {url[-6:]}" + (f": {answered.problem}" if not answered.ok else "")
    )
