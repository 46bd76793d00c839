"""What the fake homeserver answers, a file per concern; `routes.py` lists it all."""
