"""The contract: what a message has beside its words, both ways: files, a target, a thread."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.events import Message
from bridgekit.facts import Attachment, AttachmentKind
from bridgekit.richtext import from_plain
from bridgekit.testing.contract.heard import acts, done
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.contract.targets import of_bob

_FILE, _CONTENT = "notes.txt", "the content"


class Attaching:
    """Where the network has it (`files`, `replies`, `threads`), or the client's `Limits` do."""

    @scenario(Message)
    async def test_a_file_is_seen(self, stage: Stage) -> None:
        """Files arrive on Matrix."""
        if not stage.network.files:
            raise Lacking("the network's `files` is not set")
        file = Attachment(AttachmentKind.FILE, _CONTENT, _FILE, "text/plain", len(_CONTENT))
        await stage.does("bob", Message((), attachments=(file,)))
        event = await stage.until(
            lambda: [one for one in stage.here.said() if one["content"].get("url")],
            "the file is seen on Matrix",
        )
        data = await stage.alice.download(event[0]["content"]["url"])
        if data != _CONTENT.encode():
            raise Broken(f"The file arrived as {data!r}, and it was {_CONTENT!r}.")

    @scenario(Message)
    async def test_a_reply_is_seen_as_one(self, stage: Stage) -> None:
        """Replies arrive on Matrix."""
        if not stage.network.replies:
            raise Lacking("the network's `replies` is not set")
        target = (await of_bob(stage, "a question")).id
        await stage.does(stage.other, Message(from_plain("an answer"), reply_to=target))
        await _related(stage, "an answer", "a question", "m.in_reply_to")

    @scenario(Message)
    async def test_a_thread_is_seen_as_one(self, stage: Stage) -> None:
        """Threads arrive on Matrix."""
        if not stage.network.threads:
            raise Lacking("the network's `threads` is not set")
        target = (await of_bob(stage, "a long story")).id
        await stage.does(stage.other, Message(from_plain("in the thread"), thread=target))
        await _related(stage, "in the thread", "a long story", "m.thread")

    @scenario()
    async def test_a_file_is_heard(self, stage: Stage) -> None:
        """Files arrive on the network."""
        if AttachmentKind.FILE not in stage.limits.attachments:
            raise Lacking("`Limits.attachments` has no files")
        await stage.alice.send_file(stage.room, _FILE, "text/plain", _CONTENT.encode())
        await done(stage, Message, lambda message: _is_it(message.attachments))
        if not stage.network.files:
            return  # it does not say what is in them
        said = next(one for one in acts(stage, Message) if _is_it(one.attachments))
        (file,) = said.attachments
        if file.source != _CONTENT:
            raise Broken(f"The file arrived as {file.source!r}, and it was {_CONTENT!r}.")

    @scenario()
    async def test_a_reply_on_matrix_is_one_on_the_network(self, stage: Stage) -> None:
        """Replies arrive on the network."""
        if not stage.limits.replies:
            raise Lacking("`Limits.replies` is not set")
        target, event = await of_bob(stage, "a question")
        await stage.alice.reply(stage.room, event, "an answer")
        heard = await stage.heard("an answer")
        if not isinstance(heard.content, Message) or heard.content.reply_to != target:
            raise Broken(f"The answer is no reply to {target}: {heard.content}.")

    @scenario()
    async def test_a_thread_on_matrix_is_one_on_the_network(self, stage: Stage) -> None:
        """Threads arrive on the network."""
        if not stage.limits.threads:
            raise Lacking("`Limits.threads` is not set")
        target, event = await of_bob(stage, "a long story")
        await stage.alice.thread(stage.room, event, "in the thread")
        await done(stage, Message, lambda message: message.thread == target)


def _is_it(files: Sequence[Attachment]) -> bool:
    return [one.name for one in files] == [_FILE]


async def _related(stage: Stage, body: str, target: str, how: str) -> None:
    """Wait for a message, which must be a reply to another or in its thread."""
    relation = (await stage.seen(body))["content"].get("m.relates_to", {})
    event = (await stage.seen(target))["event_id"]
    found = {relation.get("rel_type"): relation.get("event_id")}
    found["m.in_reply_to"] = relation.get("m.in_reply_to", {}).get("event_id")
    if found.get(how) != event:
        raise Broken(f"{body!r} is to be about {target!r} ({how} {event}), and is {relation}.")
