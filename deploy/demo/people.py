"""Made-up persons whose details can be recognised wherever they should not be.

Names are of no real person; NHS numbers are valid ones of the test range 999; telephone numbers
are those that Ofcom keeps for drama; postcodes have the form of one, and may not exist.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

_GIVEN = (
    "Ottoline", "Peregrine", "Philippa", "Leopold", "Araminta", "Barnaby", "Clementine", "Digby",
    "Euphemia", "Fitzroy", "Georgiana", "Humphrey", "Isadora", "Jolyon", "Keziah", "Lysander",
)  # fmt: skip
_FAMILY = (
    "Quill", "Thistle", "Wren", "Sparrow", "Marsh", "Willow", "Harrow", "Copper", "Winter", "Ash",
    "Bracken", "Cobble", "Drift", "Fallow", "Gorse", "Heron",
)  # fmt: skip
_ENDINGS = ("wyth", "thwick", "mereby", "stokeley", "denholt", "fenmoor")
_STREETS = ("Larkrise Walk", "Tollgate Row", "Saltpan Lane", "Weavers Steps", "Millrace Close")
_INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
FIRST_BIRTH = date(1926, 1, 1)
BIRTH_SPAN_DAYS = 365 * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One made-up person."""

    nhs_number: str
    given_name: str
    family_name: str
    date_of_birth: date
    gender: str
    street: str
    postcode: str
    phone: str
    key_code: str

    @property
    def bundle(self) -> str:
        """Everything that identifies the person, in one line of up to 120 characters."""
        return (
            f"{self.given_name} {self.family_name}, {self.date_of_birth}, {self.nhs_number}, "
            f"{self.phone}, {self.postcode}"
        )

    @property
    def marks(self) -> tuple[str, ...]:
        """What must be found nowhere but in the person room."""
        return (
            self.nhs_number, self.family_name, self.date_of_birth.isoformat(), self.street,
            self.postcode, self.phone, self.key_code,
        )  # fmt: skip

    def body(self) -> dict[str, Any]:
        """The person as a referral sends them: every text field names them in full."""
        return {
            "nhs_number": self.nhs_number,
            "given_name": self.given_name,
            "family_name": self.family_name,
            "date_of_birth": self.date_of_birth.isoformat(),
            "gender": self.gender,
            "address_lines": [self.street, f"care of {self.bundle}"[:120]],
            "postcode": self.postcode,
            "phone": self.phone,
            "key_safe": f"left of the door of {self.street}, code {self.key_code}",
            "gp_practice": f"Practice of {self.bundle}"[:120],
            "council_person_id": f"C {self.bundle}"[:120],
            "pen_picture": f"{self.bundle}. Lives at {self.street}, key safe {self.key_code}. "
            "Was a bus conductor, likes the window seat, does not like to be hurried.",
        }

    def contact(self) -> dict[str, str]:
        """Whom to ask, in words that name the person."""
        return {
            "name": f"Sister on call for {self.bundle}"[:120],
            "phone": "020 7946 0001",
            "email": f"ward+{self.family_name.lower()}@hospital.example",
        }


def nhs_number(rng: Random) -> str:
    """A valid NHS number of the range 999, which is kept for tests.

    Source: NHS Data Model and Dictionary, NHS NUMBER (modulus 11).
    """
    while True:
        digits = [9, 9, 9, *(rng.randrange(10) for _ in range(6))]
        total = sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True))
        check = (11 - total % 11) % 11
        if check < 10:
            return "".join(map(str, [*digits, check]))


def make_people(seed: int, outcodes: Iterable[str]) -> tuple[Person, ...]:
    """A person for each outcode, no two alike in any detail that is looked for."""
    rng = Random(f"people/{seed}")
    taken: set[str] = set()
    return tuple(_person(rng, outcode, taken) for outcode in outcodes)


def _person(rng: Random, outcode: str, taken: set[str]) -> Person:
    while True:
        person = Person(
            nhs_number=nhs_number(rng),
            given_name=rng.choice(_GIVEN),
            family_name=rng.choice(_FAMILY) + rng.choice(_ENDINGS) + rng.choice("aeioy"),
            date_of_birth=FIRST_BIRTH + timedelta(days=rng.randrange(BIRTH_SPAN_DAYS)),
            gender=rng.choice(["female", "female", "male"]),
            street=f"{rng.randint(1, 299)} {rng.choice(_STREETS)}",
            postcode=f"{outcode} {rng.randint(0, 9)}"
            + "".join(rng.choice(_INWARD_LETTERS) for _ in range(2)),
            # Source: Ofcom, numbers for use in drama: 07700 900000 to 900999.
            phone=f"07700 900{rng.randrange(1000):03}",
            key_code=f"KS{rng.randrange(100_000):05}",
        )
        if taken.isdisjoint(person.marks):
            taken.update(person.marks)
            return person
