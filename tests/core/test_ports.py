"""A port that a test asked for is its own, also while nothing listens on it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack

from bridgekit.testing.servers import free_port

MANY = 600
ASKING = (
    "from bridgekit.testing.servers import free_port\n"
    f"print(*(free_port() for _ in range({MANY})), flush=True)\n"
    "input()\n"
)


def test_no_two_processes_at_work_are_given_the_same_port():
    command = [sys.executable, "-c", ASKING]
    with ExitStack() as both:
        given = [
            both.enter_context(
                subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            )
            for _ in range(2)
        ]
        ports = [port for one in given for port in one.stdout.readline().split()]
        for one in given:
            one.communicate("\n")
    assert len(ports) == len(set(ports)) == 2 * MANY


def test_a_port_is_not_given_again_soon():
    assert len({free_port() for _ in range(MANY)}) == MANY
