"""What was said before anybody listened."""
