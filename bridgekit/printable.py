"""Text from outside made harmless to a terminal."""


def printable(text: str) -> str:
    """One line without what steers a terminal: control, format and bidi characters are spelt out.

    A name or an ID comes from strangers; ESC in it could redraw what the operator sees.
    """
    if text.isprintable():  # nearly always, and asked of every value in the log
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def printable_lines(text: str) -> str:
    """As `printable`, for text whose line breaks are ours."""
    return "\n".join(printable(line) for line in text.split("\n"))
