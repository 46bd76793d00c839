"""Becomes a server that dies with its parent; run as a program, with the standard library only.

    python child.py [--unprivileged] PROGRAM ARGUMENT…

The kernel keeps no child when the test that started it is killed (Linux only; elsewhere the child
just runs). `--unprivileged` is for servers that refuse root.
"""

import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000


def _seem_unprivileged(libc: ctypes.CDLL) -> None:
    """Show the server user 1000 while it keeps root's rights on files.

    A user namespace does that, so that work folders which only root may enter are still usable;
    where those are forbidden, really become nobody.
    """
    if libc.unshare(_CLONE_NEWUSER) == 0:
        for name, text in (("setgroups", "deny"), ("uid_map", "1000 0 1"), ("gid_map", "1000 0 1")):
            Path("/proc/self", name).write_text(text, encoding="ascii")
        return
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def main(arguments: list[str]) -> None:
    unprivileged = arguments[0] == "--unprivileged"
    command = arguments[1:] if unprivileged else arguments
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if unprivileged and os.geteuid() == 0:
            _seem_unprivileged(libc)
        # A change of user would clear it, so it comes last.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    os.execvp(command[0], command)  # noqa: S606  there is no shell, on purpose


if __name__ == "__main__":
    main(sys.argv[1:])
