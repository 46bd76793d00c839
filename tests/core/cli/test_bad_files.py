"""Files that are no YAML, empty, huge, binary, unreadable or open, and a homeserver that hangs.

Whatever a command is given: a finding with its id, or a sentence and an exit code; no traceback.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bridgekit.cli.exits import Exit
from bridgekit.configuration import yaml_source
from bridgekit.registration import reading
from tests.core.cli.conftest import Doctor, Run
from tests.core.cli.instead import served
from tests.core.cli.seen import found

NOBODY = 65534
BAD: dict[str, bytes] = {
    "no YAML": b"a: [",
    "a list": b"- 1\n- 2\n",
    "empty": b"",
    "huge": b"# x\n" * (3 << 20),
    "binary": b"\x89PNG\r\n\x1a\n\x00\xff\xfe",
    "nested": b"[" * 5000,
    "a bomb": b"a: &a [x]\n" + b"".join(b"b%d: &b%d [*a, *a]\n" % (n, n) for n in range(40)),
    "unreadable": b"id: x\n",
}


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Root may read everything; somebody else may not, who may enter and write this folder."""
    folder.chmod(0o777)
    for above in (folder.parent, folder.parent.parent):
        above.chmod(above.stat().st_mode | 0o011)
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture(params=sorted(BAD))
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "bad.yaml"
    path.write_bytes(BAD[request.param])
    path.chmod(0o000 if request.param == "unreadable" else 0o600)
    return path


def test_the_huge_file_is_larger_than_any_that_is_read() -> None:
    limits = (yaml_source.LARGEST, reading.LARGEST)
    assert len(BAD["huge"]) > max(limits)


COMMANDS: dict[str, tuple[Callable[[Path, Path], list[object]], set[str]]] = {
    "a registration": (
        lambda bad, _: ["registration", "check", bad],
        {"reg-unusable", "yaml-types"},
    ),
    "Synapse's configuration": (
        lambda bad, _: ["registration", "check", "--homeserver-config", bad],
        {"hs-config-unusable"},
    ),
    "the registration of a bridge": (
        lambda bad, config: ["doctor", "--offline", "-c", config, "--registration", bad],
        {"reg-unusable", "yaml-types"},
    ),
    "the configuration": (lambda bad, _: ["doctor", "--offline", "-c", bad], {"config-fault"}),
}


@pytest.mark.parametrize("what", sorted(COMMANDS))
def test_a_file_that_cannot_be_used_is_a_finding(
    bridgekit: Run, config: Path, bad: Path, what: str
) -> None:
    words, ids = COMMANDS[what]
    unreadable = bad.stat().st_mode & 0o777 == 0
    if unreadable and what == "the registration of a bridge":
        pytest.skip("who may read the configuration may read what lies beside it")
    if unreadable:
        with as_nobody(bad.parent):
            result = bridgekit(*words(bad, config), "--json")
    else:
        result = bridgekit(*words(bad, config), "--json")
    assert result.exit_code == Exit.FOUND, result.output
    assert "Traceback" not in result.output
    findings: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    named = [one for one in findings if one["severity"] == "error"]
    assert {one["id"] for one in named} <= ids
    assert named
    assert all(one["fix"] and one["why"] for one in named)


def test_answers_that_cannot_be_used_are_a_sentence(bridgekit: Run, bad: Path) -> None:
    words = ("init", "--answers", bad, "-c", bad.with_name("config.yaml"))
    if bad.stat().st_mode & 0o777 == 0:
        with as_nobody(bad.parent):
            result = bridgekit(*words)
    else:
        result = bridgekit(*words)
    assert result.exit_code == Exit.CONFIG, result.output
    assert "Traceback" not in result.output
    assert str(bad.name) in result.stderr


def test_a_folder_that_may_not_be_entered_is_a_sentence(bridgekit: Run, tmp_path: Path) -> None:
    shut, own = tmp_path / "shut", tmp_path / "own"
    shut.mkdir(mode=0o700)
    own.mkdir()
    with as_nobody(own):
        result = bridgekit("init", "--yes", "--domain", "example.org", "-c", shut / "config.yaml")
    if os.geteuid() == 0:
        assert result.exit_code == Exit.USAGE
        assert "Permission denied" in result.stderr


def hanging(path: str, end: asyncio.Event) -> web.Application:
    """Takes a request and does not answer it before the end; what is asked before is answered."""

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith(path):
            await end.wait()
        return web.json_response({"versions": ["v1.11"]})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    return app


@pytest.mark.parametrize(
    ("path", "id_"), [("/versions", "address-unreachable"), ("/whoami", "hs-strange")]
)
async def test_a_homeserver_that_hangs_is_a_finding(
    doctor: Doctor, connected: Path, monkeypatch: pytest.MonkeyPatch, path: str, id_: str
) -> None:
    monkeypatch.setattr("bridgekit.cli.asking.PATIENCE", 2.0)
    end = asyncio.Event()
    async with served(hanging(path, end), connected, "homeserver"):
        one = (await found(doctor))[id_]
        end.set()
    assert "no answer within" in one["text"]
    assert one["fix"]


async def test_a_page_in_place_of_the_homeserver_is_a_finding(
    doctor: Doctor, connected: Path
) -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Welcome</title>", content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", page)
    async with served(app, connected, "homeserver"):
        one = (await found(doctor))["address-wrong-server"]
    assert "not as a Matrix homeserver does (HTTP 200)" in one["text"]
