"""Rules of what comes in, goes out and is kept, each broken in the smallest way, adapters' too."""

from __future__ import annotations

from tests.crash.mutation import Mutation, one

TRAFFIC = (
    one(
        "a transaction that comes again is taken for a new one",
        "matrix/transaction.py",
        "    same = json.dumps([txn, named if named and texts else body])\n",
        '    same = __import__("secrets").token_hex(16)\n',
        "core/test_inbox.py::test_rule_01_the_same_transaction_is_split_once",
    ),
    one(
        "an event that comes in another transaction is done again",
        "said.py",
        "        seen=(key,),\n",
        '        seen=(__import__("secrets").token_hex(16),),\n',
        "core/to_network/test_rooms.py::"
        "test_rule_01_the_same_id_with_other_events_is_taken_and_events_are_known",
    ),
    one(
        "what is new waits while the store fails",
        "store/writer.py",
        "        if self._ended or (self.failing and not operation.keep):\n",
        "        if self._ended:\n",
        "core/store/test_failing.py::test_rule_24_a_full_disk_refuses_new_things_at_once",
    ),
    one(
        "rows are forgotten before the promised time",
        "store/retention.py",
        "one.now - one.rule.days * DAY",
        "one.now - (one.rule.days - 2) * DAY",
        "core/store/test_retention.py::test_rule_25_rows_stay_for_the_promised_time_and_no_longer",
    ),
    one(
        "only records of this release are read",
        "codec.py",
        "VERSION = 1\n",
        "VERSION = 2\n",
        "core/store/test_samples.py::test_rule_25_a_released_record_stays_readable",
    ),
    one(
        "what is said in a room overtakes what it still has to sort",
        "sorting.py",
        "        if self._unsettled(control, earlier):\n",
        "        if False:\n",
        "core/to_network/test_rooms.py::"
        "test_rule_02_what_is_said_while_a_room_gets_bridged_is_sent_in_order",
    ),
    one(
        "what comes at a start is sorted as if nothing had been left in its room",
        "lanes/queue.py",
        "        return there or lane in self.unread\n",
        "        return there\n",
        "core/to_network/test_rooms_over_kills.py::"
        "test_rule_02_what_is_said_while_a_room_gets_bridged_is_sent_in_order_after_a_kill",
    ),
    one(
        "a transaction is sorted while the one before it is not in its lanes",
        "matrix/inbox.py",
        "        return self._runs and not self._queue and not self._storing\n",
        "        return self._runs and not self._queue\n",
        "core/test_inbox_at_once.py::"
        "test_what_comes_while_another_is_stored_is_sorted_once_that_is_in_the_lanes",
    ),
    one(
        "a transaction that is being sorted is overtaken by what is not",
        "matrix/inbox.py",
        "        async with self._entrance:  # what is being sorted is before what comes now\n",
        "        if True:\n",
        "core/test_inbox_at_once.py::test_what_comes_while_another_is_sorted_is_behind_it",
    ),
    one(
        "a repetition that is split at once leaves its jobs",
        "store/intake.py",
        "zip(operations, rows, strict=True) if row is not None]\n",
        "zip(operations, rows, strict=True)]\n",
        "core/store/test_intake.py::"
        "test_rule_01_a_transaction_may_be_taken_with_its_jobs_and_a_repetition_leaves_none",
    ),
    one(
        "what was accepted in a copy and not sorted is sent as if it never was",
        "epoch.py",
        "            await split()\n",
        "",
        "core/test_epoch.py::"
        "test_rule_27_what_was_accepted_and_not_sorted_yet_in_the_copy_is_in_doubt",
    ),
    one(
        "a malformed event ends its transaction",
        "matrix/splitting.py",
        '            log.warning("event set aside", txn=transaction.txn, why=why)\n',
        "            break\n",
        "core/test_inbox.py::test_rule_03_a_malformed_event_is_set_aside_and_the_rest_goes_on",
    ),
    one(
        "typing is told however late it is",
        "ephemeral/noticed.py",
        "TYPED_LATELY = timedelta(seconds=30)",
        "TYPED_LATELY = timedelta.max",
        "core/ephemeral/test_typing.py::test_rule_04_typing_of_a_while_ago_is_not_shown",
    ),
    one(
        "what is left over of an edited message stays",
        "to_network/edit.py",
        "        return [*edits, *left_over, *more]\n",
        "        return [*edits, *more]\n",
        "core/to_network/test_edits.py::test_rule_08_a_shorter_text_deletes_the_surplus",
    ),
    one(
        "a pause for one chat holds up its network",
        "gates.py",
        "                return  # the lane waits by itself\n",
        "                gate = (Scope.NETWORK, network)\n",
        "core/to_network/test_waiting.py::test_rule_11_a_pause_holds_up_what_it_names_and_no_more",
    ),
    one(
        "who may not come in is not heard",
        "to_matrix/speakers.py",
        "            return _bot_for(ghost)  # refused or banned (delivery rule 16)\n",
        "            raise\n",
        "core/to_matrix/test_speakers.py::"
        "test_rule_16_a_banned_sender_is_heard_through_the_bot_and_counted",
    ),
    one(
        "what a converter failed on is dropped",
        "to_matrix/raw.py",
        'event cannot be converted now") from error\n        raise\n',
        'event cannot be converted now") from error\n        return ()\n',
        "core/to_matrix/test_raw.py::"
        "test_rule_23_what_a_broken_converter_failed_on_is_replayed_once_it_is_fixed",
    ),
    one(
        "who is cancelled cancels the commit",
        "uninterrupted.py",
        "        return await asyncio.shield(task)\n",
        "        return await task\n",
        "core/test_uninterrupted.py::test_who_is_cancelled_hears_of_it_once_the_work_is_done",
    ),
    one(
        "a stop lets nothing finish",
        "lanes/stopping.py",
        "STOPPING = 20.0",
        "STOPPING = 0.0",
        "core/to_network/test_stopping.py::test_rule_26_a_stop_lets_what_is_in_flight_finish",
    ),
    Mutation(
        "Telegram is answered before the commit",
        "bridges/telegram/webhook.py",
        (
            (
                "            await take([update])\n",
                '            __import__("asyncio").ensure_future(take([update]))\n',
            ),
        ),
        "tests/adapters/telegram/test_webhook.py::test_what_cannot_be_stored_comes_again",
    ),
    Mutation(
        "an SMS gateway is answered before the commit",
        "bridges/sms/webhook.py",
        (
            (
                "        await self._take(call)\n",
                '        __import__("asyncio").ensure_future(self._take(call))\n',
            ),
        ),
        "tests/adapters/sms/test_webhook.py::test_what_could_not_be_stored_is_not_acknowledged",
    ),
    Mutation(
        "who takes over listening tells also what was told before",
        "bridges/irc/abreast.py",
        (("            if stored == hash(name):\n", "            if False:\n"),),
        "tests/adapters/irc/test_listening.py::"
        "test_rule_22_who_takes_over_tells_what_it_heard_beyond_what_is_stored",
    ),
)
