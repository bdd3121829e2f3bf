"""Nearest neighbours by Chroma: embedded, one directory a space, or on a Chroma server."""
