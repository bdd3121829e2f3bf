"""The routes: each module parses requests, calls, and returns."""
