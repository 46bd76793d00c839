"""Texts that are too long for a network: in parts, or as a page behind a link."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit.configuration.fallback_settings import FallbackSettings
from bridgekit.errors import Rejected
from bridgekit.richtext import plain
from bridgekit.to_network.plan import messages_of
from tests.core.to_network.conftest import status_of


@pytest.mark.parametrize("chosen", ["parts", "link"])
async def test_a_long_text_becomes_a_page_where_the_operator_wants_that(public, chosen):
    public.rig.network_settings["fallbacks"] = FallbackSettings(long_text=chosen)
    public.network.limits = replace(public.network.limits, text=200)
    room = await public.begin()
    await public.alice.say(room, "word " * 300)
    await public.ended()
    if chosen == "parts":
        assert len(public.network.heard) > 3
        return
    (text,) = public.network.texts()
    assert text.startswith("word word")
    assert await status_of(text.split()[-1]) == 200


async def test_what_is_longer_than_a_network_takes_at_all_becomes_a_page(public, monkeypatch):
    def pieces(client, event, limits):
        if len(plain(event.content.text)) > 900:
            raise Rejected("It needs more than 20 lines.")
        return messages_of(client, event, limits)

    monkeypatch.setattr("bridgekit.to_network.fitting.messages_of", pieces)
    public.rig.network_settings["fallbacks"] = FallbackSettings(long_text="link")
    room = await public.begin()
    await public.alice.say(room, "word " * 300)
    await public.ended()
    (text,) = public.network.texts()
    assert await status_of(text.split()[-1]) == 200


async def test_a_chat_may_have_its_own_measure_of_what_is_a_page(public):
    public.network.limits = replace(public.network.limits, text=200, pieces=5)
    room = await public.begin()
    await public.alice.say(room, "word " * 180)  # five pieces
    await public.ended()
    assert len(public.network.heard) == 5
    await public.alice.say(room, "word " * 300)
    await public.ended(2)
    assert await status_of(public.network.texts()[-1].split()[-1]) == 200
