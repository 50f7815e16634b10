"""The codes that referrals, offers and answers are made of. Nothing here identifies a person.

Each list is closed: a value outside it is refused at the door, so that no free text travels on a
topic. A code is never renamed or removed, since years of events carry it.
"""

from typing import Literal, get_args

Urgency = Literal["routine", "urgent"]
SourceKind = Literal["hospital", "community"]
Pathway = Literal["P0", "P1", "P2", "P3", "community"]
AuthorisationBasis = Literal["panel", "d2a_form", "urgent"]
Funder = Literal["council", "icb_chc", "self"]
Gender = Literal["female", "male", "other", "not_stated"]
NhsNumberAbsentReason = Literal["not_known", "overseas_visitor", "not_registered", "withheld"]

CareType = Literal["personal_care", "reablement", "waking_night", "sleep_in", "live_in", "domestic"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Band = Literal["morning", "lunch", "tea", "bed", "night"]
RateTime = Literal["day", "night"]
RateDay = Literal["weekday", "weekend", "bank_holiday"]
Task = Literal[
    "wash", "dress", "toilet", "continence", "transfer", "meal", "drink", "medication_prompt",
    "medication_administer", "skin_check", "catheter_care", "stoma_care", "peg_feed",
    "exercises", "settle", "welfare_check", "companionship", "shopping", "laundry", "cleaning",
]  # fmt: skip
Need = Literal[
    "medication", "hoist", "moving_handling", "catheter", "stoma", "peg_feeding", "dementia",
    "mental_health", "learning_disability", "autism", "end_of_life", "bariatric", "diabetes",
    "epilepsy", "pressure_care", "sensory_loss", "stroke", "parkinsons",
]  # fmt: skip
Risk = Literal[
    "lives_alone", "falls", "wandering", "choking", "smoker", "oxygen_at_home", "pets",
    "two_carers_for_safety", "no_lone_female_carer", "no_lone_male_carer", "infection",
    "safeguarding_open", "poor_property_access",
]  # fmt: skip
Equipment = Literal[
    "hospital_bed", "hoist_mobile", "hoist_ceiling", "stand_aid", "slide_sheet", "commode",
    "pressure_mattress", "wheelchair", "walking_frame", "key_safe", "pendant_alarm",
]  # fmt: skip
Outcome = Literal[
    "regain_independence", "maintain_independence", "safe_at_home", "eat_and_drink_well",
    "medication_safe", "mobility_improved", "skin_intact", "social_contact", "carer_supported",
]  # fmt: skip
Language = Literal[
    "en", "ar", "bn", "bsl", "es", "fa", "fr", "gu", "hi", "it", "lt", "pa", "pl", "pt", "ro",
    "ru", "so", "ta", "tr", "ur", "yue", "zh",
]  # fmt: skip
CarerGender = Literal["female", "male"]
Strength = Literal["must", "prefer"]

ContractKind = Literal["framework", "dps", "spot"]
CqcRating = Literal["outstanding", "good", "requires_improvement", "inadequate", "not_inspected"]

DeclineReason = Literal[
    "no_capacity", "area", "times", "skills", "double_handed", "rate", "start_date", "safety",
    "other",
]  # fmt: skip
ReleaseReason = Literal["needs_differ", "unsafe", "start_date", "other"]
WithdrawalReason = Literal[
    "died", "readmitted", "no_longer_ready", "family_arranged", "direct_payment",
    "assessment_changed", "duplicate", "other",
]  # fmt: skip
SuspensionReason = Literal["quality", "safeguarding", "capacity", "contract", "other"]
AwardGround = Literal[
    "persons_choice", "below_threshold", "urgency", "none_answered", "continuity", "other"
]
"""Why a person awarded outside the ranking. Source: domain rule 2."""

Via = Literal["endpoint", "telephone", "hand"]
"""How an answer or an award came in: the integration endpoint, a broker's note of a call, or a broker."""

MissingItem = Literal[
    "authorisation", "requirement", "requirement.care_type", "requirement.visits",
    "requirement.ready_at", "person.postcode", "person.nhs_number", "person.name",
    "person.date_of_birth", "person.address_lines", "discharge_ready_at",
]  # fmt: skip

EscalationKind = Literal[
    "nobody_left", "released", "confirmation_overdue", "target_overdue", "by_hand",
    "exclusion_proposed", "person_view_missing", "person_refuses", "start_overdue",
    "pause_ending", "review_due", "care_gap_ahead", "care_gap",
    "rate_approval", "conditional_acceptance", "requirement_changed",
    "authorisation_overdue", "authorisation_exceeded",
]  # fmt: skip
AmendmentKind = Literal["date", "small", "material"]
"""How much an amendment changes. Source: domain rule 12."""
PersonView = Literal["not_asked", "informed", "agrees", "refuses", "best_interests"]
"""What the person says of the plan; `best_interests`: decided for somebody who cannot say."""
PersonViewBy = Literal[
    "person", "family", "attorney", "advocate", "ward", "social_worker", "broker", "other"
]
"""Who told it, by role. Source: domain rule 9."""
ExclusionCause = Literal["unsafe", "safety", "relationship"]
"""Why an exclusion proposes itself after a release or a hand-back. Source: domain rule 3."""
HandBackReason = Literal[
    "staffing", "rate", "needs_changed", "relationship", "safety", "provider_closing", "other"
]
EndingBecause = Literal[
    "handed_back", "no_longer_needed", "transferred", "provider_failed", "bridging_over",
    "pause_lapsed", "restart_refused", "change_refused", "reablement_ended",
]  # fmt: skip
"""Why care that was awarded ends early, or on its day."""

SearchCause = Literal[
    "referral", "split", "merged", "bridging", "handed_back", "transferred", "provider_failed",
    "pause_lapsed", "restart_refused", "change_refused", "reablement_ended",
]  # fmt: skip
"""Why a placement began. Those after `bridging` are later searches, reported apart."""

Contingency = Literal["family", "reablement_team", "rapid_response", "stay_in_hospital", "other"]
"""Who cares while nobody holds a visit."""

NoAnswer = Literal["refused", "silent"]
"""How a provider did not agree."""

Outlook = Literal["likely_today", "likely_tomorrow", "uncertain"]
PassedOverReason = Literal[
    "contract_not_live", "not_accepting_new", "area", "capability", "language", "carer_gender",
    "cqc_rating", "cqc_not_inspected", "suspended", "excluded", "named_another", "already_declined",
    "already_asked", "released_before", "rate_over_limit", "no_rate", "left_the_register",
    "capacity", "insurance", "data_protection", "live_offers",
    "skipped", "no_contract",
]  # fmt: skip
RankingComponent = Literal[
    "continuity", "choice", "contract_rank", "turns", "hours", "cqc_rating", "distance", "rotation",
    "quality", "responsiveness", "capacity",
]  # fmt: skip
"""What may put a provider before another; never a price. Source: domain rules 1 and 4."""

TierOpenedBecause = Literal["first", "exhausted", "time_up", "jumped"]
RefusalCode = Literal[
    "already-placed", "offer-lapsed", "offer-withdrawn", "already-answered", "not-awarded",
    "person-view-missing", "rate-over-limit", "no-counter",
    "requirement-changed", "change-unanswered", "placed-meanwhile",
]  # fmt: skip


def codes_of(literal: object) -> tuple[str, ...]:
    """The values of one of the lists above, in the order in which they are written."""
    return get_args(literal)
