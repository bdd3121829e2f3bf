"""Measures the very retriever and answerer that users run, on question sets."""
