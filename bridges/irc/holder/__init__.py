"""Keeps connections to IRC while the bridge restarts, in a small process of its own.

`process.py` runs there, `held.py` in the bridge; `messages.py` is what they say to each other.
"""
