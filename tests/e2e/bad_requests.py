"""Requests that carry personal values where none belong, to every route of every service."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from uuid import UUID

from tests.e2e.every_route import ANY_ID, every_route


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """One request; `content` in place of `body` is sent as it is."""

    service: str
    role: str
    method: str
    path: str
    body: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | None = None


def bad_requests(
    values: tuple[str, ...], good: Mapping[str, Any], provider_id: UUID
) -> Iterator[Bad]:
    """Every kind of wrong place for each of the values; `good` is a referral as it should be."""
    for value in values:
        yield from _in_referrals(value, good)
        yield from _in_answers(value)
        yield from _in_the_register(value, provider_id)
        yield from _in_addresses(value)
        yield from _in_headers(value, good)


def _in_referrals(value: str, good: Mapping[str, Any]) -> Iterator[Bad]:
    person, requirement = good["person"], good["requirement"]
    visit = requirement["visits"][0]
    wrong_persons = (
        {value: value}, {"nickname": value}, {"nhs_number": value[:3]}, {"nhs_number": [value]},
        {"given_name": {value: value}}, {"given_name": value * 50}, {"given_name": f"{value}\x00"},
        {"family_name": f"{value}\x1b[31m"}, {"pen_picture": f"{value}\x07"}, {"gender": value},
        {"date_of_birth": f"{value}?"}, {"postcode": f"{value}?"}, {"address_lines": value},
        {"address_lines": [[value]]}, {"nhs_number_absent_reason": value},
    )  # fmt: skip
    wrong_needs = (
        {"care_type": value}, {"needs": [value]}, {"risks": [value]}, {"equipment": [{value: 1}]},
        {"visits": [{**visit, "weekday": value}]}, {"visits": [{**visit, value: value}]},
        {"visits": [{**visit, "minutes": value}]}, {"visits": value}, {"ready_at": value},
        {"preferences": {"languages": [{"language": value}]}}, {"exclude_provider_ids": [value]},
        {"preferences": {value: value}}, {"continuity_provider_id": value}, {value: value},
    )  # fmt: skip
    bodies: list[Any] = [
        *({**good, "person": {**person, **wrong}} for wrong in wrong_persons),
        *({**good, "requirement": {**requirement, **wrong}} for wrong in wrong_needs),
        {**good, value: value},
        {**good, "pathway": value},
        {**good, "urgency": value},
        {**good, "discharge_ready_at": value},
        {**good, "source": {**good["source"], "ward": value}},
        {**good, "source": {**good["source"], "ward": good["person"]["date_of_birth"]}},
        {**good, "source": {**good["source"], "organisation": value}},
        {**good, "source": {**good["source"], "kind": value}},
        {**good, "source": {**good["source"], "organisation": "no-such-hospital"}},
        {**good, "authorisation": {"basis": value, "by": value * 40}},
        {**good, "contact": {"fax": value, "phone": value * 9}},
        [value],
        value,
    ]
    path = "/v1/referrals"
    for body in bodies:
        yield Bad(service="referrals", role="hub", method="POST", path=path, body=body)
        yield Bad(
            service="referrals", role="hub", method="PATCH", path=f"{path}/{ANY_ID}", body=body
        )
    whole = json.dumps(good).encode()
    for content in (
        whole[:-9], b'{"person": ' + value.encode("utf-16") + b"}", value.encode(),
        value.encode() * 20_000, b'{"a": "\xff' + value.encode() + b'"}',
        b'{"pathway": "\\ud800' + value.encode() + b'"}',
    ):  # fmt: skip
        json_type = {"Content-Type": "application/json"}
        yield Bad(service="referrals", role="hub", method="POST", path=path, content=content,
                  headers=json_type)  # fmt: skip
    yield Bad(service="referrals", role="hub", method="POST", path=path, content=whole,
              headers={"Content-Type": "text/plain"})  # fmt: skip
    body = {"reason": value, "note": value * 3000}
    yield Bad(service="referrals", role="hub", method="POST", path=f"{path}/{ANY_ID}/withdraw",
              body=body)  # fmt: skip


def _in_answers(value: str) -> Iterator[Bad]:
    """Each field of everything that is said about an offer, a package or a placement."""
    for route in (*every_route("providers"), *every_route("matching")):
        if route.method != "POST":
            continue
        wrong = (value, {value: value}, value * 900)
        bodies = [
            {**route.body, name: told} for name, told in zip(route.body, cycle(wrong), strict=False)
        ]
        for path, body in (
            *((route.at(), body) for body in bodies),
            (route.at(), {**route.body, value: value, "note": f"{value}\x00"}),
            (route.at(value), route.body),
        ):
            yield Bad(service=route.service, role=route.roles[0], method="POST", path=path,
                      body=body)  # fmt: skip


def _in_the_register(value: str, provider_id: UUID) -> Iterator[Bad]:
    entry = {"name": "Larch Home Care", "cqc_rating": "good", "outcodes": [], "capabilities": [],
             "contracts": []}  # fmt: skip
    for wrong in (
        {value: value}, {"outcodes": [value]}, {"capabilities": [value]}, {"cqc_rating": value},
        {"name": f"{value}\x00"}, {"contracts": [{"kind": value, "lot": value, "rate": value}]},
        {"suspension": {"reason": value, "since": value, "review_on": value, "note": value}},
    ):  # fmt: skip
        body = {**entry, **wrong}
        yield Bad(service="providers", role="operator", method="PUT",
                  path=f"/v1/providers/{provider_id}", body=body)  # fmt: skip
        yield Bad(service="providers", role="operator", method="PUT", path="/v1/providers",
                  body=[{"provider_id": value, **body}])  # fmt: skip


def _in_addresses(value: str) -> Iterator[Bad]:
    for service, role, path in (
        ("referrals", "hub", "/v1/referrals/{}"),
        ("referrals", "hub", "/v1/wards/{}/board"),
        ("referrals", "hub", "/{}"),
        ("matching", "broker", "/v1/placements/{}"),
        ("matching", "broker", "/v1/providers/{}/responses"),
        ("matching", "broker", "/{}"),
        ("providers", "provider", "/v1/offers/{}"),
        ("providers", "provider", "/v1/packages/{}/person"),
        ("providers", "operator", "/v1/providers/{}"),
    ):
        yield Bad(service=service, role=role, method="GET", path=path.format(value))
    for service, role, path in (
        ("referrals", "hub", "/v1/board"),
        ("matching", "broker", "/v1/placements"),
        ("matching", "broker", "/v1/reports/fill-times"),
        ("providers", "provider", "/v1/offers"),
        ("providers", "provider", "/v1/packages"),
        ("providers", "operator", "/v1/providers"),
    ):
        for name in ("cursor", "status", "limit", "from", "by", "after", "state", "patient", value):
            yield Bad(service=service, role=role, method="GET", path=path, params={name: value})


def _in_headers(value: str, good: Mapping[str, Any]) -> Iterator[Bad]:
    plain = value.encode("ascii", "ignore").decode()
    for name in ("X-Request-Id", "Idempotency-Key", "Prefer", "User-Agent", "Referer", "Cookie",
                 "Accept", "Content-Type", "Authorization", "traceparent", "X-Forwarded-For",
                 "Origin", "If-None-Match"):  # fmt: skip
        for service, role, path in (
            ("referrals", "hub", "/v1/board"),
            ("matching", "broker", "/v1/placements"),
            ("providers", "provider", "/v1/offers"),
        ):
            headers = {name: plain}
            yield Bad(service=service, role=role, method="GET", path=path, headers=headers)
    wrong = {**good, "pathway": "P9"}
    for key in (plain, plain * 20):
        yield Bad(service="referrals", role="hub", method="POST", path="/v1/referrals", body=wrong,
                  headers={"Idempotency-Key": key})  # fmt: skip
