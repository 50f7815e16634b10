"""Looks at an installation from outside, changing nothing: what waits, what is blocked, the clocks."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from deploy.installation import SERVICES, Installation
from shared import clock
from shared.clock import ClockSetting
from shared.messaging.kafka_topics import cluster_id
from shared.messaging.store import QUERIES
from shared.postgres.connection import TRANSIENT_ERRORS

KAFKA_TIMEOUT_SECONDS = 8.0
DATABASE_ERRORS: tuple[type[BaseException], ...] = (*TRANSIENT_ERRORS, asyncpg.PostgresError)
"""A database that is away, or has another schema."""
_LOOKING_ERRORS: tuple[type[BaseException], ...] = (*DATABASE_ERRORS, clock.ClockMismatchError)

_OFFSETS = "select topic, partition, next_offset from offsets where log_id = $1 and consumer = $2"
_ESCALATIONS = "select count(*) from summaries where escalations <> ''"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """What one database's clock showed, and when on this process's monotonic clock, in seconds."""

    shown: datetime
    asked_at_seconds: float
    uncertain_seconds: float
    setting: ClockSetting


@dataclass(slots=True, kw_only=True)
class Found:
    """What was found. A count that could not be read is None, and a trouble says why."""

    kafka: str = "unknown"
    lag: dict[str, int | None] = field(default_factory=lambda: dict.fromkeys(SERVICES))
    unsent: dict[str, int | None] = field(default_factory=lambda: dict.fromkeys(SERVICES))
    blocked: dict[str, int | None] = field(default_factory=lambda: dict.fromkeys(SERVICES))
    escalations: int | None = None
    clocks: dict[str, Instant] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    def skew(self) -> timedelta | None:
        """Homeward's time between the earliest and the latest of the databases' clocks, at one moment."""
        if len(self.clocks) < 2:
            return None
        first = next(iter(self.clocks.values()))
        at_once = [
            one.shown
            - timedelta(seconds=(one.asked_at_seconds - first.asked_at_seconds) * one.setting.scale)
            for one in self.clocks.values()
        ]
        return max(at_once) - min(at_once)

    def clock_lines(self) -> list[str]:
        """The clock in words."""
        if not self.clocks:
            return ["unknown"]
        one = next(iter(self.clocks.values()))
        scale = one.setting.scale
        speed = "real time" if scale == 1 else f"{scale:g} times as fast as real time"
        lines = [f"{one.shown:%A %d %B %Y %H:%M:%S} UTC, {speed}"]
        if scale != 1:
            lines.append(f"began at {one.setting.epoch:%Y-%m-%d %H:%M:%S} UTC")
        if len({clock.setting for clock in self.clocks.values()}) > 1:
            lines.append("the databases' clocks are SET DIFFERENTLY")
        skew = self.skew()
        if skew is not None:
            uncertain = sum(clock.uncertain_seconds for clock in self.clocks.values()) * 1000
            real_ms = skew.total_seconds() / scale * 1000
            lines.append(f"skew between databases {real_ms:.1f} ms (±{uncertain:.1f} ms, real)")
        return lines

    def to_json(self) -> dict[str, Any]:
        """The same for programs."""
        skew = self.skew()
        return {
            "kafka": self.kafka,
            "lag": self.lag,
            "unsent": self.unsent,
            "blocked_keys": self.blocked,
            "open_escalations": self.escalations,
            "clocks": {
                name: {
                    "now": one.shown.isoformat(),
                    "scale": one.setting.scale,
                    "epoch": one.setting.epoch.isoformat(),
                }
                for name, one in self.clocks.items()
            },
            "skew_seconds": None if skew is None else skew.total_seconds(),
            "troubles": self.troubles,
        }


async def observe(where: Installation) -> Found:
    """Looks once. Never raises because something is away: that is what it is to find out."""
    found = Found()
    offsets: dict[str, Mapping[TopicPartition, int]] = {}
    log_id = await _cluster(where, found)
    for service in SERVICES:
        try:
            offsets[service] = await _look_at(where, service, log_id, found)
        except _LOOKING_ERRORS as error:
            found.troubles.append(f"the database of {service}: {type(error).__name__}")
    if log_id is not None:
        await _lag(where, offsets, found)
    return found


async def _cluster(where: Installation, found: Found) -> str | None:
    try:
        async with asyncio.timeout(KAFKA_TIMEOUT_SECONDS):
            log_id = await cluster_id(where.kafka)
    except (KafkaError, OSError, TimeoutError) as error:
        found.kafka = f"away ({type(error).__name__})"
        return None
    found.kafka = "connected"
    return log_id


async def _look_at(
    where: Installation, service: str, log_id: str | None, found: Found
) -> Mapping[TopicPartition, int]:
    loop = asyncio.get_running_loop()
    async with where.connection(service) as connection:
        setting = await clock.read_setting(connection)
        before = loop.time()
        shown = await clock.now(connection)
        after = loop.time()
        found.clocks[service] = Instant(
            shown=shown,
            asked_at_seconds=(before + after) / 2,
            uncertain_seconds=(after - before) / 2,
            setting=setting,
        )
        found.unsent[service] = await QUERIES.count_unsent(connection)
        found.blocked[service] = await QUERIES.count_blocked(connection)
        if service == "matching":
            found.escalations = await connection.fetchval(_ESCALATIONS)
        rows = await connection.fetch(_OFFSETS, log_id or "", service)
    return {
        TopicPartition(where.prefix + row["topic"], row["partition"]): row["next_offset"]
        for row in rows
    }


async def _lag(
    where: Installation, offsets: Mapping[str, Mapping[TopicPartition, int]], found: Found
) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=where.kafka, enable_auto_commit=False)
    try:
        async with asyncio.timeout(KAFKA_TIMEOUT_SECONDS):
            await consumer.start()
            for service, reached in offsets.items():
                ends = await consumer.end_offsets(list(reached)) if reached else {}
                found.lag[service] = sum(
                    max(0, ends[partition] - offset) for partition, offset in reached.items()
                )
    except (KafkaError, OSError, TimeoutError) as error:
        found.troubles.append(f"Kafka's offsets: {type(error).__name__}")
    finally:
        await consumer.stop()
