"""Runs a command with the system calls that a unit of systemd leaves it, where systemd is none.

`python confined.py UNIT COMMAND…`: what the unit's filters forbid ends the command, or fails, as
under systemd; its names of sets are spelt out by `systemd-analyze syscall-filter`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000  # seccomp_init(3)
_EQUAL, _MASKED = 4, 7
_WRITE, _EXECUTE = 0x2, 0x4  # mmap(2)
_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
_FAMILIES = 46
LIBRARY = "libseccomp.so.2"


class _Compared(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


class _Filter:
    """What is not named has `otherwise`."""

    def __init__(self, otherwise: int) -> None:
        self._library = library = ctypes.CDLL(LIBRARY)
        library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(otherwise)))

    def add(self, action: int, call: str, *compared: tuple[int, int, int, int]) -> None:
        number = self._library.seccomp_syscall_resolve_name(call.encode())
        if number < 0:
            return  # of another architecture
        given = (_Compared * max(1, len(compared)))(*(_Compared(*one) for one in compared))
        if self._library.seccomp_rule_add_array(
            self._context, ctypes.c_uint32(action), number, len(compared), given
        ):
            raise OSError(f"no filter for {call}")

    def load(self) -> None:
        if self._library.seccomp_load(self._context):
            raise OSError("the filter is not taken")


def settings(unit: str) -> dict[str, list[str]]:
    """Every line of it, by its key."""
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"(?m)^(\w+)=(.*)$", unit):
        found.setdefault(key, []).append(value)
    return found


def _calls(names: str) -> Iterator[str]:
    for name in names.split():
        if not name.startswith("@"):
            yield name
            continue
        asked = ["systemd-analyze", "syscall-filter", name]
        listed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        lines = (line.strip() for line in listed.splitlines()[1:])
        yield from _calls(" ".join(line for line in lines if line and line[0] != "#"))


def confine(unit: str) -> None:
    """From now on, and for whatever is started: what the unit says."""
    said = settings(unit)
    refused = _Filter(_ALLOW)
    if said.get("MemoryDenyWriteExecute") == ["yes"]:
        both = _WRITE | _EXECUTE
        refused.add(_ERRNO | errno.EPERM, "mmap", (2, _MASKED, both, both))
        refused.add(_ERRNO | errno.EPERM, "mprotect", (2, _MASKED, _EXECUTE, _EXECUTE))
    if said.get("RestrictNamespaces") == ["yes"]:
        refused.add(_ERRNO | errno.ENOSYS, "clone3")
        for call in ("unshare", "setns"):
            refused.add(_ERRNO | errno.EPERM, call)
        for flag in _NAMESPACES:
            refused.add(_ERRNO | errno.EPERM, "clone", (0, _MASKED, flag, flag))
    families = {getattr(socket, one).value for one in said["RestrictAddressFamilies"][0].split()}
    for family in set(range(_FAMILIES)) - families:
        refused.add(_ERRNO | errno.EAFNOSUPPORT, "socket", (0, _EQUAL, family, 0))
    refused.load()
    first, *rest = said["SystemCallFilter"]
    allowed = {*_calls("@default"), *_calls(first)}
    for more in rest:
        assert more.startswith("~"), more
        allowed -= set(_calls(more.removeprefix("~")))
    number = said.get("SystemCallErrorNumber")
    listed = _Filter(_ERRNO | getattr(errno, number[0]) if number else _KILL)
    for call in allowed | set(_calls("@default")):
        listed.add(_ALLOW, call)
    listed.load()


if __name__ == "__main__":
    confine(Path(sys.argv[1]).read_text(encoding="utf-8"))
    os.execv(sys.argv[2], sys.argv[2:])
