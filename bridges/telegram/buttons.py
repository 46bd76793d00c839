"""The buttons below messages of the bot's, and what is in them when somebody presses one. Pure."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

AUTHOR = "author"  # below a message that has no words of its own: whose it is
_LONGEST_LABEL = 60
_YES, _NO = "yes", "no"


def by(name: str) -> InlineKeyboardMarkup | None:
    """A button with the author's name; "": the bot says it itself."""
    label = " ".join(name.split())[:_LONGEST_LABEL]
    if not label:
        return None
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=AUTHOR)]])


def yes_or_no(about: str) -> InlineKeyboardMarkup:
    """A question; `about` has no blank in it."""
    keys = [
        InlineKeyboardButton(label, callback_data=f"{answer} {about}")
        for label, answer in (("Yes", _YES), ("No", _NO))
    ]
    return InlineKeyboardMarkup([keys])


def answer_of(data: str) -> tuple[str, bool] | None:
    """What the question was about, and whether yes; None for what was no answer."""
    answer, _, about = data.partition(" ")
    return (about, answer == _YES) if answer in (_YES, _NO) and about else None
