"""The checks of `doctor` that ask the homeserver: is it there, and does it know us.

Whether it reaches us is in `callback.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote, urlsplit

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.bridge import database_url
from bridgekit.cli.asking import NO_TLS, OK, UNTRUSTED, Answer, Asking, patient
from bridgekit.cli.doctor.callback import both_directions
from bridgekit.cli.doctor.hairpin import hairpin, resolved
from bridgekit.configuration.config import Config
from bridgekit.configuration.paths import is_there
from bridgekit.configuration.registration import senders_of
from bridgekit.configuration.settings import SQLiteFile
from bridgekit.errors import DatabaseError
from bridgekit.ids import RemoteUserID
from bridgekit.introduction import no_such_version
from bridgekit.matrix.capabilities import room_versions
from bridgekit.mistakes.of_homeservers import (
    ADDRESS_IS_WORKER,
    ADDRESS_UNREACHABLE,
    ADDRESS_WRONG_SERVER,
    BOT_IS_SENDER,
    CONDUIT_FAMILY,
    DOMAIN_NOT_SERVER_NAME,
    HS_STRANGE,
    LOCALHOST_IPV6,
    MAU_LIMIT,
    NAME_TAKEN,
    NOT_RESTARTED,
    OTHER_BOT,
    ROOM_VERSION,
    TOKEN_UNKNOWN,
    WORKER_LACKS_LIST,
)
from bridgekit.mistakes.of_namespaces import TEMPLATE_OUTSIDE
from bridgekit.store.beside import reading
from bridgekit.store.migrations.schema import NEVER_USED

_TIMES = 10  # that a token is tried: a worker that does not know it answers some of them
_TLS = {
    NO_TLS: "Write http:// in place of https:// in homeserver.url, or name the port that has TLS.",
    UNTRUSTED: "Give the homeserver a certificate that this machine trusts, or add the one that "
    "signs it to this machine's (Debian: update-ca-certificates); on one machine, write http://",
}
_WORST = "[Some One]|名前=\\"


async def homeserver(
    config: Config, *, files_agree: bool = False, events: bool = False
) -> AsyncIterator[Finding]:
    """Most basic first; stops where nothing further can work.

    `files_agree`: the registration was compared with the configuration, and is right. `events`:
    see `both_directions`.
    """
    async with patient() as session:
        ask = Asking(config, session)
        async for finding in _there(ask):
            yield finding
            if finding.severity is Severity.ERROR:
                return
        finding = await _known(ask, files_agree=files_agree)
        yield finding
        if finding.severity is Severity.ERROR:
            return
        for further in (_name_taken, _claims, _rooms):
            if (found := await further(ask)) is not None:
                yield found
        async for finding in both_directions(ask, events=events):
            yield finding


async def _there(ask: Asking) -> AsyncIterator[Finding]:
    url = ask.config.homeserver.url
    answer = await ask.as_nobody("GET", "versions")  # Synapse refuses a wrong token here, too
    if answer.status == 0:
        if (inside := await hairpin(url)) is not None:
            yield inside
        fix = next((fix for why, fix in _TLS.items() if answer.why.startswith(why)), "")
        yield ADDRESS_UNREACHABLE.found(f"{url} cannot be reached: {answer}.", fix)
        return
    versions = (answer.content or {}).get("versions")
    if answer.status != OK or not isinstance(versions, list) or not versions:
        yield await _another_server(ask, answer)
        return
    if (unequal := await _addresses(url)) is not None:
        yield unequal
    yield Finding(Severity.OK, f"{url} answers, and speaks Matrix up to {versions[-1]}.")


async def _another_server(ask: Asking, answer: Answer) -> Finding:
    """What answers may at least say where the homeserver is."""
    url = ask.config.homeserver.url
    if there := answer.moved_to(url):
        said = f"{url} answers, but sends everybody on to {there}."
        return ADDRESS_WRONG_SERVER.found(said, f"Write homeserver.url: {there}")
    said = f"{url} answers, but not as a Matrix homeserver does ({answer})."
    known = await ask.at("/.well-known/matrix/client")
    named = (known.content or {}).get("m.homeserver")
    base = named.get("base_url") if isinstance(named, dict) else None
    if isinstance(base, str) and base.rstrip("/") != url:
        return ADDRESS_WRONG_SERVER.found(
            said, f"It names its homeserver: write {base.rstrip('/')}"
        )
    return ADDRESS_WRONG_SERVER.found(said)


async def _addresses(url: str) -> Finding | None:
    """Whether all addresses of its name answer; an address has but one."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    addresses = await resolved(url)
    if len(addresses) < 2:  # noqa: PLR2004 (several)
        return None
    dead = sorted([one for one in addresses if not await _answers(one, port)])
    if not dead or len(dead) == len(addresses):
        return None
    good = min(addresses - set(dead))
    shown = f"[{good}]" if ":" in good else good
    said = f"{host} is {', '.join(sorted(addresses))}, and nobody answers at {', '.join(dead)}."
    return LOCALHOST_IPV6.found(said, f"Write {url.replace(host, shown, 1)}")


