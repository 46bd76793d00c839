"""What Telegram refuses in its own words, as a person should read it."""

import pytest

from bridges.telegram.refusals import sentence


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Bad Request: TOPIC_CLOSED", "This topic is closed on Telegram."),
        ("Bad Request: TOPIC_DELETED", "This topic was deleted on Telegram."),
        ("Bad Request: message thread not found", "This topic was deleted on Telegram."),
        ("Bad Request: CHAT_RESTRICTED", "Telegram has restricted this chat"),
        ("Bad Request: CHAT_SEND_GIFS_FORBIDDEN", "messages of this kind are not allowed"),
        ("Bad Request: VOICE_MESSAGES_FORBIDDEN", "takes no voice messages"),
        ("Bad Request: USER_IS_BLOCKED", "does not want to hear from the bot"),
        ("Forbidden: bot was blocked by the user", "does not want to hear from the bot"),
        ("Forbidden: user is deactivated", "account is gone"),
        (
            "Bad Request: not enough rights to send text messages to the chat",
            "make it an administrator",
        ),
        ("Message to edit not found", "not on Telegram any more"),
        ("MESSAGE_ID_INVALID", "not on Telegram any more"),
        ("Bad Request: CHAT_WRITE_FORBIDDEN", "may not write in this Telegram chat"),
    ],
)
def test_what_telegram_says_in_its_own_words_is_a_sentence(words, told):
    assert told in sentence(words)
    assert not sentence(words).startswith("Telegram refused it")
