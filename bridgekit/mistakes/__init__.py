"""The mistakes that `doctor` and `registration check` know: one table for them and for the docs."""
