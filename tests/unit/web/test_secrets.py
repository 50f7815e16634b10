"""The keys are made once, private, and missing or broken ones are named."""

import stat
from pathlib import Path

import pytest

from shared.secrets import SecretsError, create_keys, read_hmac_key, read_person_keys


def test_made_once(tmp_path: Path) -> None:
    """A second call keeps the keys, and only their owner may read them."""
    folder = tmp_path / "secrets"
    assert create_keys(folder) == ("hmac.key", "person.key")
    keys = read_hmac_key(folder), read_person_keys(folder)
    assert create_keys(folder) == ()
    assert (read_hmac_key(folder), read_person_keys(folder)) == keys
    assert stat.S_IMODE((folder / "person.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["hmac.key", "person.key"]


def test_missing_and_broken(tmp_path: Path) -> None:
    """The error names the file and what to do, and nothing that was in it."""
    with pytest.raises(SecretsError, match="homeward up"):
        read_hmac_key(tmp_path)
    for text in ("secret-text", "ab" * 8, ""):
        (tmp_path / "hmac.key").write_text(text)
        (tmp_path / "person.key").write_text(text)
        for read in (read_hmac_key, read_person_keys):
            with pytest.raises(SecretsError, match=r"\.key") as error:
                read(tmp_path)
            assert "secret-text" not in str(error.value)
