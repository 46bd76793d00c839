"""Gammu SMSD, by its folders: texts to send are files, and so are those that have come.

https://docs.gammu.org/smsd/files.html. `api_url` is `file:///var/spool/gammu`, with `outbox`,
`sent`, `error` and `received` in it. Incoming texts are put there by `RunOnReceive`, see
`gammu_received.py`. Options: `interval` is how often the folders are looked into (seconds).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from bridgekit import ConfigError, LoginError, RetryLater
from bridges.sms.listening import Ear, Listening
from bridges.sms.provider import Inbound, Outgoing, Provider, Report, Surroundings, Traits
from bridges.sms.settings import SECONDS, ProviderSettings
from bridges.sms.status import Rank

_OURS = re.compile(r"OUT.*_(?P<to>\+?\d+)_(?P<txn>[A-Za-z0-9-]+)\.txt\w*")
_ENDS = {"sent": Rank.SENT, "error": Rank.FAILED}
_KEPT = 7 * 24 * 3600.0  # seconds for which a file shows that its text was taken
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Gammu(Provider, Listening):
    """A modem or an old phone; a file that is there already was taken before."""

    title = "Gammu SMSD"
    traits = Traits(segments=10, keeps=True, idempotent=True, names_us=False)
    options: ClassVar[Mapping[str, str]] = {"interval": SECONDS}

    def __init__(self, settings: ProviderSettings, around: Surroundings) -> None:
        super().__init__(settings, around)
        url = urlsplit(settings.api_url)
        if url.scheme != "file" or not url.path:
            raise ConfigError("api_url of Gammu is a folder, like file:///var/spool/gammu")
        self._folder = Path(unquote(url.path))
        self._told: set[str] = set()
        self._latest = _EPOCH

    async def sign_in(self) -> None:
        for name in ("outbox", "received", *_ENDS):
            folder = self._folder / name
            if not (folder.is_dir() and os.access(folder, os.R_OK | os.W_OK)):
                raise LoginError(f"The folder {folder} is missing, or may not be written.")

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        if not any(self._files(message.txn)):
            await asyncio.to_thread(self._write, message)
        return (message.txn,)

    def _write(self, message: Outgoing) -> None:
        """Whole or not at all: SMSD looks into the folder at any time.

        It sends them in the order of their names. Without a byte order mark it would take the text
        for one in the character set of its own process.
        """
        name = f"OUTC{self._stamp()}_{message.to[0]}_{message.txn}.txt"
        new = self._folder / "outbox" / f".{name}.new"
        try:
            with new.open("wb") as file:
                file.write(message.text.encode("utf-16"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise RetryLater(f"The outbox cannot be written ({error.strerror}).") from error
        new.rename(new.with_name(name))

    def _stamp(self) -> str:
        """Date, time and a serial number, each later than the last one."""
        now = datetime.fromtimestamp(self.around.now(), UTC)
        self._latest = max(now, self._latest + timedelta(microseconds=1))
        return self._latest.strftime("%Y%m%d_%H%M%S_%f")

    def _files(self, txn: str) -> Iterator[Path]:
        for name in ("outbox", *_ENDS):
            yield from (self._folder / name).glob(f"OUT*_{txn}.txt*")

    # What comes.

    async def run(self, ear: Ear) -> None:
        ear.begins()
        while True:
            for file in await asyncio.to_thread(self._found, "received", "*.json"):
                await self._take(file, ear)
            await self._report(ear)
            await asyncio.sleep(float(self.settings.option("interval", "1")))

    async def _take(self, file: Path, ear: Ear) -> None:
        """Removed only once it is stored."""
        content = await asyncio.to_thread(file.read_bytes)
        try:
            told = _told(json.loads(content))
        except (ValueError, KeyError, TypeError, RecursionError):
            await ear.set_aside(content, "it is no record of gammu_received")
        else:
            await ear.take(told)
        await asyncio.to_thread(file.unlink, missing_ok=True)

    def _found(self, folder: str, names: str) -> list[Path]:
        return sorted((self._folder / folder).glob(names))

    async def _report(self, ear: Ear) -> None:
        """What SMSD has sent, or given up; after a restart all of it again, without effect."""
        for folder, rank in _ENDS.items():
            for file in await asyncio.to_thread(self._found, folder, "OUT*"):
                found = _OURS.fullmatch(file.name)
                if found is None:
                    continue
                txn = found["txn"]
                if txn not in self._told:
                    await ear.take(Report(txn, "", found["to"], rank))
                    self._told.add(txn)
                elif await asyncio.to_thread(self._is_old, file):
                    await asyncio.to_thread(file.unlink, missing_ok=True)
                    self._told.discard(txn)

    def _is_old(self, file: Path) -> bool:
        """Whether nobody will ask again if it was taken; else the folder would grow for ever."""
        return file.stat().st_mtime < self.around.now() - _KEPT


def _told(said: Any) -> Inbound:
    sender, text, id_ = said["sender"], said["text"], said["id"]
    if not all(isinstance(one, str) for one in (sender, text, id_)):
        raise TypeError("it has what is no text")
    return Inbound(sender, "", text, id=id_)
