"""The embedded servers start, stop, and come back with everything acknowledged after kill -9."""

import asyncio
import os
import pwd
import shutil
import signal
import time
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.postgres import Postgres
from tests.stack import TestStack

RETURN_WITHIN_SECONDS = 30


async def fetch(url: str, query: str) -> object:
    """The single value of a query on a connection of its own."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def execute(url: str, statement: str) -> None:
    """Run a statement on a connection of its own."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def create_topic(bootstrap: str, topic: str) -> None:
    """Make a topic of one partition."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        await client.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await client.close()


async def send(bootstrap: str, topic: str, value: bytes) -> None:
    """Send one record and return when the broker has acknowledged it."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value)


async def count_records(bootstrap: str, topic: str) -> int:
    """How many records the topic's only partition holds."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        return int((await consumer.end_offsets([partition]))[partition])
    finally:
        await consumer.stop()


async def test_postgres_is_version_18_durable_and_silent(stack: TestStack) -> None:
    """The server is PostgreSQL 18, flushes to disk, listens on loopback, logs no client errors."""
    url = await stack.new_database()
    assert str(await fetch(url, "show server_version")).startswith("18.")
    assert await fetch(url, "show fsync") == "on"
    assert await fetch(url, "show listen_addresses") == "127.0.0.1"
    with pytest.raises(asyncpg.PostgresError):
        await fetch(url, "select 'a secret mark'::int")
    assert "a secret mark" not in stack.postgres.log.read_text()


async def test_crashed_backend_leaves_no_statement_in_the_log(stack: TestStack) -> None:
    """When one backend is killed the server recovers and its log does not repeat the statement."""
    url = await stack.new_database()
    connection = await asyncpg.connect(url, timeout=10)
    backend = connection.get_server_pid()
    query = asyncio.create_task(connection.execute("select 'a secret mark', pg_sleep(60)"))
    await asyncio.sleep(0.3)
    os.kill(backend, signal.SIGKILL)
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await query
    await asyncio.to_thread(stack.postgres.wait_ready)
    log = stack.postgres.log.read_text()
    assert "terminated by signal 9" in log
    assert "a secret mark" not in log


def test_whoever_starts_the_server_without_namespaces(tmp_path: Path) -> None:
    """Root has an unprivileged user run it in a linked folder; anybody else runs it as it is."""
    is_root = os.geteuid() == 0
    owner = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.geteuid())
    identity = f"user:{owner.pw_uid}:{owner.pw_gid}" if is_root else None
    server = Postgres(tmp_path / "postgres", tmp_path / "postgres.log", identity)
    try:
        server.start()
        server.kill()
        server.start()
        assert server.folder.is_symlink() == is_root
        assert server.data.stat().st_uid == owner.pw_uid
        again = Postgres(tmp_path / "postgres", tmp_path / "postgres.log")
        server.stop()
        again.start()  # Finds by itself who owns the data.
        again.stop()
    finally:
        server.stop()
        shutil.rmtree(server.folder.resolve())


def test_interrupted_initialisation_is_done_again(tmp_path: Path) -> None:
    """Half-made data of an initialisation that was killed does not block the next start."""
    server = Postgres(tmp_path / "postgres", tmp_path / "postgres.log")
    half = tmp_path / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    try:
        server.start()
    finally:
        server.stop()


async def test_postgres_refuses_a_wrong_password(stack: TestStack) -> None:
    """Knowing the port is not enough: the password is checked."""
    url = stack.postgres_url("postgres")
    password = url.split(":")[2].split("@")[0]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await fetch(url.replace(password, "guess"), "select 1")


async def test_template_is_built_once(stack: TestStack) -> None:
    """Databases of the same template have its content, and it is built for the first one only."""
    built = []

    async def build(url: str) -> None:
        built.append(url)
        await execute(url, "create table marks as select 42 as mark")

    first = await stack.new_database_from("marks", build)
    second = await stack.new_database_from("marks", build)
    assert first != second
    assert await fetch(second, "select mark from marks") == 42
    assert len(built) == 1


async def test_postgres_returns_after_kill_with_a_busy_backend(stack: TestStack) -> None:
    """A killed postmaster whose backend is still busy is back in time with what was committed."""
    url = await stack.new_database()
    await execute(url, "create table kept as select 1 as mark")
    busy = await asyncpg.connect(url, timeout=10)
    query = asyncio.create_task(busy.execute("select count(*) from generate_series(1, 1e11)"))
    await asyncio.sleep(0.3)
    stack.kill_postgres()
    started = time.monotonic()
    await asyncio.to_thread(stack.restart_postgres)
    assert time.monotonic() - started < RETURN_WITHIN_SECONDS
    with pytest.raises((asyncpg.PostgresError, OSError, asyncpg.InterfaceError)):
        await query
    assert await fetch(url, "select mark from kept") == 1


async def test_kafka_returns_after_kill_with_the_record(
    stack: TestStack, topic_prefix: str
) -> None:
    """A record acknowledged before kill -9 of the broker is there when it is back, in time."""
    topic = f"{topic_prefix}kept"
    await create_topic(stack.kafka_bootstrap, topic)
    await send(stack.kafka_bootstrap, topic, b"kept")
    stack.kill_kafka()
    started = time.monotonic()
    await asyncio.to_thread(stack.restart_kafka)
    assert time.monotonic() - started < RETURN_WITHIN_SECONDS
    assert await count_records(stack.kafka_bootstrap, topic) == 1


async def test_wiped_kafka_is_a_new_cluster(stack: TestStack, topic_prefix: str) -> None:
    """After a wipe the broker answers on the same address and knows no topic of before."""
    bootstrap = stack.kafka_bootstrap
    topic = f"{topic_prefix}gone"
    await create_topic(bootstrap, topic)
    await asyncio.to_thread(stack.wipe_kafka)
    assert stack.kafka_bootstrap == bootstrap
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        assert topic not in await client.list_topics()
    finally:
        await client.close()
