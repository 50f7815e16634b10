"""The report by age over HTTP: from sealed dates of birth, for operators, of settled quarters."""

from datetime import timedelta
from uuid import UUID

from tests.integration.referrals.conftest import Service
from tests.integration.referrals.samples import awarded, referral


async def test_ages_are_told_in_bands_and_nobody_is_found(service: Service) -> None:
    """A few referrals: every cell is hidden, and no date of birth or name is in the answer."""
    for n in range(3):
        sent = await service.client.post(
            "/v1/referrals", json=referral(), headers=await service.ward()
        )
        if n == 0:
            await service.follow(awarded(UUID(sent.json()["referral_id"])))
    now = await service.database.fetchval("select homeward_now()")
    operator = await service.token("operator")
    quarter = f"{now.year}-Q{(now.month - 1) // 3 + 1}"
    early = await service.client.get(f"/v1/reports/equity?quarter={quarter}", headers=operator)
    assert (early.status_code, early.json()["errors"][0]["path"]) == (422, "quarter")
    await service.database.execute("update clock set epoch = epoch + $1", timedelta(days=120))
    found = await service.client.get(f"/v1/reports/equity?quarter={quarter}", headers=operator)
    (table,) = found.json()["tables"]
    assert table["rows"][-1] == {
        "age": "all", "first_target": "hidden", "last_target": "hidden", "later_or_not": "hidden",
        "all": "hidden", "percent": None,
    }  # fmt: skip
    assert "definitions" in table
    told = await service.client.get(
        f"/v1/reports/equity?quarter={quarter}", headers={**operator, "Accept": "text/csv"}
    )
    assert told.text.startswith("age,first_target,")
    assert "Quillfeather" not in found.text + told.text
    ward = await service.client.get("/v1/reports/equity", headers=await service.ward())
    assert ward.status_code == 403
