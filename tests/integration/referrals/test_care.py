"""Parts, later searches and ends, through the consumer: access, duplicates and a referral's state."""

from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.contracts import care, placements
from shared.ids import new_id
from tests.integration.referrals.conftest import Service
from tests.integration.referrals.samples import nhs_number, person, referral
from tests.unit.referrals.telling import DAY, LARCH, ROWAN, Told


async def received(service: Service, **changes: Any) -> tuple[Told, dict[str, str]]:
    """A referral, what matching will say of it from now on, and its ward's headers."""
    headers = await service.ward()
    sent = await service.client.post("/v1/referrals", json=referral(**changes), headers=headers)
    assert sent.status_code == 201, sent.text
    told = Told(await clock.now(service.database), UUID(sent.json()["referral_id"]))
    return told, headers


async def follow(service: Service, told: Told) -> None:
    """Hands what was told since the last time to the consumer."""
    await service.follow(*told.events)
    told.events.clear()


async def may_read(service: Service, told: Told, placement_id: UUID, provider_id: UUID) -> int:
    """What the providers service is answered on behalf of a provider."""
    answer = await service.client.get(
        f"/internal/v1/referrals/{told.referral_id}/person",
        params={
            "provider_id": str(provider_id),
            "award_id": str(told.award_id(placement_id, provider_id)),
            "placement_sequence": 1,
        },
        headers=await service.token("service"),
    )
    return answer.status_code


async def state(service: Service, told: Told, headers: dict[str, str]) -> tuple[str, str]:
    """The referral's own status, and the board's."""
    read = await service.client.get(f"/v1/referrals/{told.referral_id}", headers=headers)
    return read.json()["status"], read.json()["place"]["status"]


async def test_each_part_gives_access_and_an_ending_one_until_its_last_visit(service: Service):
    """Two providers read at once; who hands back reads on until its care has ended."""
    told, headers = await received(service)
    whole, one, two = told.search(), new_id(), new_id()
    told.say(care.PlacementDivided, whole, because="split", into=(one, two))
    told.search(one, cause="split")
    told.search(two, cause="split")
    told.started(one, LARCH)
    told.started(two, ROWAN)
    await follow(service, told)
    assert await may_read(service, told, one, LARCH) == 200
    assert await may_read(service, told, two, ROWAN) == 200
    assert await may_read(service, told, two, LARCH) == 404
    told.handed_back(one, LARCH)
    later = told.search(cause="handed_back", follows=one)
    told.awarded(later, ROWAN)
    await follow(service, told)
    assert await may_read(service, told, one, LARCH) == 200
    assert await may_read(service, told, later, ROWAN) == 200
    told.of_award(care.CareEnded, one, LARCH, because="handed_back")
    await follow(service, told)
    assert await may_read(service, told, one, LARCH) == 404
    assert await may_read(service, told, two, ROWAN) == 200
    assert await state(service, told, headers) == ("started", "taken")


@pytest.mark.parametrize("how", ["lapsed", "refused", "withdrawn"])
async def test_a_paused_package_gives_access_until_it_is_held_no_longer(service: Service, how: str):
    """Its provider may come back to it; after a lapse, a refusal or a withdrawal it may not."""
    told, _headers = await received(service)
    placement = told.search()
    told.started(placement)
    told.paused(placement)
    await follow(service, told)
    assert await may_read(service, told, placement, LARCH) == 200
    if how == "lapsed":
        told.of_award(care.PauseLapsed, placement)
    elif how == "refused":
        told.of_award(care.RestartRefused, placement, because="refused")
    else:
        told.of_award(placements.AwardCancelled, placement, because="referral_withdrawn")
        told.say(placements.PlacementWithdrawn, placement, reason="died")
    await follow(service, told)
    assert await may_read(service, told, placement, LARCH) == 404


async def test_a_person_is_referred_anew_when_every_part_has_started(service: Service):
    """Neither one part of two nor bridging care ends the search for the person."""
    number = nhs_number()
    told, headers = await received(service, person=person(nhs_number=number))

    async def again() -> int:
        body = referral(person=person(nhs_number=number))
        answer = await service.client.post("/v1/referrals", json=body, headers=headers)
        return answer.status_code

    whole, one, two = told.search(), new_id(), new_id()
    bridging = told.search(cause="bridging", follows=whole, bridging_until=told.at + 9 * DAY)
    told.started(bridging, ROWAN)
    told.say(care.PlacementDivided, whole, because="split", into=(one, two))
    told.search(one, cause="split")
    told.search(two, cause="split")
    told.started(one)
    await follow(service, told)
    assert await state(service, told, headers) == ("complete", "asking_providers")
    assert await again() == 409
    # A batch in which the last part starts and is given up at once: it has started.
    told.started(two)
    told.handed_back(two)
    told.search(cause="handed_back", follows=two)
    await follow(service, told)
    assert await state(service, told, headers) == ("started", "asking_providers")
    assert await again() == 201


async def test_care_that_ended_is_searched_again(service: Service):
    """Ended cannot be withdrawn; when the person comes home it is under way again, and can be."""
    told, headers = await received(service)
    placement = told.search()
    told.started(placement)
    told.paused(placement)
    told.of_award(care.PauseLapsed, placement)
    await follow(service, told)
    assert await state(service, told, headers) == ("ended", "pause_lapsed")
    path = f"/v1/referrals/{told.referral_id}/withdraw"
    refused = await service.client.post(path, json={"reason": "died"}, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (409, "already-ended")
    told.search(cause="pause_lapsed", follows=placement)
    await follow(service, told)
    assert await state(service, told, headers) == ("started", "asking_providers")
    gone = await service.client.post(path, json={"reason": "died"}, headers=headers)
    assert gone.status_code == 202


async def test_a_withdrawal_while_care_ends_is_done_with_its_end(service: Service):
    """Matching ends the care and has nothing else to withdraw: the ward is not left waiting."""
    told, headers = await received(service)
    placement = told.search()
    told.started(placement)
    told.of_award(
        care.CareEnding, placement, because="no_longer_needed", last_visit_at=told.at + DAY
    )
    await follow(service, told)
    path = f"/v1/referrals/{told.referral_id}/withdraw"
    gone = await service.client.post(path, json={"reason": "died"}, headers=headers)
    assert (gone.status_code, gone.json()["status"]) == (202, "withdrawing")
    told.of_award(care.CareEnded, placement, because="no_longer_needed")
    await follow(service, told)
    assert await state(service, told, headers) == ("withdrawn", "withdrawn")


async def test_the_key_safe_of_a_later_search_is_given_near_its_own_start(service: Service):
    """The referral's own ready date is long past, and says nothing of it."""
    told, _headers = await received(service)
    placement = told.search()
    told.started(placement)
    told.handed_back(placement)
    later = told.search(cause="handed_back", follows=placement)
    told.awarded(later, ROWAN)
    await follow(service, told)
    answer = await service.client.get(
        f"/internal/v1/referrals/{told.referral_id}/key-safe",
        params={
            "provider_id": str(ROWAN),
            "award_id": str(told.award_id(later, ROWAN)),
            "placement_sequence": 1,
        },
        headers=await service.token("service"),
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "too-early")
    assert answer.json()["from"] == (told.at + DAY).isoformat()
