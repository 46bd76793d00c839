"""What `bridgekit dev` is made of: a bridge between two fakes, and a terminal that shows both."""
