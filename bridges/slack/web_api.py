"""The Web API of Slack for one token, through slack-sdk, without its retries.

Those repeat a request whose answer was lost: a post would be there twice.
https://docs.slack.dev/apis/web-api
"""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiohttp import ClientConnectorError, ClientSession
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridgekit import RetryLater, Scope
from bridges.slack.fields import JSON, record, records, text
from bridges.slack.refusals import InDoubt, refused

_PAGE = 200  # what Slack recommends
_OK = 200  # of HTTP


class WebAPI:
    """`call` is any method; what Slack refuses is raised as what should happen next."""

    def __init__(self, token: str, http: ClientSession, api_url: str) -> None:
        self._web = AsyncWebClient(
            token=token or None, base_url=api_url, session=http, retry_handlers=[]
        )
        self.scopes: frozenset[str] = frozenset()
        """What the token may do, once something was answered."""
        self.date = ""
        """What time it was there when it was answered, as HTTP says it."""

    async def call(self, method: str, **arguments: Any) -> JSON:
        """The answer. Raises `Refusal`, `RetryLater`, `LoginError`, or `InDoubt` and others."""
        try:
            answer = await self._web.api_call(method, data=_form(arguments))
        except ClientConnectorError as error:
            raise RetryLater("Slack cannot be reached", scope=Scope.NETWORK) from error
        except SlackApiError as error:
            if isinstance(getattr(error.response, "status_code", None), int):
                self._note(error.response.headers)
            raise _meaning(method, error) from None  # its words are those of the whole answer
        except (ValueError, TypeError, AttributeError, RecursionError) as error:  # JSON, no object
            raise InDoubt(f"{method}: an answer that cannot be read") from error
        self._note(answer.headers)
        data = answer.data
        return data if isinstance(data, dict) else {}

    def _note(self, headers: Mapping[str, str]) -> None:
        granted = headers.get("x-oauth-scopes") or headers.get("X-OAuth-Scopes") or ""
        if granted:
            self.scopes = frozenset(scope.strip() for scope in granted.split(","))
        self.date = headers.get("Date", "")

    async def pages(self, method: str, key: str, **arguments: Any) -> AsyncIterator[JSON]:
        """Each object of a list that comes in pages."""
        cursor = ""
        while True:
            page = {"cursor": cursor} if cursor else {}
            answer = await self.call(method, **({"limit": _PAGE} | arguments | page))
            for one in records(answer, key):
                yield one
            cursor = text(record(answer, "response_metadata"), "next_cursor")
            if not cursor:
                return


def _form(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Every method takes a form, in which lists and objects are JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in arguments.items()
        if value is not None
    }


def _meaning(method: str, error: SlackApiError) -> Exception:
    response = error.response
    status = getattr(response, "status_code", None)
    if not isinstance(status, int):  # an answer that is no JSON at all
        return InDoubt(f"{method}: an answer that cannot be read")
    return refused(method, status, response.headers, response.data)
