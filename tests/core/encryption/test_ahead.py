"""Delivery rule 17 in an encrypted room: what is encrypted goes ahead of no commit."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bridgekit.testing.clock import settle
from tests.core.encryption.rigs import scene_of
from tests.core.uncommitted import HeldCommits
from tests.core.until import until


@pytest.mark.parametrize(
    ("mode", "what", "ahead"),
    [
        pytest.param("allow", "words", ["Finish", "Finish"], id="plain words"),
        pytest.param("default", "words", ["Finish", "KeepEnvelope"], id="encrypted words"),
        pytest.param("allow", "reaction", ["Finish"], id="a reaction"),
        pytest.param("default", "reaction", ["Finish"], id="a reaction in an encrypted room"),
    ],
)
async def test_rule_17_only_plain_words_are_sent_before_the_end_of_the_last_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, what: str, ahead: list[str]
) -> None:
    async with scene_of(tmp_path) as scene:
        await scene.begin(mode=mode)
        await scene.bob("before")
        await scene.shown("before")  # all that a room and a ghost need for their first word is done
        queue, intents, go_on = scene.parts.queue, scene.parts.intents, asyncio.Event()
        await until(lambda: not queue.waiting)
        sent: list[str] = []
        call = intents._call

        async def noted(method: str, path: str, *rest: Any, **how: Any) -> Any:
            if "/send/" in path:
                sent.append(path)
                await go_on.wait()
            return await call(method, path, *rest, **how)

        monkeypatch.setattr(intents, "_call", noted)
        await scene.bob("1")
        if what == "words":
            await scene.bob("2")
        else:
            await scene.rig.network.person("bob").react("#room", "before", "👍")
        await until(lambda: queue.waiting == 2 and len(sent) == 1)
        commits = HeldCommits(scene.parts.store.writer, monkeypatch)
        go_on.set()
        # The writer keeps their order: a ciphertext is stored with the end before it, or later.
        await until(lambda: _ours(commits) == ahead)
        await settle()
        assert _ours(commits) == ahead
        assert len(sent) == ahead.count("Finish")
        commits.release()
        await until(lambda: len(sent) == 2 and not queue.waiting)


def _ours(commits: HeldCommits) -> list[str]:
    return [name for name in commits.waiting if name in {"Finish", "KeepEnvelope"}]
