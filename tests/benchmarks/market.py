"""A register of 60 providers in the shape of the demo's market: 10 framework, 45 DPS, 5 spot.

Two framework providers a lot, ranked by their contracts, so that it is known beforehand who is
asked first for any outcode, whatever the rotation.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import yaml

from services.matching.policy_file import read_document, to_policy
from shared.contracts.providers import Contract, ProviderRecorded

POLICY = Path(__file__).with_name("spine.yaml")
ADAPTIVE_WINDOW_MINUTES = 200
ADAPTIVE_PRICES = {90: 8, 240: 40}
"""Offers that a missed target is worth. Source: of the size that `homeward policy tune` finds."""
DPS_PROVIDERS = 45
SPOT_PROVIDERS = 5
OUTCODES = ("E4", "E17", "E10", "E11", "E5")
"""One of each lot, in the order of the policy's lots."""

_ROOT = UUID("3c3f7f0e-8f0b-5f6e-9d55-1c6c0f2a7b11")
_AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_FROM = date(2022, 10, 1)
_ALL_OUTCODES = tuple(
    sorted(o for lot in to_policy(read_document(POLICY)).lots for o in lot.outcodes)
)
_LOTS = tuple(lot.name for lot in to_policy(read_document(POLICY)).lots)


def adaptive_policy(folder: Path) -> Path:
    """The same policy with every tier adaptive, written into the folder."""
    content: dict[str, Any] = yaml.safe_load(POLICY.read_text(encoding="utf-8"))
    window = dict.fromkeys(("urgent", "routine"), ADAPTIVE_WINDOW_MINUTES)
    content["name"], content["prices"] = "adaptive", ADAPTIVE_PRICES
    for tier in content["tiers"]:
        tier |= {"strategy": "adaptive", "window_minutes": window}
    path = folder / "adaptive.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def register() -> list[ProviderRecorded]:
    """The market, the same each time."""
    framework = [
        _provider(f"framework-{lot}-{rank}", Contract.model_validate(
            {"kind": "framework", "lot": lot, "rank": rank, "rate_pence": 1717 + 50 * rank, "from": _FROM}
        ))
        for lot in _LOTS
        for rank in (1, 2)
    ]  # fmt: skip
    dps = [
        _provider(f"dps-{n}", Contract.model_validate(
            {"kind": "dps", "rate_pence": 1538 + n, "from": _FROM}
        ))
        for n in range(DPS_PROVIDERS)
    ]  # fmt: skip
    spot = [
        _provider(f"spot-{n}", Contract.model_validate(
            {"kind": "spot", "rate_pence": 1900 + 30 * n, "from": _FROM}
        ))
        for n in range(SPOT_PROVIDERS)
    ]  # fmt: skip
    return [*framework, *dps, *spot]


def framework_providers() -> list[UUID]:
    """The ids of the framework's providers, the two of each lot after each other."""
    return [_id(f"framework-{lot}-{rank}") for lot in _LOTS for rank in (1, 2)]


def best_for(outcode: str) -> UUID:
    """The framework provider of the outcode's lot with the best contract rank."""
    return _id(f"framework-{_LOTS[OUTCODES.index(outcode)]}-1")


def _id(name: str) -> UUID:
    return uuid5(_ROOT, name)


def _provider(name: str, contract: Contract) -> ProviderRecorded:
    return ProviderRecorded(
        at=_AT,
        provider_id=_id(name),
        name=name.replace("-", " ").title(),
        contracts=(contract,),
        outcodes=_ALL_OUTCODES,
        capabilities=("personal_care", "reablement", "medication"),
        cqc_rating="good",
    )
