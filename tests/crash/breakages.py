"""The rules of delivery, each broken in the smallest way, and the test that must notice.

Changes are exact pieces of the source: where one no longer fits, `mutations` says so.
"""

from __future__ import annotations

from tests.crash.encryption_breakages import ENCRYPTION
from tests.crash.mutation import Mutation, one
from tests.crash.traffic_breakages import TRAFFIC

__all__ = ["MUTATIONS", "Mutation"]

MUTATIONS = (
    one(
        "a transaction is answered before its commit",
        "matrix/server.py",
        'await self._events.accept(request.match_info["txn"], body, content)',
        '__import__("asyncio").ensure_future(\n                '
        'self._events.accept(request.match_info["txn"], body, content)\n            )',
        "core/test_server.py::"
        "test_what_could_not_be_stored_is_to_be_sent_again_and_its_text_stays_out_of_the_log",
    ),
    one(
        "an event is acknowledged before its commit",
        "host.py",
        "        await uninterrupted(self._receive(login, events, cursor))",
        "        import asyncio\n"
        "        self.going = asyncio.ensure_future(self._receive(login, events, cursor))",
        "crash/test_caught.py::test_what_is_acknowledged_is_stored",
    ),
    one(
        "transaction IDs are random",
        "signing.py",
        '"bk" + self._sign("txn", str(portal), source, kind, str(part))',
        '"bk" + __import__("secrets").token_hex(16)',
        "core/to_matrix/test_delivery.py::"
        "test_rule_12_transaction_ids_differ_between_ghosts_and_come_back_after_a_restart",
    ),
    one(
        "a link is committed apart from the end of its job",
        "lanes/queue.py",
        "        finish = Finish(outcome, done.links, done.pending, done.settled, done.also, "
        "done.bury)\n        end = self._writer.submit(finish, then=committed)",
        "        finish = Finish(outcome, (), done.pending, done.settled, done.also, done.bury)\n"
        "        linked = Finish(outcome, done.links)\n"
        "        end = self._writer.submit(\n"
        "            finish, then=lambda _: self._writer.submit(linked, then=committed)\n"
        "        )",
        "crash/test_caught.py::test_what_is_done_is_linked",
    ),
    Mutation(
        "what was seen is known in memory only",
        "bridgekit/store/intake.py",
        (
            (
                '_SEEN = sql.insert(tables.seen, "key", "at")\n',
                '_MEMORY = __import__("weakref").WeakKeyDictionary()\n',  # as long as the process
            ),
            (
                "        fresh = [_new(draft.key, draft.seen, known) for draft, _ in drafts]\n",
                (
                    "        known |= (memory := _MEMORY.setdefault(connection.engine, set()))\n"
                    "        fresh = [_new(draft.key, draft.seen, known) for draft, _ in drafts]\n"
                ),
            ),
            (
                "        sql.run(connection, _SEEN, seen)\n",
                "        memory.update(row['key'] for row in seen)\n",
            ),
        ),
        "tests/core/to_matrix/test_dedupe.py::"
        "test_rule_18_what_was_delivered_before_is_known_also_after_a_restart",
    ),
    one(
        "a login that connects holds its lane without bound",
        "to_network/dispatch.py",
        "PATIENCE = 10.0",
        "PATIENCE = 1e9",
        "core/to_network/test_waiting.py::"
        "test_rule_10_a_login_that_connects_holds_its_lane_for_ten_seconds_at_most",
    ),
    one(
        "the mark is written after the send",
        "to_network/marks.py",
        "        await self._writer.write(MarkPart(",
        "        self._writer.submit(MarkPart(",
        "crash/test_caught.py::test_what_may_have_been_sent_is_marked",
    ),
    one(
        "all sends are taken for marked ones",
        "to_network/marks.py",
        "return await self._people.value(_OURS, _key(network)) is None",
        "return True",
        "core/to_network/test_expiry.py::"
        "test_rule_09_what_leaves_no_mark_and_expires_after_a_crash_is_unknown",
    ),
    one(
        "a cursor is stored before its events",
        "host.py",
        "        if intake or cursor is not None:\n            put = Put(\n",
        "        if cursor is not None:\n"
        "            await self._queue.put(Put([], at=0, cursor=(login, cursor)), self.network)\n"
        "        if intake or cursor is not None:\n            put = Put(\n",
        "crash/test_caught.py::test_a_cursor_is_not_ahead_of_its_events",
    ),
    one(
        "a doubtful send to Matrix is not looked for",
        "to_matrix/posting.py",
        "        if post.journey.doubtful or self._epoch.forgot(post.at):\n",
        "        if False:\n",
        "core/to_matrix/test_delivery.py::"
        "test_rule_14_an_event_that_came_back_before_the_kill_is_found_in_the_history",
    ),
    one(
        "a doubtful send to the network is repeated blindly",
        "to_network/doubt.py",
        "    raise Unknown\n",
        "    return None\n",
        "core/to_network/test_doubt.py::"
        "test_rule_06_what_nobody_can_tell_is_told_once_and_never_resent",
    ),
    one(
        "a look-up in doubt is skipped",
        "to_network/doubt.py",
        "    if isinstance(route.client, SupportsLookup) and isinstance(event.content, Message):",
        "    if False:",
        "core/to_network/test_doubt.py::test_rule_06_only_a_sure_absence_allows_a_resend",
    ),
    one(
        "the order of a lane is ignored",
        "lanes/lane.py",
        "job = self.current = self.jobs.popleft()",
        "job = self.current = self.jobs.pop()",
        "core/lanes/test_order.py::test_a_lane_keeps_its_order_while_its_head_is_tried_again",
    ),
    one(
        "seen keys are dropped after a day",
        "store/retention.py",
        'Keep(tables.seen, 90, "at < :before")',
        'Keep(tables.seen, 1, "at < :before")',
        "core/store/test_retention.py::"
        "test_rule_18_a_delivery_is_recognised_almost_three_months_later",
    ),
    one(
        "a plan is not stored",
        "to_network/dispatch.py",
        "            await self._writer.write(SaveParts(job.id, parts))\n",
        "            pass\n",
        "core/to_network/test_parts.py::test_rule_07_the_plan_is_stored_before_the_first_part_is_sent",
    ),
    one(
        "the pieces of what is too long are not stored",
        "to_network/sending.py",
        "        await self._writer.write(SaveParts(journey.job.id, smaller))\n",
        "        pass\n",
        "core/to_network/test_too_long.py::"
        "test_rule_07_the_pieces_are_stored_before_the_first_is_sent",
    ),
    one(
        "deaths are not counted",
        "lanes/earlier.py",
        "deaths=job.deaths + 1",
        "deaths=job.deaths",
        "core/to_network/test_marks.py::"
        "test_rule_05_three_deaths_bury_a_poison_job_and_its_lane_goes_on",
    ),
    one(
        "what is redacted before it is sent is sent",
        "lanes/lane.py",
        "        numbers = self.amending.get(source)\n",
        "        numbers = None\n",
        "core/to_network/test_amending.py::test_rule_09_redacting_what_is_held_cancels_it",
    ),
    one(
        "as much as comes is taken",
        "lanes/crowding.py",
        "        if waiting < most:\n",
        "        if True:\n",
        "core/lanes/test_crowding.py::"
        "test_at_the_limit_a_network_is_not_acknowledged_and_later_all_is_taken",
    ),
    one(
        "a restored database is relied on",
        "epoch.py",
        "        return at < self._restored + _FAST\n",
        "        return False\n",
        "core/test_epoch.py::"
        "test_rule_27_what_a_restored_database_has_forgotten_is_known_by_its_marker",
    ),
    one(
        "what was open in a copy is sent as if it never was",
        "epoch.py",
        "            if part.state is PartState.PLANNED\n",
        "            if False\n",
        "crash/test_undisturbed.py::test_rule_27_a_bridge_on_a_copy_does_nothing_twice",
    ),
    one(
        "every start is that of a restored copy",
        "epoch.py",
        "        if known > self._count:\n",
        "        if known >= self._count:\n",
        "crash/test_caught.py::test_no_more_is_in_doubt_than_one_of_a_lane",
    ),
    one(
        "all that is sent is said to be in doubt",
        "to_network/sending.py",
        "            if part.state in (PartState.SENDING, PartState.UNKNOWN):\n",
        "            if True:\n",
        "crash/test_undisturbed.py::test_nothing_is_in_doubt_where_nobody_dies_and_nothing_fails",
    ),
    one(
        "a lane goes on however many ends wait for their commit",
        "lanes/queue.py",
        "(1 if alone else PIPELINE)",
        "(1 << 30)",
        "core/lanes/test_pipelining.py::"
        "test_rule_17_a_send_begins_before_the_ends_of_those_before_it_are_stored",
    ),
    one(
        "what a network brought is bridged back to it",
        "sorting.py",
        "            and not carries_tag(marker, self._signer.portal_tag(portal.id))\n",
        "",
        "core/to_matrix/test_delivery.py::"
        "test_rule_13_our_own_events_are_not_bridged_when_they_are_pushed_back",
    ),
    one(
        "a room that was made before a crash is not adopted",
        "room/rooms.py",
        "            if found is None or not await self._adoptable(portal, found, people):\n",
        "            if True:\n",
        "core/test_rooms.py::"
        "test_rule_15_a_kill_between_creation_and_binding_is_mended_by_adoption",
    ),
    one(
        "what is held waits for ever",
        "lanes/expiry.py",
        "self._aside.reconsider(Hold, before=now - min(ages, default=DAY))",
        "self._aside.reconsider(Hold, before=0)",
        "core/to_network/test_expiry.py::test_rule_09_what_is_held_too_long_expires",
    ),
    one(
        "an echo that is early is somebody's message",
        "to_matrix/echo.py",
        "            await self._flights.landed(portal.id, login.id)\n",
        "            pass\n",
        "core/to_network/test_echoes.py::test_rule_19_an_echo_before_the_answer_waits_for_it",
    ),
    one(
        "what is about a message that comes later is dropped",
        "to_matrix/targets.py",
        "            raise Moot(Reason.TARGET_UNKNOWN)\n        raise Park(message)\n",
        "            pass\n        raise Moot(Reason.TARGET_UNKNOWN)\n",
        "core/to_matrix/test_late.py::"
        "test_rule_20_what_is_about_a_message_that_comes_later_waits_for_it_in_order",
    ),
    one(
        "what comes live is stored before what was missed",
        "past/gaps.py",
        "                if gap.kept is None and self._open.get(portal) is gap:\n",
        "                if False:\n",
        "core/gaps/test_gap_fill.py::test_rule_21_what_comes_live_is_shown_after_what_was_missed",
    ),
    one(
        "what comes again behind a gap stays there",
        "store/gaps.py",
        '            moved.append({"id": number, "place": place})\n',
        "            taken[-1] = None\n",
        "core/gaps/test_gap_fill.py::"
        "test_rule_21_what_comes_again_behind_a_gap_takes_its_place_in_it",
    ),
    one(
        "what has moved into a gap is known in the store only",
        "lanes/queue.py",
        "self.adopt(chain(self._behind.moved(batch, ids), jobs(ids)), origin)",
        "self.adopt(chain(jobs(ids)), origin)",
        "core/lanes/test_behind.py::test_what_is_moved_is_there_once_and_in_its_place",
    ),
    one(
        "nobody is told of what a network did not keep",
        "past/gaps.py",
        "        await self._unheard.before(network, login, _portals(said))\n",
        "",
        "core/gaps/test_unheard.py::test_after_a_restart_the_room_is_told_once_before_what_is_new",
    ),
    one(
        "what people changed is put back by what a network tells on a connect",
        "to_matrix/chat.py",
        "news = await self._overtaken.left(scene, info)\n",
        "news = info\n",
        "crash/test_caught.py::"
        "test_what_people_changed_is_not_put_back_by_what_a_network_tells_on_a_connect",
    ),
    *ENCRYPTION,
    *TRAFFIC,
)
