"""What a referral still lacks before providers can be asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Which parts of a referral are there. None of the parts themselves."""

    from_hospital: bool
    discharge_ready_at: bool
    basis: str | None
    """Of the authorisation: panel, d2a_form or urgent."""
    funder: bool
    authorised_by: bool
    authorised_at: bool
    paperwork_due_by: bool
    requirement: bool
    care_type: bool
    visits: bool
    ready_at: bool
    postcode: bool
    nhs_number_or_reason: bool
    name: bool
    date_of_birth: bool
    address_lines: bool


def is_authorised(known: Known) -> bool:
    """Whether the money is agreed: by whom and when, or urgently with a date for the paperwork.

    Source: domain glossary, authorisation.
    """
    if known.basis is None or not known.funder:
        return False
    if known.basis == "urgent":
        return known.paperwork_due_by
    return known.authorised_by and known.authorised_at


def missing_from(known: Known) -> tuple[str, ...]:
    """The codes of what is missing, in a fixed order; empty when the search can start.

    A discharge-ready date belongs to people in hospital only.
    """
    there = {
        "authorisation": is_authorised(known),
        "requirement": known.requirement,
        "requirement.care_type": known.care_type or not known.requirement,
        "requirement.visits": known.visits or not known.requirement,
        "requirement.ready_at": known.ready_at or not known.requirement,
        "person.postcode": known.postcode,
        "person.nhs_number": known.nhs_number_or_reason,
        "person.name": known.name,
        "person.date_of_birth": known.date_of_birth,
        "person.address_lines": known.address_lines,
        "discharge_ready_at": known.discharge_ready_at or not known.from_hospital,
    }
    return tuple(code for code, is_there in there.items() if not is_there)
