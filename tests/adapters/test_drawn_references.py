"""What the text of a drawn page mentions is tied to where it stands on that page."""

from __future__ import annotations

from pathlib import Path

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.engine import pymupdf
from pagesight.assembly import assemble
from pagesight.references import reference_graph

CODE = (
    "#include <adc.h>",
    "int main(void) {",
    "    int value = adc_read(CHANNEL_3);",
    "    while (value > LIMIT) {",
    "        value = adc_read(CHANNEL_3);",
    "    }",
    "    return 0;",
    "}",
)
STEPS = (
    "1. Open the cover of the housing.",
    "2. Loosen both screws of the clamp.",
    "3. Insert the cable from below.",
)


class NoCrops:
    def put(self, png: bytes) -> str:
        return f"{len(png)}.png"


def manual(path: Path) -> Path:
    """One page: a section, two formulas with their numbers at the edge, code, and steps."""
    with pymupdf.open() as document:
        page = document.new_page(width=612, height=792)
        page.insert_text((72, 80), "5.1.2 Wiring the controller", fontsize=14, fontname="hebo")
        page.insert_text((72, 110), "The current follows from Eq. (5), the loss from Eq. (6), and")
        page.insert_text(
            (72, 123), "Listing 4 reads it. Step 2 of Section 5.1.2 must be done first."
        )
        for top, formula, number in (
            (175, "V = I (R + r) + L x + c", "(5)"),
            (250, "P = V I - 2 r I", "(6)"),
        ):
            page.insert_text((250, top), formula, fontname="tiit")
            page.insert_text((525, top), number, fontname="tiit")
            page.insert_text((72, top + 25), "where R is the resistance of the load, and r that of")
            page.insert_text(
                (72, top + 38), "the source, both of them measured at room temperature."
            )
        for row, line in enumerate(CODE):
            page.insert_text((90, 320 + 12 * row), line, fontsize=9, fontname="cour")
        page.insert_text((72, 425), "Listing 4: Reading the current with the converter")
        page.insert_text((72, 455), "Carry out these steps in the order in which they stand here.")
        for row, line in enumerate(STEPS):
            page.insert_text((80, 480 + 18 * row), line)
        document.save(path)
    return path


def test_every_kind_of_thing_is_tied_to_its_box(tmp_path: Path) -> None:
    path = manual(tmp_path / "manual.pdf")
    parser = PyMuPDFParser(NoCrops(), None)
    parsed = assemble(parser.profile(path), parser.parse_pages(path, 0, 1))
    found = {each.key: each for each in reference_graph(parsed)}
    for key, left, top, bottom in (
        ("Section 5.1.2", 72, 80, 80),
        ("Equation 5", 250, 175, 175),
        ("Equation 6", 250, 250, 250),
        ("Listing 4", 72, 320, 425),
        ("Step 2", 80, 498, 498),
    ):
        (place,) = found[key].defined
        assert found[key].mentions[0].target == 0, key
        assert place.page == 0
        # The box of a line reaches from 14 points over its base line to 5 below it at most.
        assert abs(place.bbox.x0 - left) < 3, key
        assert top - 15 < place.bbox.y0 < top, key
        assert bottom < place.bbox.y1 < bottom + 6, key
