"""What people type behind `bridgekit`: each word is taken, or refused in a sentence."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bridgekit.cli.app import app
from bridgekit.clock import SystemClock
from bridgekit.store.store import open_store
from tests.fuzz.effort import tries
from tests.fuzz.outside import TEXT

_CONFIG = """\
homeserver: {url: http://127.0.0.1:1, domain: example.org}
appservice: {url: http://localhost:29300, as_token: as-secret-token, hs_token: hs-secret-token}
database: sqlite:///FOLDER/bridge.db
permissions: {"@admin:example.org": admin}
networks: {libera: {adapter: irc, host: irc.example.org}}
"""
_COMMANDS = st.sampled_from(
    [
        *(["trace"], ["queue", "show"], ["queue", "retry"], ["queue", "drop"]),
        *(["queue", "aside"], ["queue", "replay"]),
        *(["queue", "list"], ["queue"], ["registration", "-o"], ["doctor", "--registration"], []),
    ]
)
# An argument of a process holds no NUL, and halves of characters only where bytes were no text.
_WORD = TEXT.map(lambda text: re.sub("[\0\ud800-\udfff]", "", text))
_WORDS = st.one_of(
    _WORD.map(lambda word: ["--", word]),
    _WORD.map(lambda word: [word]),
    st.sampled_from(["BK-7F3K2Q", "$event", "0", "-1"]).map(lambda word: ["--json", "--", word]),
    st.lists(_WORD | st.sampled_from(["--json", "--limit", "0", "-x", "--help"]), max_size=3),
)
_USAGE = 2
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f\x9b\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "config.yaml"
    path.write_text(_CONFIG.replace("FOLDER", str(tmp_path)))
    asyncio.run(_made(f"sqlite:///{tmp_path / 'bridge.db'}"))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield path
    # A command sets up the log of its process, which here is that of all tests.
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


async def _made(database: str) -> None:
    async with open_store(database, SystemClock()):
        pass


def _typed(*words: str) -> None:
    result = CliRunner().invoke(app, list(words), input="")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in (0, 1, 2, 3, 4, 5)
    assert "Traceback" not in result.output
    assert "secret-token" not in result.output
    # Of a wrong command line, typer repeats what was typed to whoever typed it.
    assert result.exit_code == _USAGE or not _STEERING.search(result.output)


@tries(30)
@given(command=_COMMANDS, words=_WORDS)
def test_any_words_behind_a_command_are_taken_or_refused_in_a_sentence(
    config: Path, command: list[str], words: list[str]
) -> None:
    where = ["-c", str(config)] if command and command[0] in ("trace", "queue", "doctor") else []
    _typed(*command, *where, *words)


@tries(15)
@given(
    domain=st.just("example.org") | _WORD,
    network=st.just("irc=irc") | _WORD,
    values=st.lists(_WORD | st.builds("{}={}".format, _WORD, _WORD), max_size=2),
)
def test_any_answers_to_init_make_a_configuration_or_a_sentence(
    config: Path, domain: str, network: str, values: list[str]
) -> None:
    path = config.with_name("new.yaml")
    for written in (path, path.with_name("registration.yaml")):
        written.unlink(missing_ok=True)
    settings = [word for value in values for word in ("--set", value)]
    host = ["--set", "networks.irc.host=irc.example.org"]
    _typed(
        *("init", "--yes", "-c", str(path), "--domain", domain, "--network", network),
        *(host if network == "irc=irc" else []),
        *settings,
    )
