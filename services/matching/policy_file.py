"""A policy document in YAML → the rules' Policy, or every mistake in it with its line.

`load_policy` gives a policy that can be searched under; `check_policy` says what is wrong, or
odd, and what to write instead. Unknown keys are mistakes.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.matching.domain.market import Provider
from services.matching.domain.policy import Lot, Policy, Tier
from services.matching.policy_checks import mistakes_in, oddities_in, unfilled_in
from services.matching.policy_document import Document, TierPart, parse
from shared.documents import told


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReport:
    """What is wrong with a document (`errors`: it is not used) and what is odd (`warnings`).

    Each line reads `file:line: path: what is wrong; what to do`.
    """

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


class InvalidPolicyError(Exception):
    """A policy document that cannot be used; `errors` has every mistake with its line."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = tuple(errors)


def load_policy(path: Path) -> Policy:
    """The policy of a document. Raises InvalidPolicyError with every mistake, OSError if unread."""
    return to_policy(read_document(path))


def read_document(path: Path) -> Document:
    """A document without mistakes. Raises InvalidPolicyError with every one, OSError if unread."""
    parsed = parse(path)
    findings = [*parsed.findings, *mistakes_in(parsed)]
    if findings or parsed.document is None:
        raise InvalidPolicyError(told(path, findings))
    return parsed.document


def check_policy(path: Path, registry: Sequence[Provider] | None = None) -> PolicyReport:
    """Every mistake and oddity of a document; with the register, also who could never be asked."""
    parsed = parse(path)
    errors = [*parsed.findings, *mistakes_in(parsed)]
    warnings = oddities_in(parsed)
    if registry is not None:
        errors += unfilled_in(parsed, registry)
    return PolicyReport(errors=told(path, errors), warnings=told(path, warnings))


def to_policy(document: Document, *, version: str | None = None) -> Policy:
    """The document as the rules' value. Its version is a hash of its content, comments aside; one
    that was kept under a `version` keeps it, whatever has become of hashes since."""
    confirmation = document.confirmation_minutes
    return Policy(
        name=document.name,
        version=version or version_of(document),
        lots=tuple(
            Lot(name=name, outcodes=frozenset(lot.outcodes), neighbours=lot.neighbours)
            for name, lot in document.lots.items()
        ),
        tiers=tuple(_tier(tier, document) for tier in document.tiers),
        targets_minutes=document.targets_minutes,
        goals_percent=document.goals_percent,
        prices=document.prices,
        confirmation_minutes=confirmation.routine.minutes,
        urgent_confirmation_minutes=confirmation.urgent.minutes,
        working_confirmation=confirmation.working(),
        telephone_grace_minutes=document.telephone_grace_minutes,
        prompt_decline_minutes=document.prompt_decline_minutes,
        calendar=None if document.calendar is None else document.calendar.calendar(),
        date_tolerance_days=document.date_tolerance_days,
        small_change_percent=document.small_change_percent,
        hold_days=document.hold_days,
        pause_days=document.pause_days,
        start_overdue_hours=document.start_overdue_hours,
        care_gap_hours=document.care_gap_hours,
        pause_warning_hours=document.pause_warning_hours,
        care_answer_hours=document.care_answer_hours,
        reablement_weeks=document.reablement_weeks,
        reablement_review_days=document.reablement_review_days,
        needed_person_view=frozenset(document.person_view_needed),
        withdraw_on_suspension=document.withdraw_on_suspension,
        kpis=tuple(kpi.kpi() for kpi in document.kpis),
    )


def _tier(tier: TierPart, document: Document) -> Tier:
    return Tier(
        name=tier.name,
        kind=tier.contract,
        scope=tier.scope,
        clause=tier.clause.text,
        components=tier.ranking.components,
        weights=tier.ranking.weights,
        award_rule=tier.award_rule,
        settling_minutes=tier.settling_minutes or 0,
        wave_size=tier.wave_size,
        adaptive=tier.adaptive,
        window_minutes=tier.window_minutes.by_urgency(),
        budget_minutes=tier.budget_minutes.by_urgency(),
        working_windows=tier.window_minutes.working(),
        working_budgets=tier.budget_minutes.working(),
        cqc_ratings=frozenset(tier.cqc_ratings),
        capacity=tier.capacity,
        insurance=tier.insurance,
        data_protection=tier.data_protection,
        continuity_passes=frozenset(tier.continuity_passes),
        most_live_offers=document.most_live_offers,
        rate_limit_pence=tier.rate_limit_pence,
        rate_approver=tier.rate_approver,
        accept_new=tier.accept_new,
    )


def version_of(document: Document) -> str:
    """The first 16 hex digits of the SHA-256 of the content, in one canonical form.

    What is as if it were not said does not count, so that a new key changes no version.
    """
    content = document.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
