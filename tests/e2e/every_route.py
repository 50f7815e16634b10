"""Every route of every service: who may call it, and a body that it takes.

The services' own documents say which routes there are; `test_routes` fails if one is not here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.web.tokens import SERVICES_OF_ROLE, Role
from tests.integration.referrals.samples import referral, requirement

ANY_ID = "018f0000-0000-7000-8000-00000000aaaa"
OPEN_TO_ALL = frozenset({"GET /health", "GET /ready", "GET /asyncapi.json"})
"""Without a token, and with nothing about anybody."""

_AT = "2026-03-02T09:00:00Z"
_REASON: dict[str, Any] = {"reason": "agreed"}
_ABOUT: dict[str, Any] = {**_REASON, "confirm": True}
_SAID: dict[str, Any] = {"note": "their son rang"}
_WORDS = ("note", "told", "told_by")
"""Fields in which people write; brokers' `reason` is one too, that of others is a code."""
_UNTIL = {**_ABOUT, "last_visit_at": _AT}
_PROVIDER = {**_ABOUT, "provider_id": ANY_ID}
_NEEDED = {**_ABOUT, "requirement": requirement()}
_GROUNDED = {**_PROVIDER, "ground": "urgency"}
_ENTRY: dict[str, Any] = {
    "name": "Larch Home Care", "cqc_rating": "good", "outcodes": ["E17"],
    "capabilities": ["personal_care"], "contracts": [],
}  # fmt: skip

_BY_BROKERS: Mapping[str, Any] = {
    "award": _GROUNDED,
    "award/cancel": _ABOUT,
    "hold": _ABOUT,
    "resume": _ABOUT,
    "jump": {**_ABOUT, "tier_name": "dps", "ground": "urgency"},
    "ask": _GROUNDED,
    "skip": _GROUNDED,
    "exclude": _PROVIDER,
    "lift-exclusion": _PROVIDER,
    "person-view": {**_SAID, "view": "agrees", "told_by_role": "person", "told_at": _AT},
    "assign": {**_SAID, "assignee": "kim"},
    "escalate": _REASON,
    "de-escalate": {**_REASON, "kind": "by_hand"},
    "amend": _NEEDED,
    "move-policy": _ABOUT,
    "notes": _SAID,
    "service-orders": {"number": "SO-1-1", "version": 1, "entered_in": "mosaic"},
    "change": _NEEDED,
    "pause": {**_ABOUT, "held_until": _AT},
    "restart": {**_ABOUT, "restart_at": _AT},
    "end": _UNTIL,
    "transfer": {**_UNTIL, "person_agrees": True},
    "continue": _NEEDED,
    "contingency": {**_SAID, "contingency": "family"},
    "split": {**_ABOUT, "parts": [[0], [1]]},
    "merge": {**_ABOUT, "placement_ids": [ANY_ID, ANY_ID]},
    "bridge": {**_ABOUT, "until": _AT},
    "offers/{}/answer": {**_SAID, "answer": "accept", "told_by": "Pat", "at": _AT},
    "offers/{}/answer/correct": {**_ABOUT, "answer": "accept", "at": _AT},
    "offers/{}/window": {**_ABOUT, "expires_at": _AT},
    "offers/{}/withdraw": _ABOUT,
    "offers/{}/rate/approve": _ABOUT,
    "offers/{}/rate/refuse": _ABOUT,
    "offers/{}/condition/accept": _ABOUT,
    "offers/{}/condition/refuse": _ABOUT,
    "offers/{}/condition/counter": {**_ABOUT, "starts_at": _AT},
}
"""After `POST /v1/placements/{}/`."""

_BY_PROVIDERS: Mapping[str, Any] = {
    "offers/{}/accept": {"rate": "19.50"},
    "offers/{}/accept-if": {**_SAID, "starts_at": _AT},
    "offers/{}/decline": {**_SAID, "reason": "times"},
    "offers/{}/counter/accept": {},
    "offers/{}/counter/decline": {},
    "packages/{}/confirm": {},
    "packages/{}/release": {**_SAID, "reason": "needs_differ"},
    "packages/{}/start": {"started_at": _AT},
    "packages/{}/hand-back": {**_SAID, "reason": "staffing", "last_visit_at": _AT},
    "packages/{}/restart/agree": {},
    "packages/{}/restart/refuse": _SAID,
    "packages/{}/change/agree": {**_SAID, "version": 2},
    "packages/{}/change/refuse": {**_SAID, "version": 2},
}
"""After `POST /v1/`."""

