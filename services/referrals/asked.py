"""What was asked for, put together from what was sent, and made into what may leave this service."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from services.referrals.api.bodies import (
    AuthorisationIn,
    Body,
    ReferralIn,
    RequirementIn,
    SupplyIn,
)
from services.referrals.domain import postcode
from services.referrals.domain.missing import Known, missing_from
from services.referrals.person_room import Details
from services.referrals.store import ReferralRow
from shared.contracts.codes import AuthorisationBasis, Funder, MissingItem, SourceKind, Urgency
from shared.contracts.model import Instant
from shared.contracts.referrals import Authorised, Wanted
from shared.contracts.requirement import SHORT_VISIT_MINUTES, Requirement

_MISSING: TypeAdapter[tuple[MissingItem, ...]] = TypeAdapter(tuple[MissingItem, ...])
_OLDEST_YEARS = 130


class AuthorisationCodes(BaseModel):
    """The authorisation without the name of who gave it, which is sealed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: Instant | None = None
    basis: AuthorisationBasis | None = None
    funder: Funder | None = None
    due_by: Instant | None = None
    weekly_minutes: int | None = None


class Asked(BaseModel):
    """A referral's request in codes and numbers, complete or not."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source_kind: SourceKind
    urgency: Urgency
    discharge_ready_at: Instant | None = None
    authorisation: AuthorisationCodes = AuthorisationCodes()
    requirement: RequirementIn | None = None

    @staticmethod
    def of(body: ReferralIn) -> "Asked":
        """What a new referral asks for."""
        return Asked(
            source_kind=body.source.kind,
            urgency=body.urgency,
            discharge_ready_at=body.discharge_ready_at,
            authorisation=_codes_of(body.authorisation),
            requirement=body.requirement,
        )

    @staticmethod
    def stored(row: ReferralRow) -> "Asked":
        """What a row holds."""
        return Asked.model_validate_json(row.asked)


def missing_json(missing: Sequence[MissingItem]) -> str:
    """The codes as a row keeps them."""
    return json.dumps(missing)


def details_of(body: ReferralIn) -> Details:
    """What of a new referral is sealed."""
    by = None if body.authorisation is None else body.authorisation.by
    return Details(person=body.person, contact=body.contact, authorised_by=by)


def supplied(asked: Asked, details: Details, body: SupplyIn) -> tuple[Asked, Details]:
    """Both with what was sent in place of what was known; absent and null fields change nothing."""
    authorisation = {} if body.authorisation is None else _sent(body.authorisation)
    by = authorisation.pop("by", details.authorised_by)
    changes: dict[str, Any] = {
        name: value
        for name in ("urgency", "discharge_ready_at")
        if (value := getattr(body, name)) is not None
    }
    if body.requirement is not None:
        changes["requirement"] = _merged(asked.requirement or RequirementIn(), body.requirement)
    changes["authorisation"] = asked.authorisation.model_copy(update=authorisation)
    person = details.person if body.person is None else _person(details, body)
    return (
        asked.model_copy(update=changes),
        Details(person=person, contact=body.contact or details.contact, authorised_by=by),
    )


def _person(details: Details, body: SupplyIn) -> Any:
    assert body.person is not None
    known = details.person
    # A number takes the place of the reason for its absence, and the other way round.
    if body.person.nhs_number is not None:
        known = known.model_copy(update={"nhs_number_absent_reason": None})
    if body.person.nhs_number_absent_reason is not None:
        known = known.model_copy(update={"nhs_number": None})
    return _merged(known, body.person)


M = TypeVar("M", bound=Body)


def _merged(known: M, sent: M) -> M:
    return known.model_copy(update=_sent(sent))


def _sent(body: Body) -> dict[str, Any]:
    return {
        name: value for name in body.model_fields_set if (value := getattr(body, name)) is not None
    }


def _codes_of(authorisation: AuthorisationIn | None) -> AuthorisationCodes:
    if authorisation is None:
        return AuthorisationCodes()
    return AuthorisationCodes.model_validate(authorisation.model_dump(exclude={"by"}))


def outcode_of(details: Details) -> str | None:
    """The outcode, which is as near as a location comes before an award."""
    if details.person.postcode is None:
        return None
    parts = postcode.normalised(details.person.postcode)
    return None if parts is None else parts[0]


def sector_of(details: Details) -> str | None:
    """The outcode and the first digit after it, which leaves only where the council permits it."""
    if details.person.postcode is None:
        return None
    parts = postcode.normalised(details.person.postcode)
    return None if parts is None else f"{parts[0]} {parts[1][0]}"


def what_is_missing(asked: Asked, details: Details) -> tuple[MissingItem, ...]:
    """The codes of what must still come before providers can be asked."""
    person, requirement, authorisation = details.person, asked.requirement, asked.authorisation
    known = Known(
        from_hospital=asked.source_kind == "hospital",
        discharge_ready_at=asked.discharge_ready_at is not None,
        basis=authorisation.basis,
        funder=authorisation.funder is not None,
        authorised_by=details.authorised_by is not None,
        authorised_at=authorisation.at is not None,
        paperwork_due_by=authorisation.due_by is not None,
        requirement=requirement is not None,
        care_type=requirement is not None and requirement.care_type is not None,
        visits=requirement is not None and bool(requirement.visits),
        ready_at=requirement is not None and requirement.ready_at is not None,
        postcode=person.postcode is not None,
        nhs_number_or_reason=(person.nhs_number or person.nhs_number_absent_reason) is not None,
        name=person.given_name is not None and person.family_name is not None,
        date_of_birth=person.date_of_birth is not None,
        address_lines=bool(person.address_lines),
    )
    return _MISSING.validate_python(missing_from(known))


def wanted(asked: Asked, details: Details, *, with_sector: bool = False) -> Wanted:
    """A complete request as offers need it. Raises ValidationError while something is missing.

    `with_sector`: whether the council permits more than the outcode. Source: domain rule 7.
    """
    assert asked.requirement is not None, "a complete referral has a requirement"
    requirement = Requirement.model_validate(dict(asked.requirement))
    outcode = outcode_of(details)
    assert outcode is not None, "a complete referral has a postcode"
    authorisation = asked.authorisation
    return Wanted(
        outcode=outcode,
        sector=sector_of(details) if with_sector else None,
        requirement=requirement,
        authorisation=Authorised.model_validate(authorisation.model_dump()),
        # Source: domain rule 7: gender only where it matters for the carer's.
        gender=details.person.gender if requirement.preferences.carer_gender else None,
    )


def warnings_of(requirement: RequirementIn | None) -> list[dict[str, str]]:
    """What is unusual and not refused. Source: domain rule 16, NICE NG21."""
    visits = () if requirement is None else requirement.visits
    return [
        {
            "path": f"requirement.visits.{index}.minutes",
            "code": "short_visit",
            "message": f"under {SHORT_VISIT_MINUTES} minutes: only for a named short task "
            "within a wider package",
        }
        for index, visit in enumerate(visits)
        if visit.minutes < SHORT_VISIT_MINUTES
    ]


def is_possible_birth(born: date, today: date) -> bool:
    """Whether somebody born then can be referred today: born already, less than 130 years ago."""
    return born <= today and today.year - born.year < _OLDEST_YEARS
