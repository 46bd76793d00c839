"""HTTP to a Bot API server, as `telegram.Bot` wants it: on aiohttp, with streamed files.

The bot object never learns its token, so no message or log line of the library can hold it: it is
added here, to the URL of each request, and nothing here puts a URL into an error.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
from pydantic import SecretStr
from telegram import Bot
from telegram.error import BadRequest, NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData

from bridgekit import Rejected

PIECE = 1 << 16
_HIDDEN = "0:hidden"  # in place of the token, for the library
_CONNECTING = 15.0  # seconds
_TOO_MANY = 429
_TOO_LARGE = 413
_REFUSED, _FAILED = 400, 500  # from here on it is the server that failed, who knows when
# To the library, which holds all others for failures; 408 is one: a proxy had no patience.
_KNOWN = frozenset({400, 401, 403, 404, 408, 409})
_LONGEST = 200  # characters of what a server says
# The last one: a proxy was asked for a tunnel, and made none.
_NO_CONNECTION = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
)
_RETRY_AFTER = re.compile(r"retry after (\d{1,9})")
_LONGEST_PAUSE = 86_400.0  # seconds; beyond that it is no pause any more


class GoneError(Rejected):
    """Nothing is where a file was said to be."""


class UnreachableError(NetworkError):
    """There was no connection: surely nothing was sent."""


class TooFastError(TelegramError):
    """429: surely not accepted; `after` is in seconds, None where Telegram names no time."""

    def __init__(self, after: float | None) -> None:
        super().__init__("Telegram asks for a pause")
        self.after = after


class Wire(BaseRequest):
    """All requests of one bot; a session of aiohttp that somebody else closes."""

    def __init__(
        self, http: aiohttp.ClientSession, api_url: str, token: SecretStr, timeout: float
    ) -> None:
        self._http, self._api_url, self._token = http, api_url, token
        self._timeout = timeout

    @property
    def read_timeout(self) -> float | None:
        return self._timeout

    async def initialize(self) -> None:
        """The session is there already."""

    async def shutdown(self) -> None:
        """Whoever made the session closes it."""

    def bot(self) -> Bot:
        """The library's view of the bot, over this wire."""
        return Bot(_HIDDEN, base_url="", base_file_url="", request=self, get_updates_request=self)

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """See `BaseRequest`. Always a POST, which aiohttp never makes a second time by itself."""
        del method, write_timeout, connect_timeout, pool_timeout
        patience = read_timeout if isinstance(read_timeout, int | float) else self._timeout
        limits = aiohttp.ClientTimeout(sock_connect=_CONNECTING, sock_read=patience)
        where = f"{self._api_url}/bot{self._token.get_secret_value()}/{url.rpartition('/')[2]}"
        try:
            async with self._http.post(
                where, data=_body(request_data), timeout=limits, allow_redirects=False
            ) as response:
                status, payload = response.status, await response.read()
        except _NO_CONNECTION as error:
            raise UnreachableError(f"Telegram cannot be reached ({type(error).__name__})") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NetworkError(f"Telegram did not answer ({type(error).__name__})") from None
        if status == _TOO_MANY:
            raise TooFastError(_pause(payload))
        if _REFUSED <= status < _FAILED and status not in _KNOWN:
            raise BadRequest(_refusal(status, payload))
        return status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The library's own writes to the log what it cannot read."""
        try:
            found = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise TelegramError("Telegram's answer is no JSON object")
        return found

    async def updates(self, offset: str | None, wait: float, kinds: list[str] | None) -> list[Any]:
        """`getUpdates`, as they come: one that the library cannot read must not hide the others.

        Without `kinds`, those that were asked for last.
        """
        asked: dict[str, Any] = {"timeout": int(wait), "limit": 100}
        if kinds is not None:
            asked["allowed_updates"] = json.dumps(kinds)
        if offset is not None:
            asked["offset"] = offset
        payload = await self.retrieve(
            f"/getUpdates?{urlencode(asked)}", read_timeout=wait + self._timeout
        )
        found = self.parse_json_payload(payload).get("result")
        if not isinstance(found, list):
            raise TelegramError("Telegram's answer holds no updates")
        return found

    @asynccontextmanager
    async def _opened(self, path: str) -> AsyncIterator[aiohttp.ClientResponse]:
        limits = aiohttp.ClientTimeout(sock_connect=_CONNECTING, sock_read=self._timeout)
        where = f"{self._api_url}/file/bot{self._token.get_secret_value()}/{path}"
        try:
            async with self._http.get(where, timeout=limits, allow_redirects=False) as response:
                yield response
        except aiohttp.ClientError as error:
            raise ConnectionError(f"The file broke off ({type(error).__name__})") from None

    async def file(self, path: str) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces. Raises `GoneError` if it is not there (any more)."""
        async with self._opened(path) as response:
            if response.status == _TOO_MANY or response.status >= _FAILED:
                raise ConnectionError(f"The file cannot be had just now ({response.status})")
            if response.status != 200:  # noqa: PLR2004 (OK)
                raise GoneError(f"Telegram does not have this file any more ({response.status})")
            async for piece in response.content.iter_chunked(PIECE):
                yield piece


async def local_file(path: str) -> AsyncIterator[bytes]:
    """A file that a Bot API server of one's own has put on this machine's disk."""
    try:
        file = await asyncio.to_thread(Path(path).open, "rb")
    except OSError as error:
        raise Rejected(
            "The bridge cannot read the files of the Bot API server"
            f" ({error.strerror}): let it, or set local_server: false"
        ) from None
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def _body(data: RequestData | None) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)  # Telegram shows what is quoted as it comes
    if data is None:
        return form
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in (data.multipart_data or {}).items():
        form.add_field(name, content, filename=_plain(filename), content_type=mime)
    return form


def _plain(filename: str) -> str:
    """Without what could end the header that it stands in."""
    return "".join(letter if letter.isprintable() else " " for letter in filename)


def _refusal(status: int, payload: bytes) -> str:
    """Often not Telegram's own answer, but that of a server before it."""
    if status == _TOO_LARGE:
        return "Request Entity Too Large"
    try:
        words = json.loads(payload).get("description")
    except (ValueError, AttributeError, RecursionError):
        words = None
    return words[:_LONGEST] if isinstance(words, str) else f"status {status}"


def _pause(payload: bytes) -> float | None:
    try:
        answer = json.loads(payload)
        after = answer.get("parameters", {}).get("retry_after")
        if not isinstance(after, int | float):
            found = _RETRY_AFTER.search(str(answer.get("description")))
            after = int(found[1]) if found else None
    except (ValueError, AttributeError, RecursionError):
        return None
    return None if after is None else min(max(float(after), 0.0), _LONGEST_PAUSE)
