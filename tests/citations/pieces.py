"""Evidence to check claims against, and a short way to do it."""

from __future__ import annotations

from pagesight.citations import Grounded, ground
from pagesight.results import Claim, Evidence
from tests.builders import a_chunk, some_pages
from tests.evidence import an_evidence

PROSE = an_evidence(
    1,
    "The shaft seal is tightened to 45 Nm. The bearing bracket takes 85 Nm and must not be "
    "lubricated with copper paste. Use grease PN 410-2207 for the O-rings. Wait at least 8 minutes "
    "after switching off the mains before you open the cover. Never run the pump without oil.",
)
TABLE = an_evidence(
    2,
    "Table 4-1: Tightening torques\n"
    "| Joint | Thread | Torque [Nm] | Length [mm] |\n| --- | --- | --- | --- |\n"
    "| Casing cover | M6 | 10 | 25 |\n| Bearing bracket | M8 | 24 | 40 |",
    "table",
)
FIGURE = an_evidence(
    3, "Figure 3-2: Sectional view of the P4-100\n1 casing\n2 impeller\nmax. 16 bar", "figure"
)
BLANK = an_evidence(4, "", "figure")
DATASHEET = an_evidence(
    5,
    "Electrical characteristics\n| Parameter | Min | Typ | Max | Unit |\n"
    "| --- | --- | --- | --- | --- |\n| Input voltage | 2.7 | | 5.5 | V |\n"
    "| Quiescent current | | 55 | 90 | µA |\n| Junction temperature | -40 | | 125 | °C |",
    "table",
)
REVENUE = an_evidence(
    6,
    "Statement of income (in millions of dollars)\n| | 2023 | 2022 |\n| --- | --- | --- |\n"
    "| Net revenue | 5,310 | 4,862 |\n| Net income | 724 | 655 |",
    "table",
)
STEPS = an_evidence(
    7,
    "Changing the filter\n1. Close the suction valve and open the drain valve.\n"
    "2. Unscrew the bowl counter-clockwise.\n3. Insert a new element.\nDo not reuse the O-ring.",
)
MODELS = an_evidence(
    8,
    chunk=a_chunk(
        "models",
        "The P4-100 delivers 62 l/min at 1500 rpm and weighs 41 kg. The P4-50 delivers 31 l/min at "
        "1500 rpm and weighs 27 kg. The seal is made by Burgmann, the motor by Siemens.",
        heading_path=("2 Models",),
    ),
    text="",
)
ALL = (PROSE, TABLE, FIGURE, BLANK, DATASHEET, REVENUE, STEPS, MODELS)


def grounded(text: str, *evidence: Evidence) -> Grounded:
    """The answer checked against these pieces, or all of them."""
    return ground(text, evidence or ALL, lambda _: some_pages())


def claim(text: str, *evidence: Evidence) -> Claim:
    """The only claim of an answer."""
    (one,) = grounded(text, *evidence).claims
    return one
