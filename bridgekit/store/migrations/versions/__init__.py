"""The migrations, oldest first by name; each is named for what it adds."""
