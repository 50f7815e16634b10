"""Become another program that ends when its parent ends, optionally as another user.

Run as a script, `tether.py PARENT SIGNAL IDENTITY PROGRAM ARGUMENT...`. IDENTITY is one of `same`;
`namespace:UID` (a user namespace in which the caller appears as UID); `user:UID:GID`.
It is a program of its own, not code between fork and exec, because that is unsafe in a parent
with threads; it imports nothing of Homeward so that it starts in milliseconds.
"""

import ctypes
import os
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000


def _enter_namespace(libc: ctypes.CDLL, uid: int) -> None:
    outer_uid, outer_gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "a user namespace was refused")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{uid} {outer_gid} 1"),
    ):
        Path("/proc/self", name).write_text(text, encoding="ascii")


def _take_identity(libc: ctypes.CDLL, identity: str) -> None:
    kind, _, rest = identity.partition(":")
    if kind == "namespace":
        _enter_namespace(libc, int(rest))
    elif kind == "user":
        uid, gid = (int(number) for number in rest.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def main(arguments: list[str]) -> None:
    """Replace this process by the program; exits with 127 if the parent is already gone."""
    parent, signal_number, identity, *command = arguments
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        _take_identity(libc, identity)
        # After the change of identity, which would clear it.
        libc.prctl(_PR_SET_PDEATHSIG, int(signal_number))
        if os.getppid() != int(parent):
            sys.exit(127)
    os.execv(command[0], command)  # noqa: S606 - that is its job


if __name__ == "__main__":
    main(sys.argv[1:])
