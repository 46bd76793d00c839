"""The page that networks send people back to who sign in there.

It asks first whether they are who began: somebody else may have sent them his own link, and would
get their account. Nothing is taken for an answer but the button.
"""

from __future__ import annotations

from html import escape

from aiohttp import web

from bridgekit.sign_in.redirects import Awaited, Redirects
from bridgekit.web.answers import SAFE, plain

WELL = "Thank you. Go back to where you began to sign in; you may close this page."
NOBODY = "Nobody waits for this sign-in any more. Go back, and begin it again."
LONGEST = 8192  # characters of a query
_ASKING = SAFE | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# The form goes to this very address: what the network has put into its query comes with it.
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body{{max-width:40em;margin:2em auto;padding:0 1em;font-family:sans-serif}}</style>
<body>
<h1>Sign in to {title}</h1>
<p>Your account on {title} will be used by the bridge {whose}.</p>
<p>Go on only if you began this yourself. If somebody sent you here, close this page: they would
read and write with your account.</p>
<form method="post"><button>{button}</button></form>
"""


class SignInPage:
    """What comes back is shown to nobody, and written to no log."""

    def __init__(self, redirects: Redirects) -> None:
        self._redirects = redirects
        self.app = web.Application()
        self.app.router.add_get("", self._get)
        self.app.router.add_post("", self._post)

    async def _get(self, request: web.Request) -> web.Response:
        query = _query(request)
        awaited = None if query is None else self._redirects.awaited(query)
        if awaited is None:
            return _nobody(query)
        return web.Response(text=_asked(awaited), content_type="text/html", headers=_ASKING)

    async def _post(self, request: web.Request) -> web.Response:
        query = _query(request)
        if query is None or not self._redirects.came_back(query):
            return _nobody(query)
        return plain(200, WELL)


def _query(request: web.Request) -> dict[str, str] | None:
    """Of a name that is there twice, the first one counts; None: it is too long."""
    return None if len(request.query_string) > LONGEST else dict(request.query)


def _nobody(query: dict[str, str] | None) -> web.Response:
    return plain(414, "This address is too long.") if query is None else plain(410, NOBODY)


def _asked(awaited: Awaited) -> str:
    user = f"<b>{escape(awaited.user)}</b>"
    whose = f"itself, as {user} wants" if awaited.relay else f"for {user}"
    return _PAGE.format(title=escape(awaited.title), whose=whose, button="Yes, I began this")
