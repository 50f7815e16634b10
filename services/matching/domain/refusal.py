"""A no as a value: a stable code, and a sentence that tells a person what to do."""

from dataclasses import dataclass
from typing import Literal

from services.matching.domain.codes import RefusalCode

Code = (
    RefusalCode
    | Literal[
        "unknown-placement",
        "unknown-offer",
        "unknown-provider",
        "provider-suspended",
        "already-confirmed",
        "not-complete",
        "said-in-the-future",
        "said-before-the-offer",
        "typed-too-late",
        "not-started",
        "not-paused",
        "not-reablement",
        "already-asked",
        "no-care-to-end",
        "no-visits",
        "in-the-past",
        "not-searching",
        "parts-do-not-add-up",
        "several-parts",
        "no-hold",
        "on-hold",
        "hold-ended",
        "hold-too-long",
        "unknown-tier",
        "tier-not-ahead",
        "acceptance-stands",
        "not-eligible",
        "already-excluded",
        "not-excluded",
        "offer-not-live",
        "window-too-short",
        "window-too-long",
        "no-award",
        "already-started",
        "already-withdrawn",
        "told-in-the-future",
        "nothing-to-close",
        "still-open",
        "same-policy",
        "tiers-differ",
        "needs-confirmation",
        "no-rate-quoted",
        "not-the-approver",
        "no-condition",
        "nothing-changed",
        "not-answered",
        "answered-by-provider",
        "another-call",
        "answer-is-over",
        "provider-excluded",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Nothing has changed, and this is why."""

    code: Code
    sentence: str


SENTENCES: dict[RefusalCode, str] = {
    "already-placed": "Another provider has this package.",
    "offer-lapsed": "The answer came after the offer's deadline.",
    "offer-withdrawn": "This offer no longer stands.",
    "already-answered": "This offer has its answer already, and the first one counts.",
    "person-view-missing": "What the person says of the plan is not recorded yet as the policy needs;"
    " ask the brokerage team, then confirm again.",
    "rate-over-limit": "The rate lies above the limit, and nobody may approve it; it can be accepted"
    " at the offered rate.",
    "no-counter": "There are no terms of ours to answer, or not any more.",
    "requirement-changed": "What is needed has changed since; read what it is now, and answer that.",
    "placed-meanwhile": "The answer was in time, but before it was read another provider had taken the"
    " package, or it was not needed any more.",
    "change-unanswered": "What is needed has changed since the award; agree to the change or refuse it"
    " first.",
    "not-awarded": "This provider does not hold this award, or not in a way that allows this.",
}
UNKNOWN_PLACEMENT = Refusal(
    code="unknown-placement", sentence="No placement of this id is known here; check the id."
)
