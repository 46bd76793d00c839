"""Bare requests of `doctor` to a homeserver: here the exact answer matters, status and error code.

No redirect is followed: a token must go nowhere else.
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout

from bridgekit.configuration.config import Config

PATIENCE = 20.0
OK, REDIRECTED, BAD_REQUEST = 200, 300, 400
_LARGEST = 1 << 20  # bytes of an answer
_SHOWN = 500
UNTRUSTED, NO_TLS = "its certificate is not trusted here", "what listens there speaks no TLS"
_PLAIN = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")


@dataclass(frozen=True, slots=True)
class Answer:
    """`content` None: it was no JSON object. `status` 0: no answer came, and `why` says why."""

    status: int
    content: Mapping[str, Any] | None
    why: str = ""
    headers: Mapping[str, str] | None = None  # capitals do not matter
    text: str = ""  # how it begins

    def get(self, key: str) -> str:
        return str((self.content or {}).get(key, ""))

    def header(self, name: str) -> str:
        return (self.headers or {}).get(name, "")

    def moved_to(self, url: str) -> str:
        """The homeserver that `url` sends everybody on to; "" if that is just some page."""
        there, found, _ = urljoin(f"{url}/", self.header("Location")).partition("/_matrix/")
        return there if self.redirected and found and there != url else ""

    @property
    def redirected(self) -> bool:
        return REDIRECTED <= self.status < BAD_REQUEST

    def __str__(self) -> str:
        said = [f"HTTP {self.status}", self.get("errcode"), self.get("error")]
        return self.why or ", ".join(filter(None, said))


@dataclass(frozen=True, slots=True)
class Asking:
    """Requests to the homeserver, as the application service or as nobody."""

    config: Config
    session: ClientSession

    async def __call__(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        token: str | None = None,
    ) -> Answer:
        own = self.config.appservice.as_tokens if token is None else (token,)
        headers = {"Authorization": f"Bearer {own[0]}"}
        answer = await self.as_nobody(method, path, content, headers)
        if len(own) > 1 and answer.get("errcode") == "M_UNKNOWN_TOKEN":
            # As the bridge does: while the token is being changed, either is right.
            return await self(method, path, content, own[1])
        return answer

    async def as_bot(
        self, method: str, path: str, content: Mapping[str, Any] | None = None
    ) -> Answer:
        """As the bot, which may be another user than the registration's sender."""
        bot = quote(self.config.namespaces.bot_mxid, safe="")
        return await self(method, f"{path}?user_id={bot}", content)

    async def rooms_of_bot(self) -> list[str] | None:
        """The rooms that the bot is in; None: the homeserver does not say."""
        answer = await self.as_bot("GET", "v3/joined_rooms")
        rooms = (answer.content or {}).get("joined_rooms")
        return [*map(str, rooms)] if answer.status == OK and isinstance(rooms, list) else None

    async def whoami(self, user: str | None = None, token: str | None = None) -> Answer:
        """Who the homeserver takes us for; as `user`, whether we may be that one."""
        asked = "" if user is None else f"?user_id={quote(user, safe='')}"
        return await self("GET", f"v3/account/whoami{asked}", token=token)

    async def as_nobody(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        return await self.at(f"/_matrix/client/{path}", method, content, headers)

    async def at(
        self,
        path: str,
        method: str = "GET",
        content: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any path of the homeserver's."""
        url = f"{self.config.homeserver.url}{path}"
        return await fetched(self.session, url, method, content, headers)


async def program(session: ClientSession, url: str) -> tuple[str, str]:
    """The name and the version that a homeserver gives itself; "" where it does not say."""
    about = (await fetched(session, f"{url}/_matrix/federation/v1/version")).content or {}
    server = about.get("server")
    said = server if isinstance(server, dict) else {}
    return str(said.get("name", "")), str(said.get("version", ""))


async def fetched(
    session: ClientSession,
    url: str,
    method: str = "GET",
    content: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    named: str | None = None,
) -> Answer:
    """The answer of any server; it never raises. `named`: whose certificate it should have."""
    name = named and named.partition(":")[0]
    try:
        async with session.request(
            *(method, url),
            json=content,
            headers=headers,
            allow_redirects=False,
            server_hostname=name,
        ) as response:
            body = await _beginning(response.content)
    except TimeoutError:
        return Answer(0, None, f"no answer within {PATIENCE:.0f} s")
    except ClientConnectorError as error:
        return Answer(0, None, _cause(error.os_error))
    except (ClientError, OSError, ValueError) as error:
        return Answer(0, None, str(error) or type(error).__name__)
    text = body[:_SHOWN].decode("utf-8", "replace")
    return Answer(response.status, _object(body), headers=response.headers, text=text)


async def _beginning(stream: Any) -> bytes:
    """What is longer than any answer should be is no answer."""
    body = bytearray()
    async for piece in stream.iter_any():
        body += piece
        if len(body) > _LARGEST:
            break
    return bytes(body)


def patient() -> ClientSession:
    return ClientSession(timeout=ClientTimeout(total=PATIENCE))


def _cause(error: OSError) -> str:
    """A refused connection's own text is asyncio's; a name's is the resolver's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{UNTRUSTED} ({error.verify_message})"
    if isinstance(error, ssl.SSLError):  # whose number is none of the system's
        return NO_TLS if error.reason in _PLAIN else f"no TLS comes about ({error.reason})"
    number = error.errno or 0
    return os.strerror(number) if number > 0 else error.strerror or str(error)


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
