"""Running sets, keeping the rows, comparing runs."""
