"""The contract: what an adapter answers when it is asked about people and chats."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bridgekit.adapter_supports import Severity, SupportsDoctor, SupportsNames
from bridgekit.configuration.link_check import unconnected
from bridgekit.configuration.plugins import abilities, supports
from bridgekit.configuration.undeclared import undeclared
from bridgekit.errors import Rejected
from bridgekit.facts import ChatInfo
from bridgekit.ids import RemoteUserID
from bridgekit.namespaces import RemoteUser
from bridgekit.stand_in_host import with_no_bridge
from bridgekit.supports import (
    SupportsChatList,
    SupportsContacts,
    SupportsConvert,
    SupportsCreate,
    SupportsMembers,
    SupportsPlace,
)
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import NETWORK, Stage
from bridgekit.testing.contract.story import Broken

A = TypeVar("A")
T = TypeVar("T")


class Asking:
    """Look-ups: asked directly, as the core asks them."""

    @scenario()
    async def test_what_is_known_of_the_chat_and_of_people_is_answered(self, stage: Stage) -> None:
        """The chat, and people of it, are known by what they are called, each by their own."""
        bob, carol = await _who(stage, "bob"), await _who(stage, stage.other)
        client: object = stage.client
        if isinstance(client, SupportsPlace) and not isinstance(client.place, str):
            raise Broken(f"`place` is no text: {client.place!r}.")
        chat = stage.chat.id
        info = await _answer("chat_info", chat, stage.client.chat_info)
        if info.id not in (None, chat):
            raise Broken(f"`chat_info` was asked for {chat}, and has {info}.")
        _all_listed(info, {bob, carol, stage.watch.me() or bob})
        people = [await _answer("user_info", one, stage.client.user_info) for one in (bob, carol)]
        for asked, found in zip((bob, carol), people, strict=True):
            if found.id not in (None, asked):
                raise Broken(f"`user_info` was asked for {asked}, and has {found}.")
        first, second = (one.name for one in people)
        if first is not None and first == second and bob != carol:
            raise Broken(f"To `user_info`, Bob ({bob}) and Carol ({carol}) are both {first!r}.")

    @scenario()
    async def test_whatever_a_client_can_do_is_declared(self, stage: Stage) -> None:
        """What the classes can do they declare, and `connect` is annotated to yield."""
        declared = supports(stage.adapter)
        if not declared.known:
            raise Lacking("`connect` is not annotated with the classes that it yields")
        for one in undeclared(stage.adapter):
            raise Broken(f"{one}.")
        for login, client in stage.watch.clients.items():
            more = abilities(type(client)) - {*declared.always, *declared.sometimes}
            if more:
                raise Broken(
                    f"The client of {login} has {sorted(more)}, which `bridgekit adapters` does "
                    "not list: annotate `connect` with its class, or with `A | B`."
                )

    @scenario(SupportsMembers)
    async def test_who_is_in_the_chat_is_among_its_members(self, stage: Stage) -> None:
        """The list of members has everybody once, the login itself too."""
        bob = await _bob(stage)
        client: Any = stage.client
        found = [one.user async for one in client.members(stage.chat.id)]
        missing = {bob, client.me} - set(found)
        if missing or len(found) != len(set(found)):
            raise Broken(f"Bob is {bob} and the login {client.me}; `members` has {found}.")

    @scenario(SupportsChatList)
    async def test_the_chat_is_among_those_that_a_login_is_in(self, stage: Stage) -> None:
        """The list of chats has each once, with its ID."""
        client: Any = stage.client
        found = [one.id async for one in client.chats()]
        chat = stage.chat.id
        if found.count(chat) != 1 or None in found:
            raise Broken(f"The login is in {chat}; `chats` has {found}.")

    @scenario(SupportsContacts)
    async def test_people_are_found(self, stage: Stage) -> None:
        """People are found by ID and by name, the same way each time; nobody else is."""
        bob = await _bob(stage)
        client: Any = stage.client
        first, second = await client.resolve(bob), await client.resolve(bob)
        own = stage.watch.me() is None  # the bridge's login, which has no private chats
        if first != second or not (first.private or own):
            raise Broken(f"The direct chat with {bob} is {first}, and then {second}.")
        name = (await client.user_info(bob)).name or bob
        people = [one.id async for one in client.search(name)]
        if bob not in people:
            raise Broken(f"{bob} is called {name!r}; by that, `search` finds {people}.")
        await _nobody(stage)

    @scenario(SupportsCreate)
    async def test_a_chat_can_be_made(self, stage: Stage) -> None:
        """A chat that is made is there, as it was asked for."""
        client: Any = stage.client
        chat = await client.create(ChatInfo(name="Tulips"), [await _bob(stage)])
        info = await client.chat_info(chat.id)
        if info.name != "Tulips" or chat.id == stage.chat.id:
            raise Broken(f"The chat {chat} was to be a new one called 'Tulips', and is {info}.")

    @scenario(SupportsConvert)
    async def test_what_is_stored_as_it_came_is_converted_the_same_each_time(
        self, stage: Stage
    ) -> None:
        """What is stored as it came becomes the same events, however often it is converted."""
        await stage.said("bob", "to be looked at")
        await stage.seen("to be looked at")
        if not stage.watch.raw:
            raise Lacking("nothing that people said was handed over as `Raw`")
        client: Any = stage.client
        raw = stage.watch.raw[-1]
        first, second = await client.convert(raw), await client.convert(raw)
        if list(first) != list(second) or not first:
            raise Broken(f"{raw.key} became {first}, and then {second}.")

    @scenario(SupportsNames, unprepared=True)
    async def test_names_lead_to_chats_and_people(self, stage: Stage) -> None:
        """Names that people write are understood without a connection."""
        adapter: Any = unconnected(stage.adapter, stage.network.settings)
        chat = adapter.chat_named(stage.network.chat)
        if chat is None or chat.private:
            raise Broken(f"{stage.network.chat!r} is to name a public chat, and is {chat}.")
        user = adapter.user_named("bob")
        private = None if user is None else adapter.private_chat(user)
        if private is None or not private.private:
            raise Broken(f"Bob is {user}, whose private chat is {private}.")

    @scenario(SupportsDoctor, "refuse", unprepared=True)
    async def test_the_check_finds_out_what_is_wrong(self, stage: Stage) -> None:
        """The check has no errors where all is well, and one where the login is refused."""
        errors = await _errors(stage)
        if errors:
            raise Broken(f"All is well, and the check says: {errors}.")
        await stage.network.refuse()
        if not await _errors(stage):
            raise Broken("The login is refused, and the check has no error.")


def _all_listed(info: ChatInfo, people: set[RemoteUserID]) -> None:
    """These are among the members, where members are given; the bridge's own login need not be."""
    if info.members is None:
        return
    listed = {one.user for one in info.members}
    missing = people - listed
    if missing:
        raise Broken(
            f"`chat_info` has the members {sorted(listed)}, and {sorted(missing)} are there, too: "
            "name all who are in the chat, or None where that is not known."
        )


