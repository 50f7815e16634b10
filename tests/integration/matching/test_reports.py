"""Reports on a real database: the register, and what a few packages come to."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.registers.made import made_register
from services.matching.reporting.catalogue import REPORTS, BadAskError, make_report
from services.matching.reporting.register import load_register
from services.matching.reporting.register_file import RegisterLine, read_register
from shared.contracts.referrals import WithdrawalRequested
from shared.contracts.responses import StartReported
from shared.ids import new_id
from shared.report_tables import Report, to_csv
from tests.integration.matching.room import Room, accept, decline, provider, referral, room
from tests.stack import TestStack


async def report(matching: Room, name: str, **asked: Any) -> Report:
    async with matching.pool.acquire() as connection, connection.transaction():
        return await make_report(
            connection, name, policy=matching.matching.policies.current, **asked
        )


def records(told: Report, name: str) -> list[dict[str, Any]]:
    (table,) = [table for table in told.tables if table.name == name]
    return table.records()


async def load(matching: Room, file: Path, text: str) -> int:
    lines = written(file, text)
    async with matching.pool.acquire() as connection, connection.transaction():
        return await load_register(connection, lines, file_sha256="0", author="broker-1")


def written(file: Path, text: str) -> tuple[RegisterLine, ...]:
    file.write_text(text, encoding="utf-8")
    return read_register(file)


async def test_a_loaded_register_is_the_market(stack: TestStack, tmp_path: Path):
    """To the penny through Postgres, and a second load takes the place of the first."""
    async with room(stack) as matching:
        assert await load(matching, tmp_path / "a.csv", made_register(7)) == 1
        assert await load(matching, tmp_path / "b.csv", made_register()) == 2
        lines = {row["group"]: row for row in records(await report(matching, "market"), "market")}
    told = [(lines[g]["packages"], str(lines[g]["hours"]), str(lines[g]["cost"])) for g in lines]
    assert told[:2] == [(829, "11196.74", "201042.13"), (723, "12778.16", "204808.49")]


async def test_care_that_has_started_is_in_the_register(stack: TestStack, tmp_path: Path):
    """From its first visit on, beside what was loaded of the same provider; an award alone is not."""
    oak = provider(name="Oak Care", kind="framework", lot="walthamstow")
    text = (
        "provider,contract,package,care_type,weekly_hours,rate\n"
        "OAK CARE,framework,A-1,personal_care,10,17.50\n"
        "Idle Care,spot,,,,\n"
    )
    async with room(stack) as matching:
        await load(matching, tmp_path / "a.csv", text)
        await matching.take(oak)
        asked = referral(await matching.now())
        await matching.take(asked)
        (offer,) = await matching.offers(asked.referral_id)
        await matching.take(accept(await matching.now(), asked.referral_id, offer))
        before = await report(matching, "market")
        award_id = await matching.pool.fetchval("select award_id from awards")
        await matching.advance(hours=2)
        now = await matching.now()
        await matching.take(
            StartReported(
                at=now, referral_id=asked.referral_id, response_id=new_id(),
                provider_id=oak.provider_id, recorded_at=now, award_id=award_id,
                started_at=now - timedelta(hours=1),
            )
        )  # fmt: skip
        after = await report(matching, "market")
        through = records(await report(matching, "register"), "packages")
    framework = [records(told, "market")[0] for told in (before, after)]
    assert [line["packages"] for line in framework] == [1, 2]
    assert [str(line["hours"]) for line in framework] == ["10.00", "10.75"]
    assert [str(line["cost"]) for line in framework] == ["175.00", "188.13"]
    assert after.facts["providers"] == 2
    assert [(row["loaded"], str(row["rate"])) for row in through] == [
        (False, "17.50"), (True, "17.50"),
    ]  # fmt: skip


async def test_every_report_can_be_asked_for(stack: TestStack):
    """With nothing in it, and with a package; grouped by each of its parts; as CSV."""
    async with room(stack) as matching:
        for name, kind in REPORTS.items():
            for by in kind.by or (None,):
                assert to_csv(await report(matching, name, by=by))
        await matching.take(
            *(provider(name=n, kind="framework", lot="walthamstow") for n in ("Oak", "Ash"))
        )
        asked = referral(await matching.now())
        await matching.take(asked)
        offers = await matching.offers(asked.referral_id)
        now = await matching.now()
        await matching.take(
            decline(now, asked.referral_id, offers[0]), accept(now, asked.referral_id, offers[1])
        )
        await matching.advance(hours=5)
        for name, kind in REPORTS.items():
            for by in kind.by or (None,):
                assert to_csv(await report(matching, name, by=by))
        fill = await report(matching, "fill-times", by="lot")
        with pytest.raises(BadAskError, match="grouped by"):
            await report(matching, "fill-times", by="colour")
    (part,) = fill.facts["parts"]
    assert (part["count"], part["filled"], part["targets"][-1]["percent"]) == (1, 1, 100.0)


async def test_what_became_of_offers_and_awards(stack: TestStack):
    """A no with its reason, an award withdrawn before care, and an outcode where nobody says yes."""
    oak, ash = (provider(name=n, kind="framework", lot="walthamstow") for n in ("Oak", "Ash"))
    async with room(stack) as matching:
        await matching.take(oak, ash)
        placed, refused = [referral(await matching.now()) for _ in range(2)]
        await matching.take(placed, refused)
        now = await matching.now()
        for asked, answers in ((placed, (decline, accept)), (refused, (decline, decline))):
            offers = await matching.offers(asked.referral_id)
            assert len(offers) == 2
            await matching.take(
                *[give(now, asked.referral_id, offer)
                  for give, offer in zip(answers, offers, strict=True)]
            )  # fmt: skip
        now = await matching.now()
        await matching.take(
            WithdrawalRequested(
                at=now, referral_id=placed.referral_id, requested_at=now, reason="readmitted"
            )
        )
        await matching.advance(hours=6)
        await matching.fire()
        told = {name: await report(matching, name) for name in REPORTS}
    outcomes = records(told["offers"], "outcomes")
    assert [sum(row[name] for row in outcomes) for name in ("made", "declined", "yes")] == [4, 3, 1]
    (reason,) = records(told["reasons"], "reasons")
    assert (reason["kind"], reason["reason"], reason["count"]) == ("declined", "area", 3)
    (withdrawn,) = records(told["reasons"], "withdrawals")
    assert (withdrawn["reason"], withdrawn["count"]) == ("readmitted", 1)
    assert told["failed-discharges"].facts["failed_discharges"] == 1
    assert told["failed-discharges"].facts["failed_hours"] == 0.75
    (outcode,) = records(told["unfilled"], "outcodes")
    assert (outcode["outcode"], outcode["missed_percent"], outcode["unfilled_now"]) == (
        "E17", 100.0, 1,
    )  # fmt: skip
    who = records(told["unfilled"], "declines")
    assert {(row["reason"], row["outcode"]) for row in who} == {("area", "E17")}
    assert sum(row["count"] for row in who) == 3
    assert {row["kind"] for row in records(told["waiting"], "items")} >= {"target_overdue"}
    shares = records(told["fairness"], "providers")
    assert sorted(row["offers"] for row in shares) == [2, 2]
