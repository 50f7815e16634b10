"""The keys that a council makes for itself, read from one folder, never from code.

`hmac.key` (all services) is 32 random bytes in hex. `person.key` (referrals only) holds Fernet
keys, one a line: the first seals, all open, so a key is rotated by adding a line above it.
"""

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

HMAC_KEY = "hmac.key"
PERSON_KEY = "person.key"
_HMAC_BYTES = 32


class SecretsError(Exception):
    """A key is missing or unusable. The message names the file and what to do."""


def create_keys(folder: Path) -> tuple[str, ...]:
    """Makes the keys that are not there yet, readable by their owner alone; gives their names.

    Existing keys are left as they are: data sealed with them would be lost.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = {
        HMAC_KEY: secrets.token_bytes(_HMAC_BYTES).hex(),
        PERSON_KEY: Fernet.generate_key().decode(),
    }
    return tuple(name for name, key in fresh.items() if _write_new(folder / name, key))


def read_hmac_key(folder: Path) -> bytes:
    """The key of every HMAC in this council. Raises SecretsError."""
    path = folder / HMAC_KEY
    try:
        key = bytes.fromhex(_read(path).strip())
    except ValueError:
        raise SecretsError(f"{path} is not in hex: restore it from a backup") from None
    if len(key) < _HMAC_BYTES:
        raise SecretsError(f"{path} is shorter than {_HMAC_BYTES} bytes: restore it from a backup")
    return key


def read_person_keys(folder: Path) -> tuple[bytes, ...]:
    """The keys that seal personal details, the one to seal with first. Raises SecretsError."""
    path = folder / PERSON_KEY
    keys = tuple(line.strip().encode() for line in _read(path).splitlines() if line.strip())
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        raise SecretsError(f"{path} holds an unusable key: restore it from a backup") from None
    if not keys:
        raise SecretsError(f"{path} is empty: restore it from a backup")
    return keys


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise SecretsError(
            f"{path} is missing: run `homeward up` once to create it, or point HOMEWARD_SECRETS "
            "at the folder that holds it"
        ) from None
    except UnicodeDecodeError:
        raise SecretsError(f"{path} is not text: restore it from a backup") from None


def _write_new(path: Path, key: str) -> bool:
    """Writes beside and links into place, so that a crash leaves the whole key or none."""
    if path.exists():
        return False
    partial = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        return False
    finally:
        partial.unlink()
    return True