async def _answers(address: str, port: int) -> bool:
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _known(ask: Asking, *, files_agree: bool) -> Finding:
    answers = [await ask.whoami()]
    if answers[0].status not in (0, 404):
        answers += [await ask.whoami() for _ in range(_TIMES - 1)]
    refused = [one for one in answers if one.get("errcode") == "M_UNKNOWN_TOKEN"]
    if refused and len(refused) < len(answers):
        said = f"The homeserver knew the token in {len(answers) - len(refused)} of {len(answers)}"
        return WORKER_LACKS_LIST.found(f"{said} answers.")
    if refused:
        return _unknown(files_agree=files_agree)
    return _identified(ask, answers[0])


def _unknown(*, files_agree: bool) -> Finding:
    said = "The homeserver does not know appservice.as_token"
    if files_agree:
        return NOT_RESTARTED.found(f"{said}, though the registration holds it.")
    return TOKEN_UNKNOWN.found(
        f"{said}: it does not load the registration, or the registration holds another token."
    )


def _identified(ask: Asking, answer: Answer) -> Finding:
    match answer.get("errcode"):
        case "M_UNRECOGNIZED":
            return ADDRESS_IS_WORKER.found()
        case "M_FORBIDDEN" | "M_NOT_FOUND":
            return CONDUIT_FAMILY.found(
                f"The homeserver knows the token, and no account for the bot ({answer})."
            )
        case "M_RESOURCE_LIMIT_EXCEEDED":
            return MAU_LIMIT.found()
    if answer.status != OK:
        return HS_STRANGE.found(f"The homeserver does not say who the bridge is ({answer}).")
    return _taken_for(ask, answer.get("user_id"))


def _taken_for(ask: Asking, user: str) -> Finding:
    config = ask.config
    domain = config.homeserver.domain
    senders = [f"@{one}:{domain}" for one in senders_of(config)]
    if user in senders:
        return Finding(Severity.OK, f"It knows the bridge as {user}.")
    said = f"The homeserver takes the bridge for {user}, the configuration says {senders[0]}."
    _, _, server_name = user.partition(":")
    if server_name != domain:
        fix = f"Write homeserver.domain: {server_name} and print the registration anew."
        return DOMAIN_NOT_SERVER_NAME.found(said, fix)
    old = config.encryption.on and user == config.namespaces.bot_mxid
    return (BOT_IS_SENDER if old else OTHER_BOT).found(said)


async def _name_taken(ask: Asking) -> Finding | None:
    """An account of the bot's name that is older than the bridge is somebody's."""
    bot = ask.config.namespaces.bot_mxid
    if not await _never_ran(ask.config):
        return None
    profile = await ask("GET", f"v3/profile/{quote(bot, safe='')}")
    named = profile.status == OK and profile.get("displayname")
    if not named or await ask.rooms_of_bot():
        return None  # nobody's, or this bridge's own without its database: see the database
    return NAME_TAKEN.found(
        f"{bot} is {profile.get('displayname')} already, though this bridge never ran.",
        "Choose another appservice.bot and print the registration anew, unless this account is the "
        "bridge's.",
    )


async def _never_ran(config: Config) -> bool:
    where = config.database
    if isinstance(where, SQLiteFile):
        return is_there(where.path) is False
    try:
        async with reading(database_url(config)):
            return False
    except DatabaseError as error:
        return NEVER_USED in str(error)


async def _claims(ask: Asking) -> Finding | None:
    """Whether the homeserver lets us be the users of each network: it says so of names unborn."""
    names = ask.config.namespaces
    for network in sorted(ask.config.networks):
        ghost = names.ghost(network, RemoteUserID(_WORST))
        answer = await ask.whoami(ghost)
        if "masquerade" in answer.get("error"):
            said = f"The homeserver's registration does not claim {ghost}."
            return TEMPLATE_OUTSIDE.found(said)
    return None


async def _rooms(ask: Asking) -> Finding | None:
    """Whether it makes rooms of the configured version; None: it does, or does not say."""
    wanted = ask.config.rooms.version
    if wanted is None:
        return None
    answer = await ask("GET", "v3/capabilities")
    known = room_versions(answer.content or {})
    if not known or wanted in known:
        return None
    what, _, fix = no_such_version(wanted, known).rpartition("; ")
    return ROOM_VERSION.found(what, fix)
