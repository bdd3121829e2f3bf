"""What the text of a page says: its words, their lines, and what is not to be read."""
