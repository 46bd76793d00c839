"""The HTTP API: the table of commands, served to programs, and who they are."""
