"""Fixtures every test may use: the embedded stack, and names that no other test has."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.stack import TestStack

# An example takes as long as it takes: a busy machine is no error.
settings.register_profile("homeward", deadline=None)
settings.load_profile("homeward")

_topic_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def _session_stack() -> Iterator[TestStack]:
    stack = TestStack()
    try:
        stack.start()
        yield stack
    finally:
        stack.close()


@pytest.fixture
def stack(_session_stack: TestStack) -> TestStack:
    """Real PostgreSQL and Kafka, shared by the session; brought back if a test left them dead."""
    if not _session_stack.running():
        _session_stack.restart_postgres()
        _session_stack.restart_kafka()
    _session_stack.postgres.wait_ready()  # A test may have left it in recovery.
    return _session_stack


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topic and group names that no other test of the session has."""
    return f"test-{next(_topic_numbers)}."
