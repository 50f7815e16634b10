"""An explanation as a person reads it, line by line."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.matching.domain.london import LONDON

Told = Mapping[str, Any]
_WHY_ASKED = {"place": "its turn had not come"}


def in_words(told: Told) -> Iterator[str]:
    """The whole of what `explained` found, and the notes that are kept beside it."""
    names = {
        award["provider_id"]: award["provider_name"]
        for placement in told["placements"]
        for award in placement["awards"]
    }
    yield f"Referral {told['referral_id']}"
    for placement in told["placements"]:
        yield ""
        yield from _placement(placement, names)
    if told.get("notes"):
        yield ""
        yield "What people wrote (not part of the record):"
        for note in told["notes"]:
            yield f"  {_at(note['written_at'])} {note['kind']} by {note['author']}: {note['text']}"
    yield ""
    verdict = told["rederived"]
    if verdict["agrees"]:
        yield "re-derived: agrees"
    else:
        yield f"re-derived: DISAGREES with the record in {len(verdict['faults'])} points"


def _placement(one: Told, names: Mapping[UUID, str]) -> Iterator[str]:
    yield f"Placement {one['placement_id']} ({one['cause'].replace('_', ' ')})"
    if one["needed"] is None:
        yield "  not complete: nobody was asked"
        return
    needed = one["needed"]
    hours = f"{needed['weekly_minutes'] / 60:g} hours a week"
    yield (
        f"  {needed['care_type'].replace('_', ' ')} in {needed['outcode']}, {needed['visits']}"
        f" visits, {hours}, {one['urgency']}"
    )
    yield f"  received {_at(one['received_at'])}, complete {_at(one['complete_at'])}"
    for policy in one["policies"]:
        yield f"  policy {policy['name']} {policy['version']} since {_at(policy['since'])}"
    for tier in one["tiers"]:
        yield from _tier(tier, names)
    for offer in one["offers"]:
        yield f"  {_offer(offer, names)}"
    for award in one["awards"]:
        yield from _award(award, names)
    for said in (*one["care"], *one["people"]):
        yield f"  {_said(said, names)}"


def _tier(tier: Told, names: Mapping[UUID, str]) -> Iterator[str]:
    yield (
        f"  round {tier['round']}, tier {tier['tier']} ({tier['clause']}) opened"
        f" {_at(tier['opened_at'])}: {tier['because'].replace('_', ' ')}"
    )
    yield f"    ranked by {', '.join(tier['ranks_by']) or 'what was not recorded then'}"
    for one in tier["eligible"]:
        figures = ", ".join(_figure(part) for part in one["reasons"])
        kept = one["not_asked_because"]
        asked = (
            f"asked {_at(one['asked_at'])}"
            if kept is None
            else f"not asked: {_WHY_ASKED.get(kept, kept.replace('_', ' '))}"
        )
        yield f"    {one['place']}. {_who(one['provider_id'], names)}: {asked} [{figures}]"
    for group in tier["passed_over"]:
        who = ", ".join(_who(one, names) for one in group["provider_ids"])
        yield f"    not eligible, {group['reason'].replace('_', ' ')}: {who}"
    yield from _verdict(tier["rederived"])


def _figure(part: Told) -> str:
    value = "unknown" if part["value"] is None else f"{part['value']:g}"
    if part.get("weight") is not None:
        return f"{part['component']} {value} ({part['weight']:g} × {part['points']:g})"
    if part["component"] == "drawn_by_lot":
        value = ""
    effect = f"ahead of {part['ahead_of']}, behind {part['behind']}"
    return f"{part['component']} {value}: {effect}".replace(" :", ":")


def _offer(offer: Told, names: Mapping[UUID, str]) -> str:
    answer = f" {_at(offer['answered_at'])}" if offer.get("answered_at") else ""
    why = offer.get("reason") or offer.get("because")
    via = f" by {offer['via']}" if offer.get("via") else ""
    return (
        f"{_who(offer['provider_id'], names)} was asked {_at(offer['made_at'])} until"
        f" {_at(offer['expires_at'])}: {offer['status']}{answer}{via}"
        f"{f' ({why})' if why else ''}"
    )


def _award(award: Told, names: Mapping[UUID, str]) -> Iterator[str]:
    who = _who(award["provider_id"], names)
    if award["offer_id"] is None:
        passed = f", past the gate {award['overrides']}" if award["overrides"] else ""
        why = f"by hand, ground {award['ground']}{passed}"
    else:
        others = len(award["others_who_accepted"])
        why = (
            f"under `{award['award_rule']}` of {award['clause']}, its yes of"
            f" {_at(award['accepted_at'])} among {others + 1}"
        )
    yield f"  awarded {_at(award['at'])} to {who}: {why}"
    yield from _verdict(award["rederived"])


def _said(said: Told, names: Mapping[UUID, str]) -> str:
    """An event in a line; ids but the provider's are for machines."""
    shown = []
    for name, value in said.items():
        if name == "provider_id":
            shown.append(_who(value, names))
        elif name not in ("what", "at") and value is not None and not isinstance(value, UUID):
            shown.append(f"{name.replace('_', ' ')} {_shown(value)}")
    return f"{_at(said['at'])} {said['what'].replace('-', ' ')}: {', '.join(shown)}".rstrip(": ")


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return _at(value)
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value) or "none"
    return str(value).replace("_", " ")


def _verdict(verdict: Told) -> Iterator[str]:
    if verdict["agrees"]:
        yield "    re-derived: agrees"
    for fault in verdict["faults"]:
        yield f"    re-derived: DISAGREES: {fault}"


def _who(provider_id: UUID, names: Mapping[UUID, str]) -> str:
    name = names.get(provider_id)
    return f"{name} ({provider_id})" if name else str(provider_id)


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(LONDON):%a %d %b %Y %H:%M:%S}"
