"""What a running stack says about itself, in `run.json` of its state folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

SERVICES = ("referrals", "matching", "providers")

Phase = Literal["starting", "prepared", "running", "failed"]


class ProcessRecord(BaseModel):
    """One supervised process. `started_at_seconds` is on the machine's monotonic clock."""

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int | None
    port: int
    restarts: int
    started_at_seconds: float


class RunFile(BaseModel):
    """Everything a client of the stack needs; holds passwords, so the file is for its owner only.

    `processes` has `postgres`, `kafka` (unless given from outside) and the services, where the
    second process of a service is `NAME-2`. `service_urls` has one address for each process.
    """

    model_config = ConfigDict(frozen=True)

    state: Path
    supervisor_pid: int
    phase: Phase
    problem: str = ""
    postgres_urls: Mapping[str, str]
    kafka_bootstrap: str
    service_urls: Mapping[str, tuple[str, ...]]
    clock_scale: float
    clock_epoch: str | None
    policy: str | None
    processes: Mapping[str, ProcessRecord]

    @property
    def referrals_url(self) -> str:
        """Address of the first referrals process."""
        return self.service_urls["referrals"][0]

    @property
    def matching_url(self) -> str:
        """Address of the first matching process."""
        return self.service_urls["matching"][0]

    @property
    def providers_url(self) -> str:
        """Address of the first providers process."""
        return self.service_urls["providers"][0]


class ServiceProcess(BaseModel):
    """One process of a service that the supervisor is to run."""

    model_config = ConfigDict(frozen=True)

    name: str
    service: str
    port: int
    command: tuple[str, ...]


class Plan(BaseModel):
    """What the supervisor is to run; None for a server means that the given one is used."""

    model_config = ConfigDict(frozen=True)

    state: Path
    postgres_urls: Mapping[str, str]
    """Addresses given from outside; databases not named here are on the embedded server."""
    kafka_bootstrap: str | None
    services: tuple[ServiceProcess, ...]
    environment: Mapping[str, str]
    clock_scale: float
    clock_epoch: str | None
    policy: str | None


class Order(BaseModel):
    """What the caller tells the supervisor once the servers are prepared."""

    model_config = ConfigDict(frozen=True)

    start_services: bool
    environment: Mapping[str, Mapping[str, str]]
    """More environment, by service."""
    tied: bool
    """End when the caller does."""


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only; a reader sees old or new, whole."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(path)
