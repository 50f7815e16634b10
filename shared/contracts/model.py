"""The base of everything on a topic: frozen, strict about what is written, lenient in reading."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Outcode = Annotated[str, Field(pattern=r"^[A-Z]{1,2}[0-9][A-Z0-9]?$", max_length=4)]
"""The first half of a postcode, for example E17: as near as a location comes before an award."""

Sector = Annotated[str, Field(pattern=r"^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9]$", max_length=6)]
"""A postcode without its last two letters, for example E17 3: only where the council permits it."""

Instant = AwareDatetime
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
"""A short name chosen by the council (a ward, an organisation, a lot, a tier, a policy)."""

Minutes = Annotated[int, Field(ge=0)]
Pence = Annotated[int, Field(ge=0, le=100_000)]
Sixtieths = Annotated[int, Field(ge=0)]
"""Sixtieths of a penny: pence an hour times minutes, so that money is exact until it is shown."""


class Model(BaseModel):
    """A part of an event: frozen, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Model):
    """One fact that has happened. `TYPE` is its name on the wire and never changes its meaning."""

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]

    at: Instant
    """The instant, on the deciding service's clock, at which this was decided."""

    @classmethod
    def read(cls, body: bytes | str) -> "Event":
        """The event in a record's body, unknown fields ignored. Raises pydantic's ValidationError."""
        return cls.model_validate_json(body, extra="ignore")


class ReferralEvent(Event):
    """An event of one referral. The referral's id is the record's key."""

    referral_id: UUID


def fields_of(model: type[BaseModel]) -> dict[str, Any]:
    """Field name → annotation, for the tests that compare two definitions of the same shape."""
    return {name: field.annotation for name, field in model.model_fields.items()}
