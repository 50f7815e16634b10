"""Documents that people write in YAML: read with the line of every part, so that each mistake is
told as `file:line: path: what is wrong; what to do`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Location = tuple[int | str, ...]
M = TypeVar("M", bound=BaseModel)
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to say about a document. `where` is a path like `tiers[1].window_minutes`."""

    line: int
    where: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A document as it is written: its keys, and the line of every part of it.

    Both are empty where the file could not be read; `findings` then say why.
    """

    content: dict[str, Any]
    lines: dict[Location, int]
    findings: tuple[Finding, ...] = ()

    def finding(self, location: Location, sentence: str) -> Finding:
        """Something to say about the part at a location, at its line or that of what holds it."""
        line = self.lines.get(_nearest(location, self.lines), 1)
        return Finding(line=line, where=where_of(location), sentence=sentence)

    def validated(self, model: type[M]) -> tuple[M | None, list[Finding]]:
        """The content as that model, or everything that keeps it from being one."""
        try:
            return model.model_validate(self.content), []
        except ValidationError as error:
            mistakes = error.errors(include_url=False, include_input=False)
            # A part that is wrong is missing from what holds it, which is not empty for that.
            holding = {one["loc"][:n] for one in mistakes for n in range(len(one["loc"]))}
            return None, [
                self._wrong(found["type"], found["loc"], found["msg"], found.get("ctx", {}))
                for found in mistakes
                if found["type"] != "too_short" or found["loc"] not in holding
            ]

    def _wrong(
        self, kind: str, location: Location, message: str, context: dict[str, Any]
    ) -> Finding:
        at = _nearest(location, self.lines)
        if kind == "missing":
            at = (*at, location[-1])
        return self.finding(at, _sentence(kind, message, context))


def read(path: Path, *, what: str, keys: str, most_bytes: int) -> Written:
    """A document as far as it can be read; `what` it should be, and the `keys` that make it one,
    are told where it is something else.

    Raises OSError if the file cannot be opened.
    """
    text = path.read_bytes()
    if len(text) > most_bytes:
        return _unreadable(1, f"larger than {most_bytes} bytes; this is no {what}")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return _unreadable(line, f"not readable as YAML: {error.problem}")
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        return _unreadable(1, f"not readable as YAML: {type(error).__name__}")
    if not isinstance(content, dict) or not isinstance(node, yaml.MappingNode):
        return _unreadable(1, f"not a {what}: give keys such as {keys}")
    lines: dict[Location, int] = {}
    twice = [
        Finding(line=line, where=where_of(location), sentence="given twice; keep one of them")
        for location, line in _walk(node, (), lines)
    ]
    return Written(content=content, lines=lines, findings=tuple(twice))


def told(path: Path, findings: Iterable[Finding]) -> tuple[str, ...]:
    """The findings as lines, in the order of the file, each once."""
    in_order = sorted(findings, key=lambda finding: finding.line)
    return tuple(
        dict.fromkeys(
            f"{path.name}:{finding.line}: "
            + (f"{finding.where}: " if finding.where else "")
            + finding.sentence
            for finding in in_order
        )
    )


def where_of(location: Location) -> str:
    """A location as people write it: `tiers[1].window_minutes.urgent`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _unreadable(line: int, sentence: str) -> Written:
    return Written(
        content={}, lines={}, findings=(Finding(line=line, where="", sentence=sentence),)
    )


def _walk(
    node: yaml.Node, at: Location, lines: dict[Location, int]
) -> Iterator[tuple[Location, int]]:
    """Note the line of every part of the document; give each key that is written twice.

    What is merged in (`<<: *habits`) has the lines of where it was written.
    """
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        own: set[Location] = set()
        for key, value in node.value:
            if key.tag == _MERGE:
                merged: dict[Location, int] = {}
                yield from _walk(value, at, merged)
                lines.update({place: line for place, line in merged.items() if place not in lines})
                continue
            inner = (*at, str(key.value))
            if inner in own:
                yield inner, key.start_mark.line + 1
            own.add(inner)
            lines[inner] = key.start_mark.line + 1
            yield from _walk(value, inner, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*at, index), lines)


def _nearest(location: Location, lines: dict[Location, int]) -> Location:
    """The parts of a location that the file has: a model adds marks of its own to some."""
    at: Location = ()
    for part in location:
        at = next((found for found in ((*at, part), (*at, str(part))) if found in lines), at)
    return at


def _sentence(kind: str, message: str, context: dict[str, Any]) -> str:
    """What is wrong and what to write instead."""
    match kind:
        case "extra_forbidden":
            return "unknown key; remove it or correct its name"
        case "missing":
            return "missing; add it"
        case "greater_than":
            return f"too small; give a number greater than {context['gt']:g}"
        case "greater_than_equal":
            return f"too small; give {context['ge']:g} or more"
        case "less_than":
            return f"too large; give a number less than {context['lt']:g}"
        case "less_than_equal":
            return f"too large; give {context['le']:g} or less"
        case "too_short":
            return "empty; give at least one"
        case "literal_error":
            return f"not known; give {context['expected']}"
        case "value_error":
            return str(context["error"])
        case "string_pattern_mismatch":
            return f"not of the right form; it must match {context['pattern']}"
        case "float_type" | "finite_number":
            return "not a number; give one"
        case "model_type" | "dict_type":
            return "not a list of keys and values; give keys such as {key: value}"
        case _:
            return message[:1].lower() + message[1:]
