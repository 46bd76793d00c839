"""What the operator does to a bridge at work: brakes it, changes its settings, hears from it."""
