"""A council's register of packages as CSV: read whole, or refused with every bad line.

One line is one package for one period; the same package may have several that do not overlap, with
other hours or another rate. A line without a package says only that a provider is there.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import get_args

from services.matching.domain.codes import CareType, ContractKind

REQUIRED = ("provider", "contract", "package", "care_type", "weekly_hours", "rate")
OPTIONAL = ("outcode", "started_on", "ended_on")
MOST_BYTES = 50_000_000
MOST_HOURS = Decimal(336)
"""A week by two carers without a pause."""
MOST_POUNDS = Decimal(500)
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
_OUTCODE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?")
_TEN_DIGITS = re.compile(r"\D*(?:\d\D*){10}")
_HUNDREDTH = Decimal("0.01")


class InvalidRegisterError(Exception):
    """The file cannot be used; `errors` has a sentence for every bad line."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """One line. All of `package` and what follows is None for a provider without packages.

    Hours are hundredths of an hour a week, rates pence an hour; `ended_on` is the last day.
    """

    line: int
    provider: str
    contract: str
    package: str | None = None
    care_type: str | None = None
    weekly_hundredths: int | None = None
    rate_pence: int | None = None
    outcode: str | None = None
    started_on: date | None = None
    ended_on: date | None = None

    def held_on(self, day: date) -> bool:
        """Whether the package is held on that day."""
        return (
            self.package is not None
            and (self.started_on is None or self.started_on <= day)
            and (self.ended_on is None or self.ended_on >= day)
        )


def read_register(path: Path) -> tuple[RegisterLine, ...]:
    """Every line of the file. Raises InvalidRegisterError naming all that is wrong, and OSError."""
    if path.stat().st_size > MOST_BYTES:
        raise InvalidRegisterError([f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB"])
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return read_lines(csv.DictReader(file, strict=True))
    except UnicodeDecodeError:
        raise InvalidRegisterError([f"{path.name} is not UTF-8; save it as CSV UTF-8"]) from None
    except csv.Error as error:
        raise InvalidRegisterError([f"{path.name} is not CSV: {error}"]) from None


def read_lines(reader: "csv.DictReader[str]") -> tuple[RegisterLine, ...]:
    """The lines of an open file. Raises InvalidRegisterError."""
    header = tuple(reader.fieldnames or ())
    missing = [name for name in REQUIRED if name not in header]
    unknown = [name for name in header if name not in (*REQUIRED, *OPTIONAL)]
    if missing or unknown:
        raise InvalidRegisterError([
            *(f"line 1: there is no column {name}; it is needed" for name in missing),
            *(f"line 1: nobody knows a column {name!r}; leave it out" for name in unknown),
        ])  # fmt: skip
    errors: list[str] = []
    lines: list[RegisterLine] = []
    for row in reader:
        n = reader.line_num
        wrong = list(_wrong(row))
        errors += [f"line {n}: {one}" for one in wrong]
        if not wrong:
            lines.append(_line(n, row))
    errors += _across(lines)
    if errors:
        raise InvalidRegisterError(errors)
    if not lines:
        raise InvalidRegisterError(["the file has no line below its header"])
    return tuple(lines)


def _wrong(row: Mapping[str | None, str | None]) -> Iterator[str]:
    if None in row or any(value is None for value in row.values()):
        yield "it has more or fewer fields than the header"
        return
    value = {str(name): str(text).strip() for name, text in row.items()}
    if not 1 <= len(value["provider"]) <= 120:
        yield "provider: give a name of at most 120 characters"
    if value["contract"] not in get_args(ContractKind):
        yield f"contract: give one of {', '.join(get_args(ContractKind))}"
    if not value["package"]:
        if any(value.get(name) for name in (*REQUIRED[3:], *OPTIONAL)):
            yield "package: is empty, yet the line has hours, a rate, a place or dates"
        return
    yield from _wrong_package(value)


def _wrong_package(value: Mapping[str, str]) -> Iterator[str]:
    if not _REFERENCE.fullmatch(value["package"]):
        yield "package: give a reference of letters, digits and . _ / -, at most 40"
    elif _TEN_DIGITS.fullmatch(value["package"]):
        yield "package: ten digits may be an NHS number; give a reference that identifies nobody"
    if value["care_type"] not in get_args(CareType):
        yield f"care_type: give one of {', '.join(get_args(CareType))}"
    if _hundredths(value["weekly_hours"], MOST_HOURS) is None:
        yield f"weekly_hours: give hours above 0 and at most {MOST_HOURS}, two decimals at most"
    if _hundredths(value["rate"], MOST_POUNDS) is None:
        yield f"rate: give pounds an hour above 0 and at most {MOST_POUNDS}, as in 17.42"
    if (outcode := value.get("outcode")) and not _OUTCODE.fullmatch(outcode):
        yield "outcode: give a postcode district as in E17, and no nearer"
    days = [_day(value.get(name)) for name in ("started_on", "ended_on")]
    for name, day in zip(("started_on", "ended_on"), days, strict=True):
        if value.get(name) and day is None:
            yield f"{name}: give a day as in 2024-01-31"
    if days[0] and days[1] and days[1] < days[0]:
        yield "ended_on: lies before started_on"


def _line(n: int, row: Mapping[str, str]) -> RegisterLine:
    value = {name: text.strip() for name, text in row.items()}
    if not value["package"]:
        return RegisterLine(line=n, provider=value["provider"], contract=value["contract"])
    return RegisterLine(
        line=n,
        provider=value["provider"],
        contract=value["contract"],
        package=value["package"],
        care_type=value["care_type"],
        weekly_hundredths=_hundredths(value["weekly_hours"], MOST_HOURS),
        rate_pence=_hundredths(value["rate"], MOST_POUNDS),
        outcode=value.get("outcode") or None,
        started_on=_day(value.get("started_on")),
        ended_on=_day(value.get("ended_on")),
    )


def _across(lines: Sequence[RegisterLine]) -> Iterator[str]:
    """What is wrong between lines: a provider of two kinds, a package held twice at once."""
    contracts: dict[str, RegisterLine] = {}
    packages: dict[str, list[RegisterLine]] = {}
    for one in lines:
        before = contracts.setdefault(one.provider, one)
        if before.contract != one.contract:
            yield (
                f"line {one.line}: contract: {one.provider} is {before.contract} on line"
                f" {before.line}; give the kind by which it gets new work on both"
            )
        if one.package is not None:
            for other in packages.setdefault(one.package, []):
                if _overlap(one, other):
                    yield (
                        f"line {one.line}: package: {one.package} is held on the same days on line"
                        f" {other.line}; end that one before this one starts"
                    )
            packages[one.package].append(one)


def _overlap(one: RegisterLine, other: RegisterLine) -> bool:
    starts = max(one.started_on or date.min, other.started_on or date.min)
    return starts <= min(one.ended_on or date.max, other.ended_on or date.max)


def _hundredths(text: str, most: Decimal) -> int | None:
    """Hundredths of a number above 0 and at most `most` with two decimals at most; else None."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or not 0 < value <= most or value % _HUNDREDTH:
        return None
    return int(value * 100)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
