"""`bridgekit do`: the words of the chat, from a shell, to the bridge that runs."""

from __future__ import annotations

import asyncio
import json

import pytest
from typer.testing import CliRunner

from bridgekit.cli import do as module
from bridgekit.cli.app import app
from bridgekit.cli.logs import silence
from bridgekit.testing.rig import Rig


@pytest.fixture
async def typed(tmp_path, database, monkeypatch):
    """A running bridge, and what a shell shows."""
    async with Rig(tmp_path, database=database) as rig:
        await rig.start()
        silence()
        monkeypatch.setattr(module, "load", lambda _: rig.config)

        async def run(*words: str):
            return await asyncio.to_thread(CliRunner().invoke, app, ["do", *words])

        yield run


async def test_without_words_it_is_help(typed):
    shown = await typed()
    assert shown.exit_code == 0
    assert shown.stdout.startswith("I am a bridge to: loop.")
    assert "\nwhoami: Show who you are" in shown.stdout


async def test_the_operator_may_act_for_somebody(typed):
    shown = await typed("--for", "@alice:example.org", "whoami")
    assert shown.stdout.startswith("You are @alice:example.org")


async def test_what_follows_the_command_is_its_own(typed):
    shown = await typed("--json", "new-token", "--days", "0", "a-b", "read")
    assert json.loads(shown.stdout)["token"].startswith("bka_")
    assert "valid for good" in (await typed("tokens")).stdout


async def test_a_refusal_ends_with_a_sentence_and_a_code(typed):
    shown = await typed("lnik")
    assert (shown.exit_code, shown.stdout) == (4, "")
    assert "There is no such command; did you mean `link`" in shown.stderr


async def test_without_a_bridge_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "load", lambda _: Rig(tmp_path).config)
    shown = await asyncio.to_thread(CliRunner().invoke, app, ["do", "help"])
    assert shown.exit_code == 4
    assert "is it running (`bridgekit run`)?" in shown.stderr
