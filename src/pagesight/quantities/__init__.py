"""Numbers with their units in running text, and whether two of them say the same."""

from pagesight.quantities.comparing import same
from pagesight.quantities.reading import DASHES, Quantity, quantities

__all__ = ["DASHES", "Quantity", "quantities", "same"]
