"""Ports on loopback: which are free, and who has the others."""

import json
import secrets
import socket
from pathlib import Path

import psutil

from deploy.local.errors import StackError

LOOPBACK = "127.0.0.1"
LOWEST, HIGHEST = 12_000, 32_000


def is_free(port: int) -> bool:
    """Whether a server could listen on the port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Whether something accepts connections on the port of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_ports(count: int) -> list[int]:
    """Distinct free ports from below those that the kernel gives to outgoing connections.

    A server that is down for a moment would otherwise find its port taken by somebody's client.
    """
    chosen: list[int] = []
    while len(chosen) < count:
        port = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
        if port not in chosen and is_free(port):
            chosen.append(port)
    return chosen


def remembered_ports(file: Path, count: int) -> list[int]:
    """The ports in the file if all are still free, else new ones, which the file then holds.

    A server keeps its ports over a restart so that clients find it again.
    """
    if file.exists():
        known = [int(port) for port in json.loads(file.read_text())]
        if len(known) == count and all(is_free(port) for port in known):
            return known
    chosen = free_ports(count)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(chosen))
    return chosen


def owner_of(port: int) -> str:
    """Who listens on the port, in words for a person."""
    for connection in psutil.net_connections(kind="tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
            if connection.pid is None:
                break
            return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "a process of another user"


def require_free(port: int, name: str) -> int:
    """The port itself.

    Raises:
        StackError: when someone listens there; the message says who.
    """
    if not is_free(port):
        raise StackError(
            f"port {port}, where {name} should listen, is taken by {owner_of(port)}. "
            "End that process and try again."
        )
    return port
