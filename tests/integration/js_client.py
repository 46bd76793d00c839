"""A person whose client is matrix-js-sdk, with its Rust crypto: `js_person.mjs`, on node."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridgekit.testing.servers import ServerMissing
from tests.integration.missing import skip
from tests.on_node import modules_of

JSON = dict[str, Any]
PATIENCE = 40.0
PROGRAM = Path(__file__).with_name("js_person.mjs")
LONGEST = 8 << 20  # bytes of a line: a picture in base64


@dataclass
class JSPerson:
    """`seen` is what this client could read, `unread` what it could not."""

    process: asyncio.subprocess.Process
    device: str = ""
    seen: list[JSON] = field(default_factory=list)
    unread: list[JSON] = field(default_factory=list)
    _answers: dict[int, JSON] = field(default_factory=dict)
    _ids: Any = field(default_factory=itertools.count)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        """Take what it says, until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            said = json.loads(line)
            async with self._changed:
                if "id" in said:
                    self._answers[said["id"]] = said
                elif "seen" in said:
                    self.seen.append(said["seen"])
                elif "unread" in said:
                    self.unread.append(said["unread"])
                self._changed.notify_all()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: bool(condition()))

    async def do(self, verb: str, **given: object) -> Any:
        assert self.process.stdin is not None
        id_ = next(self._ids)
        self.process.stdin.write(json.dumps({"id": id_, "do": verb, **given}).encode() + b"\n")
        await self.until(lambda: id_ in self._answers)
        answer = self._answers.pop(id_)
        assert "failed" not in answer, f"{verb}: {answer['failed']}"
        return answer["answer"]

    async def say(self, room: str, body: str, **more: object) -> str:
        content = {"msgtype": "m.text", "body": body, **more}
        return str(await self.do("send", room=room, type="m.room.message", content=content))

    async def finds(self, so: Callable[[JSON], object]) -> JSON:
        """The first event that it could read and that is so."""
        await self.until(lambda: any(so(one) for one in self.seen))
        return next(one for one in self.seen if so(one))

    async def reads(self, body: str) -> JSON:
        """The event with this text, which came encrypted."""
        found = await self.finds(lambda one: one["content"].get("body") == body)
        assert found["secret"], found
        return found


@asynccontextmanager
async def js_person(folder: Path, url: str, user: str, password: str) -> AsyncIterator[JSPerson]:
    """A new device of this account, at work until the block ends."""
    try:
        node, modules = modules_of("matrix-js-sdk")
    except ServerMissing as missing:
        skip(str(missing))
    with (folder / "js_person.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(node, str(PROGRAM), str(modules)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=LONGEST,
        )
        person = JSPerson(process)
        task = asyncio.create_task(person.run())
        try:
            person.device = await person.do("start", url=url, user=user, password=password)
            yield person
        finally:
            process.kill()
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
            await task
