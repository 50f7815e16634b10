"""One world for the tests that leave it whole; it is brought back to life before each of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.world import World
from tests.stack import TestStack


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def shared_world(
    _session_stack: TestStack, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """The session's world, before anything was started in it."""
    world = await World.create(_session_stack, tmp_path_factory.mktemp("world"), "e2e.")
    yield world
    await world.close()


@pytest_asyncio.fixture(loop_scope="session")
async def world(stack: TestStack, shared_world: World) -> World:
    """One process of each service, ready, on servers that run."""
    await shared_world.up()
    return shared_world


@pytest_asyncio.fixture(loop_scope="session")
async def new_world(stack: TestStack, tmp_path: Path, topic_prefix: str) -> AsyncIterator[World]:
    """A world with no history in which nothing runs yet."""
    world = await World.create(stack, tmp_path, topic_prefix)
    yield world
    await world.close()
