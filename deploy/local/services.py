"""Which processes the services are run as, on which ports, and whether they answer."""

import sys
from collections.abc import Mapping, Sequence

import httpx

from deploy.local import ports
from deploy.local.runfile import SERVICES, ServiceProcess

DEFAULT_PORTS = {"referrals": 8101, "matching": 8102, "providers": 8103}
HEALTH_TIMEOUT_SECONDS = 2.0


def plan_services(
    counts: Mapping[str, int], commands: Mapping[str, Sequence[str]], *, free_ports: bool
) -> tuple[ServiceProcess, ...]:
    """The processes of all services: the first of each on its usual port, others on free ones.

    Args:
        counts: processes of each service, 1 where not named.
        commands: what to run instead of `python -m services.NAME`.
        free_ports: where the usual port is taken, choose another.

    Raises:
        StackError: a usual port is taken and another may not be chosen.
    """
    planned = []
    for service in SERVICES:
        command = tuple(commands.get(service) or (sys.executable, "-m", f"services.{service}"))
        for number, port in enumerate(_ports(service, counts.get(service, 1), free_ports), start=1):
            name = service if number == 1 else f"{service}-{number}"
            planned.append(ServiceProcess(name=name, service=service, port=port, command=command))
    return tuple(planned)


def health_address(process: ServiceProcess) -> str:
    """Where the process says whether it lives."""
    return f"http://{ports.LOOPBACK}:{process.port}/health"


def is_healthy(process: ServiceProcess) -> bool:
    """Whether the process answers and says that it lives."""
    try:
        answer = httpx.get(health_address(process), timeout=HEALTH_TIMEOUT_SECONDS, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


def _ports(service: str, count: int, free_ports: bool) -> list[int]:
    usual = DEFAULT_PORTS[service]
    if free_ports and not ports.is_free(usual):
        return ports.free_ports(count)
    return [ports.require_free(usual, service), *ports.free_ports(count - 1)]
