"""What people can tell the bridge to do: one table of commands for the chat, the API, the shell."""
