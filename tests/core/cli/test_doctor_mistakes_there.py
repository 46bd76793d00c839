"""What is wrong at the homeserver, and on the way from it, found by its id."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bridgekit.cli.doctor.homeserver import _addresses
from bridgekit.testing.homeserver import FakeHomeserver
from tests.core.cli.conftest import Doctor, registration, replace
from tests.core.cli.instead import answering, served
from tests.core.cli.seen import found, rewrite

JSON = dict[str, Any]
PING = "/_matrix/app/v1/ping"


def like_matrix(**answers: Any) -> web.Application:
    """A homeserver that answers some paths, and `M_UNRECOGNIZED` all others."""

    async def answer(request: web.Request) -> web.Response:
        name = request.path.rpartition("/")[2]
        said = answers.get(name)
        if callable(said):
            said = said(request)
        if isinstance(said, web.Response):
            return said
        if said is None:
            return web.json_response({"errcode": "M_UNRECOGNIZED"}, status=404)
        return web.json_response(said)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    return app


def refusing(status: int, errcode: str) -> web.Response:
    return web.json_response({"errcode": errcode, "error": "no"}, status=status)


VERSIONS = {"versions": ["v1.11"]}


@pytest.mark.parametrize(
    ("answers", "id_", "words"),
    [
        ({"versions": VERSIONS}, "address-is-worker", "Synapse's main listener"),
        (
            {"versions": VERSIONS, "whoami": lambda _: refusing(403, "M_FORBIDDEN")},
            "conduit-family",
            "admin room",
        ),
        (
            {"versions": VERSIONS, "whoami": lambda _: refusing(403, "M_RESOURCE_LIMIT_EXCEEDED")},
            "mau-limit",
            "max_mau_value",
        ),
        (
            {"versions": VERSIONS, "whoami": {"user_id": "@bridgebot:matrix.example.org"}},
            "domain-not-server-name",
            "Write homeserver.domain: matrix.example.org",
        ),
        (
            {"versions": VERSIONS, "whoami": lambda _: web.Response(text="<html>", status=502)},
            "hs-strange",
            "homeserver's log",
        ),
        (
            {
                "versions": lambda _: web.Response(
                    status=302, headers={"Location": "https://m.example.org/_matrix/client/x"}
                )
            },
            "address-wrong-server",
            "Write homeserver.url: https://m.example.org",
        ),
        (
            {"client": {"m.homeserver": {"base_url": "https://hs.example.org/"}}},
            "address-wrong-server",
            "write https://hs.example.org",
        ),
        (
            {"versions": lambda _: web.Response(body=b"x" * 3_000_000)},
            "address-wrong-server",
            "API",
        ),
    ],
)
async def test_what_answers_in_place_of_the_homeserver_is_told_apart(
    doctor: Doctor, connected: Path, answers: JSON, id_: str, words: str
) -> None:
    async with served(like_matrix(**answers), connected, "homeserver"):
        seen = await found(doctor)
    assert id_ in seen, seen
    assert words in f"{seen[id_]['fix']} {seen[id_]['text']}"


async def test_a_worker_without_the_registration_is_found_by_asking_often(
    doctor: Doctor, connected: Path
) -> None:
    asked: list[int] = []

    def whoami(_request: web.Request) -> web.Response:
        asked.append(1)
        if len(asked) % 3 == 0:
            return refusing(401, "M_UNKNOWN_TOKEN")
        return web.json_response({"user_id": "@bridgebot:example.org"})

    async with served(like_matrix(versions=VERSIONS, whoami=whoami), connected, "homeserver"):
        seen = await found(doctor)
    assert "in 7 of 10 answers" in seen["worker-lacks-list"]["text"]


async def test_names_that_the_homeserver_does_not_lend_are_said(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    narrow = {"users": [{"exclusive": True, "regex": "@tower_[a-z]+:example.org"}]}
    homeserver.load_registration(registration(connected, namespaces=narrow))
    seen = await found(doctor)
    assert "does not claim @tower_=5b_some" in seen["template-outside-namespace"]["text"]


async def test_a_bot_that_was_somebody_before_is_said(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, empty_database: str
) -> None:
    replace(connected, "sqlite:///bridgekit.db", empty_database)
    homeserver.load_registration(registration(connected))
    robot = homeserver.person("bridgebot")
    await robot.request("PUT", f"/profile/{robot.user_id}/displayname", {"displayname": "Robert"})
    seen = await found(doctor)
    assert "is Robert already" in seen["name-taken"]["text"], (await doctor()).stdout


@pytest.mark.parametrize(
    ("changes", "id_"),
    [
        ({"url": None}, "hs-url-null"),
        ({"id": "other"}, "hs-id-unknown"),
        ({"hs_token": "other"}, "hs-token-refused"),
        ({"url": "http://127.0.0.1:9"}, "hs-cannot-connect"),
    ],
)
async def test_a_way_back_that_is_closed_has_an_id(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, changes: JSON, id_: str
) -> None:
    homeserver.load_registration(registration(connected, **changes))
    assert id_ in await found(doctor)


async def test_who_answers_in_place_of_the_bridge_is_told_apart(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected, url=homeserver.url))
    one = (await found(doctor))["url-wrong-target"]
    assert "Correct host and port of appservice.url" in one["fix"]


async def test_a_homeserver_that_was_backing_off_is_said(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    homeserver.fail("POST", "/ping", status=502, errcode="M_BAD_STATUS")
    assert "at the second try only" in (await found(doctor))["hs-backoff"]["text"]


@pytest.mark.parametrize(
    ("app", "id_"),
    [
        (answering(PING, 403), "listening-other-token"),
        (answering("/elsewhere", 200), "address-taken"),
    ],
)
async def test_another_program_on_our_address_has_an_id(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path, app: web.Application, id_: str
) -> None:
    homeserver.load_registration(registration(connected))
    async with served(app, connected, "bridge"):
        assert id_ in await found(doctor)


async def test_an_administrator_without_an_account_and_a_clock_that_is_wrong(
    doctor: Doctor, connected: Path, monkeypatch: pytest.MonkeyPatch, homeserver: FakeHomeserver
) -> None:
    homeserver.load_registration(registration(connected))
    replace(connected, "@you:example.org", "@me:example.org")
    seen = await found(doctor)
    assert "@me:example.org, an administrator, has no account" in seen["admin-unknown"]["text"]
    assert "clock-skew" not in seen

    monkeypatch.setattr("bridgekit.cli.doctor.surroundings._now", lambda: 4e9)
    assert "ahead of the homeserver's" in (await found(doctor))["clock-skew"]["text"]


async def test_a_name_of_which_one_address_is_dead_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def two(*_where: Any, **_how: Any) -> list[Any]:
        return [(0, 0, 0, "", ("::1", 1)), (0, 0, 0, "", ("127.0.0.1", 1))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", two)
    monkeypatch.setattr(
        "bridgekit.cli.doctor.homeserver._answers",
        lambda address, _port: asyncio.sleep(0, "." in address),
    )
    one = await _addresses("http://localhost:8008")
    assert one is not None
    assert (one.id, one.fix) == ("localhost-ipv6", "Write http://127.0.0.1:8008")


@pytest.mark.usefixtures("world")
async def test_the_public_address_is_asked_as_the_world_would(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    public, own = "https://bridge.example.org", registration(connected)["url"]
    for there, right in ((own, True), (homeserver.url, False), ("http://127.0.0.1:9", False)):
        replace(connected, f"public_url: {public}", f"public_url: {there}")
        public = there
        assert ("public-url" not in await found(doctor)) == right, there


async def test_a_homeserver_that_is_down_has_an_id(
    doctor: Doctor, homeserver: FakeHomeserver
) -> None:
    await homeserver.stop()
    assert "address-unreachable" in await found(doctor)
    await homeserver.start()


async def test_rooms_that_the_bot_cannot_read_are_named(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected))
    bot = homeserver.person("bridgebot")
    await bot.create_room()
    assert "1 room of the bot: none is encrypted." in (await doctor()).stdout
    room = await bot.create_room(encrypted=True)
    one = (await found(doctor))["encrypted-room-no-e2ee"]
    assert one["text"] == f"1 room is encrypted: {room}."
    assert "without encryption" in one["fix"]


async def test_the_rest_has_ids_too(
    doctor: Doctor, homeserver: FakeHomeserver, connected: Path
) -> None:
    homeserver.load_registration(registration(connected, sender_localpart="other"))
    assert "other-bot" in await found(doctor)
    homeserver.load_registration(registration(connected))
    homeserver.fail("POST", "/ping", status=404, errcode="M_UNRECOGNIZED")
    rewrite(connected, lambda text: f'{text}\nrooms: {{version: "99x"}}\n')
    connected.with_name("registration.yaml").rename(connected.with_name("elsewhere.yaml"))
    replace(connected, "  public_url: https://bridge.example.org\n", "")
    replace(connected, "host: high", "host: crash")
    seen = await found(doctor)
    assert set(seen) == {
        "dendrite-limits",
        "room-version",
        "not-compared",
        "no-public-url",
        "check-failed",
    }


async def test_a_homeserver_that_answers_pings_and_sends_no_events_is_found(
    doctor: Doctor,
    homeserver: FakeHomeserver,
    connected: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    homeserver.load_registration(registration(connected))
    assert "Events arrive from the homeserver." in (await doctor("--events")).stdout
    assert homeserver.delivered() == []
    (room,) = homeserver.world.rooms.values()
    assert room.membership("@bridgebot:example.org") == "leave"
    monkeypatch.setattr("bridgekit.cli.doctor.events.PATIENCE", 0.3)
    homeserver.hold()
    seen = await found(doctor, "--events")
    assert "notify_appservices_from_worker" in seen["hs-pusher-dead"]["fix"]