_READ: Mapping[str, Mapping[str, tuple[Role, ...]]] = {
    "matching": dict.fromkeys(
        (
            "placements", "placements/{}", "placements/{}/explanation", "escalations", "care-gaps",
            "providers/{}/packages", "providers/{}/responses", "reports", "reports/{}",
        ),
        ("broker",),
    ),
    "providers": {
        **dict.fromkeys(
            (
                "offers", "offers/{}", "packages", "packages/{}", "packages/{}/person",
                "packages/{}/key-safe",
            ),
            ("provider",),
        ),
        "providers": ("operator", "broker"),
        "providers/{}": ("operator", "broker", "provider"),
    },
    "referrals": {
        "referrals/{}": ("ward", "hub"),
        "wards/{}/board": ("ward", "hub"),
        "board": ("hub",),
        "service-orders": ("hub",),
        "service-orders/{}/{}": ("hub",),
        "service-orders/{}/{}/csv": ("hub",),
        "reports/equity": ("operator",),
    },
}  # fmt: skip
_INTERNAL = ("person", "key-safe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route with `{}` where an id stands; `body` is one that it takes, None for what is only read."""

    service: str
    method: str
    path: str
    roles: tuple[Role, ...]
    body: Any = None

    @property
    def name(self) -> str:
        """As documents name it."""
        return f"{self.method} {self.path}"

    def worded(self, words: str, at: str) -> Any:
        """Its body with these words wherever somebody writes, and with every instant at this one."""
        free = (*_WORDS, "reason") if self.service == "matching" else _WORDS
        return {
            name: words if name in free else at if value == _AT else value
            for name, value in self.body.items()
        }

    @property
    def others(self) -> tuple[Role, ...]:
        """Roles with tokens in this service to which the route is closed."""
        here = (role for role, services in SERVICES_OF_ROLE.items() if self.service in services)
        return tuple(role for role in here if role not in self.roles)

    def at(self, *ids: object) -> str:
        """The path with these ids, and with the id of nothing in the places that are left."""
        return self.path.format(*ids, *[ANY_ID] * (self.path.count("{}") - len(ids)))


def every_route(service: str) -> Iterator[Route]:
    """The routes of a service that need a token."""
    for path, roles in _READ[service].items():
        yield Route(service=service, method="GET", path=f"/v1/{path}", roles=roles)
    match service:
        case "matching":
            yield from _posts(service, "/v1/placements/{}/", _BY_BROKERS, "broker")
            yield from _posts(service, "/v1/providers/{}/", {"fail": _UNTIL}, "broker")
        case "providers":
            yield from _posts(service, "/v1/", _BY_PROVIDERS, "provider")
            for path, body in (("/{}", _ENTRY), ("", [{"provider_id": ANY_ID, **_ENTRY}])):
                yield Route(service=service, method="PUT", path=f"/v1/providers{path}",
                            roles=("operator",), body=body)  # fmt: skip
        case "referrals":
            yield from _posts(service, "/v1/", {"referrals": referral()}, "ward", "hub")
            ending = {"withdraw": {"reason": "readmitted"}}
            yield from _posts(service, "/v1/referrals/{}/", ending, "ward", "hub")
            yield Route(service=service, method="PATCH", path="/v1/referrals/{}",
                        roles=("ward", "hub"), body={"urgency": "urgent"})  # fmt: skip
            for part in _INTERNAL:
                yield Route(service=service, method="GET", roles=("service",),
                            path="/internal/v1/referrals/{}/" + part)  # fmt: skip


def _posts(service: str, before: str, bodies: Mapping[str, Any], *roles: Role) -> Iterator[Route]:
    for path, body in bodies.items():
        yield Route(service=service, method="POST", path=before + path, roles=roles, body=body)


def documented(document: Mapping[str, Any]) -> dict[str, Any]:
    """Route → the schema of its body (None for none), as an OpenAPI document lists them.

    A path that ends in one of a few words is a route for each of them.
    """
    found: dict[str, Any] = {}
    for template, operations in document["paths"].items():
        for method, operation in operations.items():
            words = {
                parameter["name"]: parameter["schema"].get("enum", ["{}"])
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "path"
            }
            for path in _written_out(template, words):
                found[f"{method.upper()} {path}"] = _schema(document, operation)
    return found


def _written_out(template: str, words: Mapping[str, list[str]]) -> Iterator[str]:
    paths = [template]
    for name, choices in words.items():
        paths = [path.replace(f"{{{name}}}", choice) for path in paths for choice in choices]
    yield from paths


def _schema(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Any:
    if "requestBody" not in operation:
        return None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    schema = next(iter(schema.get("anyOf", (schema,))))
    schema = schema.get("items", schema)
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
