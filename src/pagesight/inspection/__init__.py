"""A document parsed apart from any library, for people to see what the parser made of it."""

from pagesight.inspection.html import render_html
from pagesight.inspection.markdown import to_markdown
from pagesight.inspection.reading import Inspected, Inspector

__all__ = ["Inspected", "Inspector", "render_html", "to_markdown"]