async def _bob(stage: Stage) -> RemoteUserID:
    return await _who(stage, "bob")


async def _answer(method: str, asked: A, ask: Callable[[A], Awaitable[T]]) -> T:
    """What is answered; where that fails, the sentence says who was asked for what."""
    try:
        return await ask(asked)
    except Exception as error:
        raise Broken(f"`{method}` was asked for {asked}, and raised {error!r}.") from error


async def _who(stage: Stage, name: str) -> RemoteUserID:
    """Who this is to the adapter."""
    words = f"it is me, {name}"
    await stage.said(name, words)
    sender = (await stage.seen(words))["sender"]
    found = stage.rig.config.namespaces.remote_user(sender)
    if not isinstance(found, RemoteUser):
        raise Broken(f"{sender} is no ghost.")
    return found.user


async def _nobody(stage: Stage) -> None:
    nobody = stage.network.nobody
    if not nobody:
        return
    client: Any = stage.client
    try:
        found = await client.resolve(nobody)
    except Rejected:
        return
    raise Broken(f"There is nobody called {nobody!r}, and `resolve` has {found}: raise `Rejected`.")


async def _errors(stage: Stage) -> list[str]:
    url = stage.rig.config.appservice.public_url
    adapter: Any = with_no_bridge(stage.adapter, stage.network.settings, NETWORK, url)
    findings = [one async for one in adapter.check()]
    return [one.text for one in findings if one.severity is Severity.ERROR]
