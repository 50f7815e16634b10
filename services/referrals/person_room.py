"""The person room: personal details, sealed before they reach the database and opened after it.

Nothing else in this service holds a name, an address, a date of birth, a telephone or an NHS number.
"""

import hmac
from collections.abc import Iterable, Mapping
from uuid import UUID

from cryptography.fernet import Fernet, MultiFernet
from pydantic import BaseModel, ConfigDict

from services.referrals.api.bodies import ContactIn, PersonIn
from services.referrals.store import QUERIES
from shared.postgres.connection import Connection


class Details(BaseModel):
    """What is sealed of one referral: the person, and the names of staff who sent and agreed it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    person: PersonIn = PersonIn()
    contact: ContactIn | None = None
    authorised_by: str | None = None


class PersonRoom:
    """Seals, opens, and recognises a person by an HMAC, with keys that no database holds."""

    def __init__(self, *, person_keys: Iterable[bytes], hmac_key: bytes) -> None:
        self._seal = MultiFernet([Fernet(key) for key in person_keys])
        self._hmac_key = hmac_key

    def nhs_hmac(self, nhs_number: str) -> bytes:
        """What stands for an NHS number in the database: equal for equal numbers, and no more."""
        return hmac.digest(self._hmac_key, b"nhs-number\0" + nhs_number.encode(), "sha256")

    def sealed(self, referral_id: UUID, details: Details) -> bytes:
        """The details, sealed together with their referral's id."""
        # The id inside keeps a row from being passed off as another referral's.
        return self._seal.encrypt(
            referral_id.bytes + details.model_dump_json(exclude_none=True).encode()
        )

    def opened(self, referral_id: UUID, sealed: bytes) -> Details:
        """The details that `sealed` made. Raises ValueError if they are another referral's,
        cryptography's InvalidToken if the keys do not fit.
        """
        plain = self._seal.decrypt(sealed)
        if plain[:16] != referral_id.bytes:
            raise ValueError("sealed for another referral")
        return Details.model_validate_json(plain[16:])

    async def read(
        self, connection: Connection, referral_ids: Iterable[UUID]
    ) -> Mapping[UUID, Details]:
        """The details of these referrals, in one query."""
        rows = await QUERIES.sealed_persons(connection, referral_ids=list(referral_ids))
        return {row["referral_id"]: self.opened(row["referral_id"], row["sealed"]) for row in rows}


def label(details: Details | None) -> str | None:
    """How a ward recognises its patient on a list: initials and surname, "M. J. Osei"."""
    if details is None or details.person.family_name is None:
        return None
    given = (details.person.given_name or "").split()
    return " ".join([*(f"{name[0].upper()}." for name in given), details.person.family_name])
