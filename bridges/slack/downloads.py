"""Files from Slack: with the token from Slack itself, without it from anywhere else.

A token that is refused gets a login page with status 200, which must never pass for the file.
"""

from collections.abc import AsyncIterator

from aiohttp import ClientResponse, ClientSession
from yarl import URL

from bridgekit import Attachment, Host, Rejected, RetryLater

_PIECE = 1 << 16
_LARGEST_PICTURE = 20 << 20  # bytes, of what is not Slack's own
_HTML = "text/html"


class Downloads:
    """`home` is where the API is: what lies there, or at Slack, gets the token."""

    def __init__(self, token: str, http: ClientSession, home: str, host: Host) -> None:
        self._token, self._http, self._host = token, http, host
        self._home = URL(home).origin()

    async def pieces(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """Raises `Rejected` where there is no such file for us, else what is worth another try."""
        url = URL(attachment.source)
        if not self._is_home(url):
            async for piece in self._host.fetch(attachment.source, limit=_LARGEST_PICTURE):
                yield piece
            return
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._http.get(url, headers=headers, allow_redirects=False) as response:
            _check(response, attachment)
            async for piece in response.content.iter_chunked(_PIECE):
                yield piece

    def _is_home(self, url: URL) -> bool:
        """Whether the token may be shown there."""
        if url.origin() == self._home:
            return True
        name = url.host or ""
        return url.scheme == "https" and (name == "slack.com" or name.endswith(".slack.com"))


def _check(response: ClientResponse, attachment: Attachment) -> None:
    status = response.status
    if status == 429:  # noqa: PLR2004 (of HTTP)
        raise RetryLater("Slack does not hand the file out just now")
    if status >= 500:  # noqa: PLR2004 (of HTTP)
        # Not `RetryLater`: a few tries, and what was said with the file waits no longer for it.
        raise ConnectionError("Slack fails to hand the file out")
    if status != 200:  # noqa: PLR2004 (of HTTP; a redirection leads to a login page)
        raise Rejected("Slack does not let the bridge have it; is the scope files:read missing?")
    if response.content_type == _HTML and attachment.mime != _HTML:
        raise Rejected("Slack answers with a login page; is the scope files:read missing?")
