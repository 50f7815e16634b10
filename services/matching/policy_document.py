"""The shape of a policy document, and where in the file each part of it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from services.matching.domain.codes import ContractKind, CqcRating, Urgency
from services.matching.domain.policy import ALL_AT_ONCE, AwardRule, Component, Scope
from shared.contracts.model import Code, Outcode

DOCUMENT_MAX_BYTES = 256 * 1024
"""A policy is a page or two; anything larger is another file."""

Location = tuple[int | str, ...]
_STRATEGY = re.compile(r"adaptive|sequential|simultaneous|waves\(([1-9][0-9]{0,3})\)")
_Minutes = Annotated[int, Field(gt=0, le=90 * 24 * 60, strict=True)]


def _strategy(value: object) -> object:
    """One sentence for every form. Raises ValueError for none of them."""
    if isinstance(value, str) and _STRATEGY.fullmatch(value):
        return value
    raise ValueError(
        "not a strategy; give adaptive, sequential (one at a time), simultaneous (everybody at"
        " once) or waves(n) with n at once"
    )


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LotPart(_Part):
    """A lot: its outcodes, and the lots that may be asked after it."""

    outcodes: Annotated[tuple[Outcode, ...], Field(min_length=1)]
    neighbours: tuple[Code, ...] = ()


class MinutesPart(_Part):
    """Minutes by urgency."""

    urgent: _Minutes
    routine: _Minutes

    def by_urgency(self) -> dict[Urgency, int]:
        """The same as the rules look it up."""
        return {"urgent": self.urgent, "routine": self.routine}


class TierPart(_Part):
    """One step of the fallback, with the clause it rests on."""

    name: Code
    contract: ContractKind
    scope: Scope
    clause: Annotated[str, Field(min_length=1, max_length=300)]
    ranking: tuple[Component, ...]
    award_rule: AwardRule
    settling_minutes: _Minutes | None = None
    strategy: Annotated[str, BeforeValidator(_strategy)]
    window_minutes: MinutesPart
    budget_minutes: MinutesPart
    cqc_ratings: Annotated[tuple[CqcRating, ...], Field(min_length=1)]
    rate_limit_pence: Annotated[int, Field(gt=0, le=100_000, strict=True)] | None = None
    accept_new: Annotated[bool, Field(strict=True)] = True

    @property
    def adaptive(self) -> bool:
        """Whether pacing decides how many are asked."""
        return self.strategy == "adaptive"

    @property
    def wave_size(self) -> int:
        """How many are asked at once; ALL_AT_ONCE where there is no number."""
        waves = _STRATEGY.fullmatch(self.strategy)
        if self.strategy == "sequential":
            return 1
        return int(waves[1]) if waves and waves[1] else ALL_AT_ONCE


class Document(_Part):
    """A whole policy document."""

    name: Code
    targets_minutes: Annotated[tuple[_Minutes, ...], Field(min_length=1)]
    goals_percent: dict[int, Annotated[float, Field(gt=0, le=100)]] = {}
    """By target: how many of all packages are to be filled by it; what prices are tuned to."""
    prices: dict[int, Annotated[float, Field(ge=0, le=1_000)]] = {}
    """By target: how many offers it is worth not to miss it; what an adaptive tier weighs."""
    confirmation_minutes: _Minutes
    telephone_grace_minutes: _Minutes
    prompt_decline_minutes: _Minutes
    lots: dict[Code, LotPart]
    tiers: Annotated[tuple[TierPart, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to say about a document. `where` is a path like `tiers[1].window_minutes`."""

    line: int
    where: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What could be read of a document.

    `lots` and `tiers` have those parts that are well formed even when others are not, so that
    every mistake can be told at once; `document` is there when all of it is well formed.
    """

    document: Document | None
    lots: dict[str, LotPart]
    tiers: dict[int, TierPart]
    targets_minutes: tuple[int, ...]
    findings: tuple[Finding, ...]
    lines: dict[Location, int]

    def finding(self, location: Location, sentence: str) -> Finding:
        """Something to say about the part at a location, at its line or that of what holds it."""
        return Finding(
            line=line_of(self.lines, location), where=where_of(location), sentence=sentence
        )


def parse(path: Path) -> Parsed:
    """Read a document as far as it can be read. Raises OSError if the file cannot be opened."""
    text = path.read_bytes()
    if len(text) > DOCUMENT_MAX_BYTES:
        return _unreadable(1, f"larger than {DOCUMENT_MAX_BYTES} bytes; this is no policy")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return _unreadable(line, f"not readable as YAML: {error.problem}")
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        return _unreadable(1, f"not readable as YAML: {type(error).__name__}")
    if not isinstance(content, dict) or not isinstance(node, yaml.MappingNode):
        return _unreadable(1, "not a policy: give keys such as name, lots and tiers")
    lines: dict[Location, int] = {}
    twice = [
        Finding(line=line, where=where_of(location), sentence="given twice; keep one of them")
        for location, line in _walk(node, (), lines)
    ]
    document, wrong = _validated(content, lines)
    targets = content.get("targets_minutes")
    return Parsed(
        document=document if not twice else None,
        lots=_well_formed_lots(content.get("lots")),
        tiers=_well_formed_tiers(content.get("tiers")),
        targets_minutes=document.targets_minutes if document else _numbers(targets),
        findings=(*twice, *wrong),
        lines=lines,
    )


def _unreadable(line: int, sentence: str) -> Parsed:
    return Parsed(
        document=None,
        lots={},
        tiers={},
        targets_minutes=(),
        findings=(Finding(line=line, where="", sentence=sentence),),
        lines={},
    )


def _walk(
    node: yaml.Node, at: Location, lines: dict[Location, int]
) -> Iterator[tuple[Location, int]]:
    """Note the line of every part of the document; give each key that is written twice."""
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*at, str(key.value))
            if inner in lines:
                yield inner, key.start_mark.line + 1
            lines[inner] = key.start_mark.line + 1
            yield from _walk(value, inner, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*at, index), lines)


def _validated(
    content: dict[Any, Any], lines: dict[Location, int]
) -> tuple[Document | None, list[Finding]]:
    try:
        return Document.model_validate(content), []
    except ValidationError as error:
        return None, [
            Finding(
                line=line_of(lines, found["loc"]),
                where=where_of(
                    found["loc"] if found["type"] == "missing" else _written(found["loc"], lines)
                ),
                sentence=_sentence(found["type"], found["msg"], found.get("ctx", {})),
            )
            for found in error.errors(include_url=False, include_input=False)
        ]


def _sentence(kind: str, message: str, context: dict[str, Any]) -> str:
    """What is wrong and what to write instead."""
    match kind:
        case "extra_forbidden":
            return "unknown key; remove it or correct its name"
        case "missing":
            return "missing; add it"
        case "greater_than":
            return f"too small; give a number greater than {context['gt']}"
        case "less_than_equal":
            return f"too large; give {context['le']} or less"
        case "too_short":
            return "empty; give at least one"
        case "literal_error":
            return f"not known; give {context['expected']}"
        case "value_error":
            return str(context["error"])
        case "string_pattern_mismatch":
            return f"not of the right form; it must match {context['pattern']}"
        case _:
            return message[:1].lower() + message[1:]


def _written(location: Location, lines: dict[Location, int]) -> Location:
    """The part of the location that the file has; pydantic adds marks of its own to some."""
    while location and location not in lines:
        location = location[:-1]
    return location


def line_of(lines: dict[Location, int], location: Location) -> int:
    """The line of a part, or of the nearest part around it that the file has."""
    return lines.get(_written(location, lines), 1)


def where_of(location: Location) -> str:
    """A location as people write it: `tiers[1].window_minutes.urgent`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _well_formed_lots(content: object) -> dict[str, LotPart]:
    lots: dict[str, LotPart] = {}
    for name, part in content.items() if isinstance(content, dict) else ():
        try:
            lots[str(name)] = LotPart.model_validate(part)
        except ValidationError:
            continue  # the whole document's validation has told it
    return lots


def _well_formed_tiers(content: object) -> dict[int, TierPart]:
    tiers: dict[int, TierPart] = {}
    for index, part in enumerate(content if isinstance(content, list) else ()):
        try:
            tiers[index] = TierPart.model_validate(part)
        except ValidationError:
            continue  # the whole document's validation has told it
    return tiers


def _numbers(content: object) -> tuple[int, ...]:
    return (
        tuple(one for one in content if isinstance(one, int)) if isinstance(content, list) else ()
    )
