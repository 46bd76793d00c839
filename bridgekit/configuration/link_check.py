"""What is wrong with the `links` of a network: a chat named twice, or one that cannot be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from bridgekit.adapter import Adapter
from bridgekit.adapter_supports import SupportsNames
from bridgekit.configuration.faults import Faults
from bridgekit.configuration.settings import ChatLink
from bridgekit.configuration.yaml_source import Where
from bridgekit.hosting import Host
from bridgekit.ids import ChatID, NetworkName


class _NoHost:
    """Stands where a running bridge would be: a check must not need one."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"a check has no bridge to ask for {name!r}")


def unconnected(adapter: type[Adapter[Any]], config: Any) -> Adapter[Any]:
    """The adapter with no bridge around it, which can be asked what needs none."""
    return adapter(config, cast("Host", _NoHost()))


def chat_of(adapter: Adapter[Any], link: ChatLink) -> ChatID | None:
    """The chat that a link names, as its network tells chats apart; None: there is none such."""
    if not isinstance(adapter, SupportsNames):
        return ChatID(link.chat)
    found = adapter.chat_named(link.chat)
    return None if found is None else found.id


def check_links(
    adapter: type[Adapter[Any]],
    config: Any,
    links: Sequence[ChatLink],
    where: Where,
    faults: Faults,
) -> None:
    """A chat has one room, though a room may have several chats."""
    if not links or not issubclass(adapter, SupportsNames):
        return
    try:
        asked = unconnected(adapter, config)
        chats = [chat_of(asked, link) for link in links]
    except Exception:  # noqa: BLE001 (an adapter's own failure, which `doctor` and the start report)
        return
    seen: dict[ChatID, int] = {}
    for index, (link, chat) in enumerate(zip(links, chats, strict=True)):
        at = (*where, index, "chat")
        if chat is None:
            faults.add(
                at, f"is no chat that {adapter.manifest.title} can have; {_spell(asked, link)}"
            )
        elif chat in seen and links[seen[chat]].chat != link.chat:
            first = f"links[{seen[chat]}]"
            faults.add(at, f"is the same chat to its network as that of {first}; remove one")
        elif chat is not None:
            seen.setdefault(chat, index)


def _spell(adapter: Adapter[Any], link: ChatLink) -> str:
    meant = whole(adapter, link)
    if meant is not None:
        return f"did you mean {json.dumps(meant, ensure_ascii=False)}? Keep the quotes"
    return "write it as its network does"


def whole(adapter: Adapter[Any], link: ChatLink) -> str | None:
    """The chat with a # before it, where that makes one that its network can have."""
    meant = link.model_copy(update={"chat": f"#{link.chat}"})
    return None if chat_of(adapter, meant) is None else meant.chat


def check_repeated(links: Any, where: Where, faults: Faults) -> None:
    """The same text twice needs no adapter to be seen."""
    seen: dict[str, int] = {}
    for index, chat in _chats(links):
        if chat in seen:
            first = f"links[{seen[chat]}]"
            faults.add((*where, index, "chat"), f"is linked by {first} already; remove one")
        seen.setdefault(chat, index)


def _chats(links: Any) -> Iterator[tuple[int, str]]:
    for index, link in enumerate(links if isinstance(links, list) else ()):
        if isinstance(link, dict) and isinstance(link.get("chat"), str | int):
            yield index, str(link["chat"])


def unconfirmed(
    links: Mapping[NetworkName, Sequence[ChatLink]],
) -> Iterator[tuple[str, list[tuple[NetworkName, ChatLink]]]]:
    """The rooms that several links name, unless each of them says that it is `shared`."""
    by_room: dict[str, list[tuple[NetworkName, ChatLink]]] = {}
    for name, of_network in links.items():
        for link in of_network:
            if link.room is not None:
                by_room.setdefault(link.room, []).append((name, link))
    for room, found in by_room.items():
        if len(found) > 1 and not all(link.shared for _, link in found):
            yield room, found
