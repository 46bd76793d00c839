"""Sign-in: an adapter's conversation with a person, the same in a chat, over HTTP, in a shell."""
