"""The service as its own process: over a real socket, with the logs that it really writes."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import httpx
import pytest

from shared.secrets import create_keys
from tests.integration.referrals.conftest import NOWHERE, Service, _migrated
from tests.integration.referrals.samples import person, referral, requirement
from tests.stack import ROOT, TestStack

SEEDED = ("Quillfeather", "Marjorie", "Zanzibar", "9ZZ", "9zz", "0917", "4471X", "1938-04-17")


@pytest.fixture
async def process(stack: TestStack, tmp_path: Path):
    """`python -m services.referrals` on a free port; gives its address and the file of its logs."""
    create_keys(tmp_path)
    url = await stack.new_database_from("referrals", _migrated)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": url,
        "KAFKA_BOOTSTRAP_SERVERS": NOWHERE,
        "HOMEWARD_SECRETS": str(tmp_path),
        "HOMEWARD_PORT": str(port),
    }
    log_file = tmp_path / "log"
    with log_file.open("wb") as output:
        running = subprocess.Popen(  # noqa: ASYNC220 - it outlives no test
            [sys.executable, "-m", "services.referrals"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False
        ) as client:
            async with asyncio.timeout(90):
                while not await _answers(client):
                    await asyncio.sleep(0.1)
            database = await asyncpg.connect(url)
            yield client, database, log_file, running
            await database.close()
    finally:
        running.kill()
        running.wait()


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health")).status_code == 200
    except httpx.TransportError:
        return False


async def test_process(process) -> None:
    """Bad and good requests over a socket: problems come back, logs are JSON and say nothing."""
    client, database, log_file, running = process
    service = Service(None, client, database, "")  # type: ignore[arg-type]
    headers = await service.ward()
    ten_mb = await client.post(
        "/v1/referrals",
        content=b"Quillfeather" * 900_000,
        headers={**headers, "Content-Type": "application/json"},
    )
    assert ten_mb.status_code == 413
    good = await client.post("/v1/referrals", json=referral(), headers=headers)
    assert good.status_code == 201
    for body in (
        referral(person=person(family_name="Quillfeather\x07")),
        referral(requirement=requirement(needs=["Quillfeather"])),
        referral(person=person(date_of_birth="1938-04-1717")),
    ):
        assert (await client.post("/v1/referrals", json=body, headers=headers)).status_code == 422
    await client.get("/v1/wards/Quillfeather/board?cursor=Quillfeather", headers=headers)
    await client.get("/Quillfeather?name=Quillfeather", headers=headers)
    # A table that is gone makes a bug of every request: the log says where, not with what.
    await database.execute("alter table person rename to person_elsewhere")
    broken = await client.post("/v1/referrals", json=referral(), headers=headers)
    assert (broken.status_code, broken.json()["type"]) == (500, "internal-error")
    running.terminate()
    assert await asyncio.to_thread(running.wait, 20) in (0, -15)
    text = log_file.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert any(line["event"] == "http.failed" and "request_id" in line for line in lines)
    assert any(line.get("route") == "/v1/referrals" and line["status"] == 201 for line in lines)
    for value in SEEDED:
        assert value not in text
        assert value not in broken.text
