"""Rooms: made once, tied to chats, described, followed, left."""
