"""Who may call which routes, and what the routes work with."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from services.referrals.handlers import Referrals
from shared.web.app import Web
from shared.web.idempotency import Once, once
from shared.web.tokens import Caller, caller

_sender = caller("ward", "hub")
_hub = caller("hub")
_service = caller("service")
_operator = caller("operator")

Sender = Annotated[Caller, Depends(_sender)]
Hub = Annotated[Caller, Depends(_hub)]
Service = Annotated[Caller, Depends(_service)]
Operator = Annotated[Caller, Depends(_operator)]
SenderOnce = Annotated[Once, Depends(once(_sender))]


async def _web(request: Request) -> Web:
    web: Web = request.app.state.web
    return web


async def _referrals(request: Request) -> Referrals:
    referrals: Referrals = request.app.state.referrals
    return referrals


async def _zone(request: Request) -> str:
    zone: str = request.app.state.time_zone
    return zone


async def _key_safe_lead(request: Request) -> timedelta:
    lead: timedelta = request.app.state.key_safe_lead
    return lead


KeySafeLead = Annotated[timedelta, Depends(_key_safe_lead)]
Running = Annotated[Web, Depends(_web)]
Handlers = Annotated[Referrals, Depends(_referrals)]
Zone = Annotated[str, Depends(_zone)]
