"""The contract: how a person signs in, where that is more than filling in a form."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from bridgekit.adapter import Adapter, Login
from bridgekit.adapter_supports import LoginFlow, SupportsLogin
from bridgekit.errors import LoginError
from bridgekit.events import MatrixEvent, Message
from bridgekit.facts import Profile
from bridgekit.ids import LoginID
from bridgekit.richtext import from_plain
from bridgekit.testing.contract.asking import chat_of_stage
from bridgekit.testing.contract.connecting import nothing_but
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import NETWORK, Stage
from bridgekit.testing.contract.story import Broken

_LOGIN = LoginID("net:carol")


class Unanswered:
    """A person who looks at what they are shown, and does nothing."""

    callback_url = "http://127.0.0.1/callback"
    state = "state"
    relay = False

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def ask(self, *_: object) -> Mapping[str, str]:
        return await self._wait()

    async def show(self, *_: object, **__: object) -> None:
        self.asked.set()

    async def redirect(self, _: str) -> Mapping[str, str]:
        return await self._wait()

    async def _wait(self) -> Mapping[str, str]:
        self.asked.set()
        await asyncio.Event().wait()  # until the sign-in is cancelled
        return {}


class SigningIn:
    """`SupportsLogin`, without the conversation that the core puts around it."""

    @scenario(SupportsLogin, "signing_in")
    async def test_who_signs_in_speaks_with_what_that_gave(self, stage: Stage) -> None:
        """Who signs in is connected with what the sign-in gave, and nothing else."""
        credentials = await _signed_in(stage, stage.network.signing_in())
        odd = [name for name, value in credentials.items() if not isinstance(value, str)]
        if odd or not credentials:
            raise Broken(f"Credentials are kept as text; {odd or 'nothing'} cannot be.")
        login = Login(_LOGIN, "Carol", credentials, relay=False)
        text = Message(from_plain("it is me"))
        event = MatrixEvent(chat_of_stage(stage), text, "txn", Profile("Carol"), relayed=False)
        try:
            async with _adapter(stage).connect(login) as client:
                await client.send(event)
        except LoginError as error:
            raise Broken(f"What the sign-in gave is refused: {error}") from error
        await stage.heard("it is me")

    @scenario(SupportsLogin, "signing_in", "refuse")
    async def test_who_may_not_sign_in_is_told_why(self, stage: Stage) -> None:
        """A sign-in that the network refuses is a `LoginError` with a sentence."""
        await stage.network.refuse()
        try:
            credentials = await _signed_in(stage, stage.network.signing_in())
            login = Login(_LOGIN, "Carol", credentials, relay=False)
            async with _adapter(stage).connect(login):
                pass
        except LoginError as error:
            if " " not in str(error):
                raise Broken(f"The person reads why: {str(error)!r} is no sentence.") from error
        except Exception as error:
            raise Broken(f"It raised {error!r}, which is to be a `LoginError`.") from error
        else:
            raise Broken("Neither `login` nor `connect` raised a `LoginError`.")

    @scenario(SupportsLogin, "signing_in", sockets=True)
    async def test_a_sign_in_that_is_given_up_leaves_nothing_behind(self, stage: Stage) -> None:
        """A sign-in that is given up leaves no task, no socket and no thread behind."""
        await stage.quiet()
        before, nobody = stage.belongings.now(), Unanswered()
        signing_in = stage.belongings.begin(_sign_in(stage, nobody, []))
        await stage.until(nobody.asked.is_set, "the person is asked or shown something")
        signing_in.cancel()
        await asyncio.gather(signing_in, return_exceptions=True)
        await nothing_but(before, stage, "somebody was signing in")


async def _signed_in(stage: Stage, flow: LoginFlow) -> Mapping[str, str]:
    """What a sign-in gives, which must not take for ever."""
    given: list[Mapping[str, str]] = []
    signing_in = stage.belongings.begin(_sign_in(stage, flow, given))
    await stage.until(signing_in.done, "the sign-in ends")
    await signing_in  # raises what it raised
    return given[0]


async def _sign_in(stage: Stage, flow: LoginFlow, given: list[Mapping[str, str]]) -> None:
    adapter: Any = _adapter(stage)
    given.append(await adapter.login(flow))


def _adapter(stage: Stage) -> Adapter[Any]:
    """The one that the bridge has."""
    parts = stage.bridge.parts
    network = None if parts is None else parts.networks.get(NETWORK)
    assert network is not None  # noqa: S101 (both sides have spoken)
    return network.adapter
