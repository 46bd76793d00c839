"""Who is in which room, and as what."""
