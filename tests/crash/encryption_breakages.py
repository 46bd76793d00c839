"""The rules of encrypted rooms, each broken in the smallest way."""

from __future__ import annotations

from tests.crash.mutation import one

ENCRYPTION = (
    one(
        "a place of a key is stored apart from what it encrypted",
        "encryption/envelopes.py",
        "speaker, state.key, _name(room, txn), text, millis(self._clock))\n        )\n",
        "speaker, key, _name(room, txn), text, millis(self._clock))\n"
        "        )\n"
        "        from bridgekit.store.encryption import save_room_key\n"
        "        later = Rows(save_room_key(room, speaker, state.key))\n"
        '        loop = __import__("asyncio").get_running_loop()\n'
        "        loop.call_later(0.05, self._writer.submit, later)\n",
        "crash/test_caught.py::test_no_place_of_a_key_is_used_twice",
    ),
    one(
        "where /sync goes on is stored before what it brought",
        "encryption/mailbox.py",
        "            await self._writer.write(Rows(*batch.changes, place))\n",
        "            await self._writer.write(Rows(place))\n"
        "            await self._writer.write(Rows(*batch.changes))\n",
        "crash/test_caught.py::test_a_key_that_came_is_stored",
    ),
    one(
        "who has a key is stored before what gives it to them",
        "encryption/sharing.py",
        "            await self._writer.write(Rows(*changes))\n",
        "            await self._writer.write(Rows(*changes[:-2]))\n"
        "            await self._writer.write(Rows(*changes[-2:]))\n",
        "crash/test_caught.py::test_a_key_is_given_to_whom_it_is_said_to_be",
    ),
    one(
        "that a ghost has its device is stored before it is made",
        "encryption/ghosts.py",
        "        published = self._identity.published(row.ghost)\n",
        "        published = self._identity.published(row.ghost)\n"
        "        await self._writer.write(save_ghost_device(row))\n",
        "core/encryption/test_ghost_devices.py"
        "::test_it_dies_at_each_moment_and_nothing_is_lost_or_said_twice",
    ),
    one(
        "what was sent to a ghost is let go before it is stored",
        "encryption/ghosts.py",
        "            await self._heard(row.ghost, events)\n",
        "            await self._calls.mail(row.ghost, row.device, since)\n"
        "            await self._heard(row.ghost, events)\n",
        "core/encryption/test_ghost_mail.py"
        "::test_it_dies_at_each_moment_of_reading_and_no_key_is_lost",
    ),
    one(
        "what was meant for the bot is taken from a ghost's mail",
        "encryption/conversations.py",
        'payload["recipient"] == to\n',
        'payload["recipient"] in (to, self._device.user)\n',
        "core/encryption/test_ghost_mail.py::test_what_was_meant_for_another_of_us_is_refused",
    ),
    one(
        "the bot enters a chat before what its ghost was sent is read",
        "encryption/side.py",
        "        await self._ghosts.read(host)\n        await self._calls.enter(room, host)\n",
        "        await self._calls.enter(room, host)\n",
        "core/encryption/test_first_words.py"
        "::test_a_key_that_the_bot_gets_of_what_is_said_later_hides_nothing",
    ),
    one(
        "a key is another's who speaks in the room",
        "encryption/envelopes.py",
        "            state = known.of(voice.speaker)\n",
        '            state = known.of("")\n',
        "core/encryption/test_ghost_devices.py"
        "::test_everybody_speaks_with_a_key_and_a_device_of_their_own",
    ),
    one(
        "votes go into an encrypted room as they are",
        "matrix/encrypted.py",
        'for act in ("start", "response", "end")',
        'for act in ("start", "end")',
        "crash/test_undisturbed.py::test_nothing_is_plain_in_an_encrypted_room",
    ),
)
