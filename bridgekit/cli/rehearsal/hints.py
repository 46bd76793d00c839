"""What a fake network takes for an answer, told to whoever signs in to it in a rehearsal.

Nobody has an account there: what `FakeNetwork.signing_in` answers, only its author knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from bridgekit.adapter import Adapter, Field
from bridgekit.adapter_supports import LoginFlow, SupportsLogin
from bridgekit.testing.contract import FakeNetwork


def hinted(
    adapter: type[Adapter[Any]], network: FakeNetwork, tell: Callable[[str], None]
) -> type[Adapter[Any]]:
    """The same adapter; whatever it asks a person, `tell` says what they could answer."""
    if not (issubclass(adapter, SupportsLogin) and network.has("signing_in")):
        return adapter

    class Hinted(adapter):  # type: ignore[valid-type, misc]  # the author's class
        async def login(self, flow: LoginFlow) -> Mapping[str, str]:
            hints = flow if flow.relay else _Hints(flow, network.signing_in(), tell)
            given: Mapping[str, str] = await super().login(hints)
            return given

    Hinted.__name__, Hinted.__module__ = adapter.__name__, adapter.__module__
    return Hinted


class _Hints:
    """A `LoginFlow`; `person` is somebody of the fake's who could sign in."""

    def __init__(self, flow: LoginFlow, person: LoginFlow, tell: Callable[[str], None]) -> None:
        self._flow, self._person, self._tell = flow, person, tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._flow, name)

    async def ask(self, *fields: Field) -> Mapping[str, str]:
        with suppress(NotImplementedError, KeyError):  # a fake whose person is never asked that
            answers = await self._person.ask(*fields)
            for field in fields:
                if answer := answers.get(field.name):
                    self._tell(f"This network takes as {field.name}: /bot {answer}")
        return await self._flow.ask(*fields)
