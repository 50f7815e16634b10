"""Personal details go to the awarded provider only, audited first; anything in doubt gives nothing."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.contracts import placements
from shared.ids import new_id
from tests.integration.referrals.conftest import Service, count
from tests.integration.referrals.samples import (
    OTHER,
    PROVIDER,
    about,
    awarded,
    person,
    referral,
    requirement,
)
from tests.stack import TestStack


async def _placed(service: Service, **changes: Any) -> placements.Awarded:
    sent = await service.client.post(
        "/v1/referrals", json=referral(**changes), headers=await service.ward()
    )
    award = awarded(UUID(sent.json()["referral_id"]))
    await service.follow(award)
    return award


async def _ask(
    service: Service, award: placements.Awarded, part: str = "person", **changes: Any
) -> Any:
    query = {
        "provider_id": str(award.provider_id),
        "award_id": str(award.award_id),
        "placement_sequence": 1,
        **changes,
    }
    return await service.client.get(
        f"/internal/v1/referrals/{award.referral_id}/{part}",
        params=query,
        headers=await service.token("service"),
    )


async def test_awarded_provider_reads(service: Service) -> None:
    """The awarded provider gets what it needs and never the key safe; each read is on record."""
    award = await _placed(service)
    answer = await _ask(service, award)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["family_name"], body["postcode"]) == ("Quillfeather", "E17 9ZZ")
    assert body["contact"]["name"] == "Sister Brackenbury"
    assert "key_safe" not in body
    assert "4471X" not in answer.text
    read = await service.database.fetchrow("select * from person_reads")
    assert read is not None
    assert (read["part"], read["provider_id"]) == ("person", PROVIDER)
    assert read["read_by"].startswith("service-")


@pytest.mark.parametrize(
    "changes",
    [{"provider_id": str(OTHER)}, {"award_id": str(new_id())}],
)
async def test_nobody_else_reads(service: Service, changes: dict[str, str]) -> None:
    """Another provider, or another award, is 404 and leaves no audit of a read."""
    award = await _placed(service)
    assert (await _ask(service, award, **changes)).status_code == 404
    assert await count(service.database, "person_reads") == 0


async def test_roles(service: Service) -> None:
    """A ward's token does not open the internal door."""
    award = await _placed(service)
    path = f"/internal/v1/referrals/{award.referral_id}/person"
    query = f"?provider_id={PROVIDER}&award_id={award.award_id}&placement_sequence=1"
    answer = await service.client.get(path + query, headers=await service.ward())
    assert answer.status_code == 403


@pytest.mark.parametrize("how", ["released", "cancelled", "withdrawn", "replaced"])
async def test_no_longer_after_the_end(service: Service, how: str) -> None:
    """After a release, a cancellation or an end, the provider reads no more."""
    award = await _placed(service)
    of_award = {"award_id": award.award_id, "provider_id": award.provider_id}
    base = about(award.referral_id)
    ends: dict[str, placements.PlacementEvent] = {
        "released": placements.AwardReleased(**base, **of_award, reason="unsafe", response_id=None),
        "cancelled": placements.AwardCancelled(**base, **of_award, because="referral_withdrawn"),
        "withdrawn": placements.PlacementWithdrawn(**base, reason="died"),
        "replaced": awarded(award.referral_id, provider_id=OTHER),
    }
    await service.follow(ends[how])
    assert (await _ask(service, award, placement_sequence=2)).status_code == 404


async def test_behind_on_awards(service: Service) -> None:
    """What the caller has seen and we have not yet is 503 with Retry-After, never a guess."""
    award = await _placed(service)
    answer = await _ask(service, award, placement_sequence=2)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert await count(service.database, "person_reads") == 0


async def test_an_award_that_is_on_its_way(service: Service) -> None:
    """Asked a moment before the award is read here, the answer waits for it instead of refusing."""
    award = await _placed(service)
    confirmed = placements.AwardConfirmed(
        **about(award.referral_id), award_id=award.award_id, provider_id=PROVIDER, response_id=None
    )
    asking = asyncio.create_task(_ask(service, award, placement_sequence=2))
    await asyncio.sleep(0.3)
    assert not asking.done()
    await service.follow(confirmed)
    assert (await asking).status_code == 200


async def test_key_safe_near_the_start(service: Service) -> None:
    """The code is released from 24 hours before the ready instant, and says from when."""
    now = await clock.now(service.database)
    far = (now + timedelta(hours=25)).isoformat()
    early = await _placed(service, requirement=requirement(ready_at=far))
    refused = await _ask(service, early, "key-safe")
    assert (refused.status_code, refused.json()["type"]) == (409, "too-early")
    assert refused.json()["from"] == (now + timedelta(hours=1)).isoformat()
    near = (now + timedelta(hours=23)).isoformat()
    soon = await _placed(service, requirement=requirement(ready_at=near))
    given = await _ask(service, soon, "key-safe")
    assert given.json() == {
        "referral_id": str(soon.referral_id),
        "key_safe": "left of the door, 4471X",
    }


async def test_audit_or_nothing(service: Service) -> None:
    """If the audit cannot be written, nothing is answered."""
    award = await _placed(service)
    await service.database.execute("drop table person_reads")
    answer = await _ask(service, award)
    assert answer.status_code == 500
    assert "Quillfeather" not in answer.text


def _values(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _values(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _values(inner)]
    return [value] if isinstance(value, str) else []


async def test_personal_values_stay_in_the_room(
    service: Service, stack: TestStack, capfd: pytest.CaptureFixture[str]
) -> None:
    """No personal value is in an error body, an event, a log or a table; all are sealed."""
    someone = person(gender=None, nhs_number_absent_reason=None)
    details = [
        *_values(someone),
        someone["nhs_number"],
        "E17 9ZZ",
        "e179zz",
        "Sister Brackenbury",
        "Dr Penhaligon",
    ]
    headers = await service.ward()
    sent = await service.client.post(
        "/v1/referrals", json=referral(person=someone), headers=headers
    )
    assert sent.status_code == 201
    bodies = [sent.text]
    path = f"/v1/referrals/{sent.json()['referral_id']}"
    for value in details:
        for body in (
            referral(person=person(nhs_number=value)),
            referral(person={**someone, "date_of_birth": value}),
            referral(requirement=requirement(needs=[value])),
            referral(source={"kind": "hospital", "organisation": value, "ward": value}),
            referral(**{value: value}),
        ):
            answer = await service.client.post("/v1/referrals", json=body, headers=headers)
            assert answer.status_code in (403, 409, 422)
            bodies.append(answer.text)
    await service.client.post(f"{path}/withdraw", json={"reason": "died"}, headers=headers)
    tables = await service.database.fetch(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    dump = [
        json.dumps([str(tuple(row)) for row in await service.database.fetch(f"table {name}")])
        for (name,) in tables
    ]
    log_text = await asyncio.to_thread(_logs, stack.folder / "logs")
    output = capfd.readouterr()
    places = [*bodies, *dump, log_text, output.out, output.err]
    for value in details:
        for text in places:
            assert value not in text


def _logs(folder: Path) -> str:
    return "".join(file.read_text(errors="replace") for file in folder.glob("*.log"))
