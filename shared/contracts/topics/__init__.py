"""The topics: one YAML file each, with key, writer, readers, order and retention."""

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import yaml

from shared.contracts.model import Model


class Topic(Model):
    """A topic as its file describes it. Names are without the prefix of the installation."""

    name: str
    description: str
    key: str
    written_by: Literal["referrals", "matching", "providers", "any"]
    read_by: tuple[Literal["referrals", "matching", "providers"], ...]
    cleanup: Literal["delete", "compact"]
    retention_days: int | None
    order: Literal["contiguous", "newest", "none"]
    """`contiguous`: a key's sequences follow each other without a gap. `newest`: a newer one replaces."""

    @property
    def config(self) -> dict[str, str]:
        """Kafka's settings of this topic; retention is always explicit, the broker's default is 7 days."""
        retention_ms = -1 if self.retention_days is None else self.retention_days * 86_400_000
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(retention_ms),
            "retention.bytes": "-1",
        }


@cache
def topics() -> MappingProxyType[str, Topic]:
    """All topics by name."""
    found = [
        Topic.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(Path(__file__).parent.glob("*.yaml"))
    ]
    return MappingProxyType({topic.name: topic for topic in found})
