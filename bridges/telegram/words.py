"""Texts from outside, as everything behind takes them: text, and sound. Pure."""


def sound(text: object) -> str:
    """`text` without what databases do not take; raises `TypeError` for what is no text."""
    if not isinstance(text, str):
        raise TypeError(f"a text is expected, and not {type(text).__name__}")
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def one_line(text: object) -> str:
    """The same, with each run of white space as one blank."""
    return " ".join(sound(text).split())


def number(value: object) -> int | None:
    """A size, a length: None for what is no number that could be one."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        return None
    return value
