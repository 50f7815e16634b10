"""Only the jars that the lock names are ever run."""

import shutil
from pathlib import Path

import pytest

from deploy.local import jars
from deploy.local.errors import StackError


@pytest.fixture
def copied_cache(tmp_path: Path) -> Path:
    """A copy of the verified jars that a test may spoil."""
    jars.ensure_jars(jars.cache_folder())
    source = jars.jars_folder(jars.cache_folder())
    shutil.copytree(source, tmp_path / source.name)
    return tmp_path


def test_corrupted_jar_is_refused(copied_cache: Path) -> None:
    """One changed byte stops the start, and the message names the jar, both sums and the way out."""
    jar = jars.ensure_jars(copied_cache)[7]
    content = bytearray(jar.read_bytes())
    content[len(content) // 2] ^= 1
    jar.write_bytes(content)
    with pytest.raises(StackError, match=f"{jar.name}.*expected sha256.*make setup"):
        jars.ensure_jars(copied_cache)


def test_missing_jar_is_refused(copied_cache: Path) -> None:
    """A jar that is not there stops the start as a changed one does."""
    jar = jars.ensure_jars(copied_cache)[0]
    jar.unlink()
    with pytest.raises(StackError, match=f"{jar.name}.*found nothing"):
        jars.ensure_jars(copied_cache)


def test_lock_names_the_class_path_without_addresses() -> None:
    """The lock holds file names and sums only: where jars come from is the machine's business."""
    lock = jars.read_lock()
    assert len(lock) == 45
    assert all(name.endswith(".jar") and "/" not in name for name in lock)
    assert all(len(digest) == 64 for digest in lock.values())
