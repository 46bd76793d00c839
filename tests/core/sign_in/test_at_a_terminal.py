"""`bridgekit sign-in`: the same flow at a terminal, by whoever can read the configuration."""

from __future__ import annotations

import asyncio
import re

import pytest
from typer.testing import CliRunner

from bridgekit.cli import sign_in as module
from bridgekit.cli.app import app
from bridgekit.cli.logs import silence
from bridgekit.cli.output import drawn
from bridgekit.testing.clock import settle
from tests.core.sign_in.conftest import ALICE, SECRET, parts, times_told, told

FOR_ALICE = ("--for", ALICE)


@pytest.fixture
async def typed(rig, monkeypatch):
    """A running bridge, and what a terminal shows to who types these lines."""
    await rig.start()
    silence()
    monkeypatch.setattr(module, "load", lambda _: rig.config)

    async def run(*words: str, lines: str = ""):
        words = ("sign-in", *words)
        return await asyncio.to_thread(CliRunner().invoke, app, words, input=lines)

    return run


async def test_an_operator_signs_somebody_in(rig, bank, typed):
    shown = await typed("bank", *FOR_ALICE, lines=f"Carol 7\ncarol\n{SECRET}\n\n")
    assert shown.exit_code == 0, shown.output
    assert "nick: this does not look as it should; look for a mistake in it." in shown.stdout
    assert shown.stdout.endswith("You are signed in to Loopback as carol.\n")
    assert SECRET not in shown.output
    (login,) = parts(rig).owners.of("bank", ALICE)
    assert bank.clients[login].login.credentials["password"] == SECRET
    await told(rig, "You are signed in to Loopback as carol.")


async def test_an_operator_signs_the_bridge_in_and_nobody_is_told(rig, bank, typed):
    shown = await typed("bank", "--relay", lines=f"desk\n{SECRET}\n\n")
    assert shown.exit_code == 0, shown.output
    (login,) = [name for name in bank.clients if name != "bank:bot"]
    assert bank.clients[login].login.relay
    assert times_told(rig, "You are signed in") == 0


async def test_a_code_is_drawn(rig, typed):
    running = asyncio.create_task(typed("loop", *FOR_ALICE))
    while not rig.network.pairing.codes:
        await settle()
    (code,) = rig.network.pairing.codes
    rig.network.pairing.scan(code, "carol")
    shown = await running
    assert shown.exit_code == 0, shown.output
    assert re.search("[▀▄█]{5}", shown.stdout)


def test_a_code_that_is_wider_than_the_terminal_is_said_instead(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    code = f"https://bank.example/{'x' * 200}"
    assert drawn(code) == f"{code}\nThe code is not drawn: it needs 61 columns, and here are 30."
    assert re.search("[▀▄█]{5}", drawn("loopback://pair/1"))


async def test_what_the_network_refuses_ends_with_its_sentence(typed):
    shown = await typed("bank", *FOR_ALICE, lines="carol\nwrong\n\n")
    assert (shown.exit_code, shown.stderr) == (4, "The bank does not know this password.\n")


async def test_who_breaks_off_at_the_terminal_leaves_nothing(rig, typed):
    shown = await typed("bank", *FOR_ALICE, lines="carol\n")  # the end of what is typed
    assert shown.exit_code == 1
    assert all(one.over for one in parts(rig).people.sign_ins._sessions.values())
    assert parts(rig).owners.of("bank", ALICE) == ()


async def test_it_must_be_for_somebody(typed):
    shown = await typed("bank")
    assert shown.exit_code == 2
    assert "Say for whom: --for @user:example.org, or --relay." in shown.stderr
