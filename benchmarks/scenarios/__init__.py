"""One file per question that is measured."""
