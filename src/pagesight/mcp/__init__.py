"""Agents ask the documents: an MCP server over stdio and HTTP."""

from pagesight.mcp.agents import Agents, Endpoint, Told, frankly
from pagesight.mcp.nearest import Nearest
from pagesight.mcp.work import Threads, Work

__all__ = ["Agents", "Endpoint", "Nearest", "Threads", "Told", "Work", "frankly"]
