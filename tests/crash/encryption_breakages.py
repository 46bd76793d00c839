"""The rules of encrypted rooms, each broken in the smallest way."""

from __future__ import annotations

from tests.crash.mutation import one

ENCRYPTION = (
    one(
        "a place of a key is stored apart from what it encrypted",
        "encryption/envelopes.py",
        "        await self._writer.write(Rows(save_room_key(room, state.key), envelope))\n",
        "        await self._writer.write(Rows(envelope))\n"
        "        later = Rows(save_room_key(room, state.key))\n"
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
        "            await self._writer.write(Rows(*changes[:-1]))\n"
        "            await self._writer.write(Rows(changes[-1]))\n",
        "crash/test_caught.py::test_a_key_is_given_to_whom_it_is_said_to_be",
    ),
)
