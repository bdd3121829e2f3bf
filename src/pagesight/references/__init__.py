"""Keys of figures, tables, sections, equations ...: how captions, headings and formulas give them,
how running text mentions them, and which mention leads where.

A key is the singular word and the number as the field writes it: "Figure 3-2", "Figure 3(b)",
"Table A.1", "Table IV", "Section 5.1", "Equation 4". Everything that gives or mentions a thing
gives the same key for it, in whichever language.
"""

from pagesight.references.captions import parse_caption
from pagesight.references.chunked import RULES_VERSION, chunk_references
from pagesight.references.graph import reference_graph
from pagesight.references.keys import names_figure, names_table, without_part, word_of
from pagesight.references.mentions import BIBLIOGRAPHIC, asked, mentions, named, own_mentions
from pagesight.references.missing import missing

__all__ = [
    "BIBLIOGRAPHIC",
    "RULES_VERSION",
    "asked",
    "chunk_references",
    "mentions",
    "missing",
    "named",
    "names_figure",
    "names_table",
    "own_mentions",
    "parse_caption",
    "reference_graph",
    "without_part",
    "word_of",
]
