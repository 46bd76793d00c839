"""Whatever reads text from outside is a target here: none can be forgotten."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.fuzz.__main__ import ROOT, SUITES

# What tries which files of the source, by the name of its file.
TARGETS = {
    "fuzz/test_addresses.py": "media/fetcher media/source richtext/links",
    "fuzz/test_answers.py": "matrix/api matrix/media cli/asking",
    "fuzz/test_api.py": "provisioning/answering commands/reading",
    "fuzz/test_config.py": """configuration/yaml_source configuration/history_settings
        registration/reading registration/checking registration/synapse_config""",
    "fuzz/test_encrypted_events.py": """encryption/reading encryption/opening media/file_key
        media/encrypting""",
    "fuzz/test_encryption.py": """encryption/mailbox encryption/conversations encryption/peers
        encryption/requests encryption/signed encryption/trust""",
    "fuzz/test_files.py": "media/pictures media/location media/png_texts media/sniff web/ranges",
    "fuzz/test_identifiers.py": "namespaces irc/nicks irc/casemap",
    "fuzz/test_irc.py": """irc/wire irc/connection irc/features irc/codes irc/formatting irc/sasl
        irc/handshake irc/envelopes irc/reading irc/listening""",
    "fuzz/test_irc_holder.py": "irc/holder/messages irc/holder/held irc/holder/journal",
    "fuzz/test_links.py": "signing media/links web/pages media/uploaded",
    "fuzz/test_records.py": "codec",
    "fuzz/test_requests.py": "matrix/server",
    "fuzz/test_richtext.py": "richtext/html_in richtext/html_tokens richtext/plain",
    "fuzz/test_slack.py": """slack/events slack/deliveries slack/calls slack/sockets slack/convert
        slack/block_kit slack/rich_text slack/legacy_attachments slack/files slack/signature""",
    "fuzz/test_slack_answers.py": """slack/history slack/web_api slack/oauth slack/people slack/ids
        slack/client slack/refusals""",
    "fuzz/test_smpp.py": "sms/smpp/link sms/smpp/pdu sms/smpp/texts sms/udh",
    "fuzz/test_sms.py": """sms/providers/twilio sms/providers/plivo sms/providers/vonage
        sms/providers/kannel sms/providers/telnyx sms/providers/android sms/fields sms/provider
        sms/joining sms/desk sms/webhook""",
    "fuzz/test_sms_answers.py": "sms/http sms/listing sms/codes",
    "fuzz/test_sms_files.py": "sms/cards sms/gammu_received sms/providers/gammu",
    "fuzz/test_told.py": "commands/chat commands/verbs/sign_in_steps",
    "fuzz/test_transactions.py": "matrix/inbox matrix/reading matrix/splitting matrix/transaction "
    "sorting",
    "adapters/irc/test_masks.py": "irc/masks",
    "adapters/slack/test_mrkdwn.py": "slack/mrkdwn",
    "adapters/sms/test_numbers.py": "sms/numbers",
    "adapters/telegram/test_poison.py": "telegram/inbox telegram/wire telegram/webhook",
    "core/commands/test_words.py": "commands/words",
    "core/linking/test_elsewhere.py": "room/elsewhere",
    "core/moderation/test_policies.py": "moderation/policies",
}
# What reads back what the bridge itself has stored, sealed or made; a damaged record is another
# matter (`test_records.py`).
OUR_OWN = """
    commands/sealed commands/verbs/audit login/credentials sealing store/jobs store/queued
    operating/brake operating/starts registration/automata registration/oracle
    encryption/asking encryption/envelopes encryption/identity encryption/room_keys
    encryption/sharing encryption/waiting
    irc/adapter irc/addresses irc/holder/slot irc/remembered irc/session
    slack/adapter slack/closing slack/news slack/uploads
    sms/contacts sms/heard sms/spending sms/standing telegram/memory telegram/suspension
"""
# What an operator has it ask, while they look on: it takes no part in what is bridged.
LOOKED_ON = """
    cli/doctor/registration cli/doctor/srv cli/doctor/surroundings slack/doctor matrix/identity
"""
READS = {
    *("loads", "read_json", "unpack", "unpack_from", "from_bytes", "parse_qs", "parse_qsl"),
    *("unquote_to_bytes", "b64decode", "urlsafe_b64decode", "from_base64", "fromisoformat"),
    *("reader", "parsedate_to_datetime", "parsed", "safe_load", "compose_all"),
}


def calls(file: Path) -> set[str]:
    """The names of what is called in a file."""
    found = (
        node.func for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)
    )
    return {
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in found
        if isinstance(one, ast.Attribute | ast.Name)
    }


def named(words: str) -> list[Path]:
    """A file of the core, or of an adapter."""
    both = (
        (ROOT / "bridges" / f"{one}.py", ROOT / "bridgekit" / f"{one}.py") for one in words.split()
    )
    return [bridge if bridge.exists() else core for bridge, core in both]


def sources() -> list[Path]:
    """What runs in a bridge: no fakes, and nothing that only tests use."""
    files = [*(ROOT / "bridgekit").rglob("*.py"), *(ROOT / "bridges").rglob("*.py")]
    apart = re.compile(r"/(testing|fake|adapter-template|migrations)/")
    return [file for file in files if apart.search(str(file)) is None]


def test_whatever_reads_text_from_outside_is_tried() -> None:
    known = {*named(" ".join(TARGETS.values())), *named(f"{OUR_OWN} {LOOKED_ON}")}
    reading = {file for file in sources() if calls(file) & READS}
    assert sorted(str(file.relative_to(ROOT)) for file in reading - known) == []


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_tried_in_make_fuzz_and_what_it_tries_is_there(target: str) -> None:
    assert ROOT / "tests" / target in SUITES
    assert [file for file in named(TARGETS[target]) if not file.exists()] == []


def test_what_is_said_to_be_no_target_is_there_and_none() -> None:
    others = named(f"{OUR_OWN} {LOOKED_ON}")
    assert [file for file in others if not calls(file) & READS] == []
    assert {*others} & {*named(" ".join(TARGETS.values()))} == set()


def test_every_suite_is_found_by_itself() -> None:
    names = {str(suite.relative_to(ROOT / "tests")) for suite in SUITES}
    assert {
        "fuzz/test_sms.py",
        "stateful/test_stories.py",
        "adapters/telegram/test_split.py",
    } <= names
    others = {one.name for one in (ROOT / "tests/fuzz").glob("test_*.py") if one not in SUITES}
    assert others == {Path(__file__).name, "test_command.py"}
