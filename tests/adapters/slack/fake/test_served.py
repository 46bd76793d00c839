"""The fake Slack in a process of its own, as an operator starts it to rehearse."""

from __future__ import annotations

import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from slack_sdk.web.async_client import AsyncWebClient

from bridgekit import ChatID, Severity
from bridges.slack.config import SlackConfig
from bridges.slack.doctor import Around, examine

pytestmark = pytest.mark.sqlite


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Process, dict[str, Any]]]:
    """The process, and what it says that belongs into a configuration."""
    program = (sys.executable, "-m", "bridges.slack.fake", "--port", "0")
    # As from a prompt: what a shell starts in the background hears no Ctrl-C.
    command = ("env", "--default-signal=INT", *program)
    process = await create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert process.stdout is not None
    try:
        said = ""
        while "Ctrl-C" not in said:
            line = (await process.stdout.readline()).decode()
            assert line, said
            said += line
        told = said[said.index("networks:") : said.index("With transport")]
        yield process, YAML(typ="safe").load(told)["networks"]["slack"]
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()


async def test_doctor_finds_nothing_wrong_with_what_it_says_to_configure() -> None:
    async with served() as (_, settings):
        links = [ChatID(one["chat"]) for one in settings.pop("links")]
        config = SlackConfig.model_validate(settings)
        found = [one async for one in examine(config, Around(time.time, links=links))]
    assert {one.severity for one in found} == {Severity.OK}


async def test_people_say_what_is_typed_and_what_the_bridge_posts_is_shown() -> None:
    async with served() as (process, settings):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"hello\ncarol: and so do I\n")
        bot = AsyncWebClient(settings["bot_token"], base_url=settings["api_url"])
        channel = settings["links"][0]["chat"].partition("/")[2]
        for line in ("bob: hello\n", "carol: and so do I\n"):
            assert (await process.stdout.readline()).decode() == line
        told = await bot.conversations_history(channel=channel)
        said = [(one["user"], one["text"]) for one in told["messages"]][::-1]
        assert said == [("U0BOB", "hello"), ("U0CAROL", "and so do I")]
        await bot.chat_postMessage(channel=channel, text="good day", username="Alice")
        assert (await process.stdout.readline()).decode() == "Alice: good day\n"
        person = AsyncWebClient("xoxp-fake", base_url=settings["api_url"])
        assert (await person.auth_test())["user"] == "carol"
    assert process.returncode == 0


async def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    lacking = "raise ModuleNotFoundError('No module named pytest', name='pytest')"
    (tmp_path / "pytest.py").write_text(lacking)
    paths = os.pathsep.join((str(tmp_path), *sys.path))
    process = await create_subprocess_exec(
        *(sys.executable, "-m", "bridges.slack.fake"),
        env={**os.environ, "PYTHONPATH": paths},
        cwd=tmp_path,
        stderr=PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().splitlines() == [
        "The fake Slack needs the extra `testing`: pip install 'matrix-bridgekit[testing]'"
    ]
