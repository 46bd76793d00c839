"""A failed scenario says what raised, and where in the author's code: once, and little else."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from traceback import extract_tb

import pytest
import structlog

from bridgekit.testing.contract import AdapterContract, now
from bridgekit.testing.contract.overhearing import overheard
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.story import Broken, Story, on_matrix
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake
from bridgekit.testing.loopback.keeping import Listening

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "bridgekit" / "cli" / "adapter-template"
NAME = "test_a_long_text_from_the_network_is_seen_whole"


class Clumsy(Listening):
    async def send(self, event):
        return {"id": event.txn}["\x1b[2J\u202enumber"]


class Unreachable(Listening):
    async def run(self):
        raise OSError("no route\nto \x1b[2Jhost")


class Mute(LoopbackFake):
    async def say(self, who, content):
        return f"{who} says " + content


class Dated(LoopbackFake):
    """It dates what people say by the clock of the computer."""

    def time(self) -> datetime:
        return datetime.now(UTC)

    def _event(self, who, chat, content):
        return replace(super()._event(who, chat, content), at=self.time())


class WellDated(Dated):
    def time(self) -> datetime:
        return now()


class Forgetful(LoopbackFake):
    """It begins to count anew with every message."""

    async def say(self, who, content):
        self._said = 0
        return await super().say(who, content)


def contract(client=Listening, fake=LoopbackFake):
    return contract_class(client, fake)()


def contract_class(client=Listening, fake=LoopbackFake):
    class Contract(AdapterContract):
        adapter = LoopbackAdapter

        @asynccontextmanager
        async def network(self):
            yield fake(EchoingNetwork(idempotent=True, extra=(client,)))

    return Contract


def story_of(tested: AdapterContract) -> str:
    with pytest.raises(Broken) as broken:
        getattr(tested, NAME)()
    return "\n".join(broken.value.__notes__)


def test_a_fault_in_send_is_a_line_of_the_story_with_its_place_and_once():
    story = story_of(contract(Clumsy))
    line = Clumsy.send.__code__.co_firstlineno + 1
    where = f"at {Path(__file__).relative_to(Path.cwd())}:{line}, in send: return "
    assert story.count("send without an answer: KeyError: ") == 1
    assert story.count(where) == 1
    assert story.index("said 'is anybody there? 1'") < story.index(where)


def test_what_an_error_says_is_one_line_and_steers_no_terminal():
    story = story_of(contract(Unreachable))
    assert "OSError: no route\\nto \\x1b[2Jhost\n" in story
    assert story.replace("\n", "").isprintable()


def test_of_an_error_of_the_fake_only_the_step_and_the_fake_are_shown():
    with pytest.raises(TypeError) as raised:
        getattr(contract(fake=Mute), NAME)()
    frames = [frame.name for frame in extract_tb(raised.value.__traceback__)]
    # The first two are the call above, and what raises it again, which pytest hides.
    assert frames[2:] == ["meet", "say"]


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> str:
    """What pytest says of one scenario of an adapter whose fake raises as it signs in."""
    folder = tmp_path_factory.mktemp("told") / "adapter"
    copytree(TEMPLATE, folder)
    fake = folder / "src" / "matrix_bridgekit_tinychat" / "fake.py"
    sound = fake.read_text("utf-8")
    broken = sound.replace('{"id": "bridge"}', '{"id": "bridge" + 1}')
    assert broken != sound
    fake.write_text(broken, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", NAME],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(folder / "src")))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed" in done.stdout
    return done.stdout.partition("= FAILURES =")[2].partition("short test summary")[0]


def test_a_broken_fake_is_told_in_a_few_lines(said):
    assert len(said.splitlines()) < 40
    assert said.count("TypeError") == 1
    place = r'fake\.py:\d+, in _me: return web\.json_response\({"id": "bridge" \+ 1}\)\n'
    assert len(re.findall(place, said)) == 1
    assert "secret" not in said  # the token


def test_that_no_login_connects_is_said_first(said):
    first = next(line for line in said.splitlines() if line.startswith("E "))
    assert "Broken: No login connects (ClientResponseError: 500, " in first
    assert "This never happens: 'is anybody there? 1' is seen on Matrix" in first


def test_whom_a_change_of_membership_is_about_is_told():
    kicked = on_matrix("@alice:a.b", "m.room.member", {"membership": "leave"}, "@net_carol:a.b")
    assert kicked == "on Matrix, @alice:a.b: m.room.member 'leave' of @net_carol:a.b"
    gone = on_matrix("@alice:a.b", "m.room.member", {"membership": "leave"}, "@alice:a.b")
    assert gone == "on Matrix, @alice:a.b: m.room.member 'leave'"


def test_what_a_fake_dates_by_another_clock_is_told_to_be_too_old():
    story = story_of(contract(fake=Dated))
    assert "its time (`at`) is more than 90 days ago" in story
    getattr(contract(fake=WellDated), NAME)()


def test_outside_of_the_contract_now_is_now():
    assert abs((now() - datetime.now(UTC)).total_seconds()) < 60


def test_an_id_that_a_fake_gives_twice_is_said():
    with pytest.raises(Broken, match="The fake gave the ID m1 twice"):
        getattr(contract(fake=Forgetful), NAME)()


def test_a_story_tells_what_is_acknowledged_and_what_is_dropped():
    told = []

    class Told(contract_class()):
        @scenario()
        async def test_it(self, stage):
            await stage.says("an echo, please")
            await stage.heard("an echo, please")
            await stage.quiet()
            told.extend(stage.story.lines)

    Told().test_it()
    mine = [place for place, line in enumerate(told) if "an echo, please" in line]
    after = "\n".join(told[mine[0] :])
    stored = after.index("it is stored: alice said 'an echo, please'")
    acknowledged = after.index("the bridge acknowledges: telling ")
    assert stored < acknowledged
    assert "the bridge drops it: It is our own message" in after


def test_the_client_of_a_stage_is_that_of_a_person_whoever_connected_last():
    chosen = []

    class Chosen(contract_class()):
        @scenario()
        async def test_it(self, stage):
            clients = stage.watch.clients
            bot = clients.pop("net:bot")
            clients["net:bot"] = bot  # connected last
            chosen.append(stage.client.me)

    Chosen().test_it()
    assert chosen == ["alice"]


def test_afterwards_everything_is_logged_as_before(caplog):
    before, handlers = structlog.get_config(), list(logging.root.handlers)
    story = Story(lambda: 0.0)
    with overheard(story):
        logging.getLogger("library").warning("careful")
        structlog.get_logger().error("broken", ref="BK-1")
        structlog.get_logger().error("broken", ref="BK-2")
    assert story.lines == ["     0.0 s  ! library: careful", "     0.0 s  ! broken"]
    assert structlog.get_config() == before
    assert logging.root.handlers == handlers
    assert not caplog.messages
    logging.getLogger("library").warning("careful")
    assert caplog.messages == ["careful"]
