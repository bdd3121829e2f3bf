from __future__ import annotations

from pagesight.assembly import assemble
from pagesight.document import (
    Caption,
    DocumentProfile,
    Element,
    Figure,
    OutlineEntry,
    Page,
    PageContent,
    Role,
    Span,
    TextBlock,
)
from pagesight.geometry import BBox


def block(
    text: str, *, page: int = 0, role: Role = "paragraph", top: float = 100, size: float = 10
) -> TextBlock:
    box = BBox(72, top, 520, top + 1.4 * size)
    span = Span(start=0, end=len(text), page=page, bbox=box)
    return TextBlock(page=page, bbox=box, role=role, text=text, spans=(span,), font_size=size)


def figure(image: str, *, page: int = 0, caption: str = "") -> Figure:
    found = Caption(label="Figure 1", text=caption, spans=()) if caption else None
    return Figure(page=page, bbox=BBox(72, 200, 520, 400), image=image, caption=found)


def content(index: int, *elements: Element) -> PageContent:
    page = Page(index=index, label=str(index + 1), width=595, height=842)
    return PageContent(page=page, elements=elements)


def profile(*, title: str = "", outline: tuple[OutlineEntry, ...] = ()) -> DocumentProfile:
    return DocumentProfile(
        id="0" * 64,
        source="/manuals/hydra_p4.pdf",
        title=title,
        page_count=1,
        outline=outline,
    )


def paths(*contents: PageContent, outline: tuple[OutlineEntry, ...] = ()) -> list[tuple[str, ...]]:
    return [each.heading_path for each in assemble(profile(outline=outline), contents).elements]


def texts(*contents: PageContent) -> list[str]:
    elements = assemble(profile(), contents).elements
    return [each.text for each in elements if isinstance(each, TextBlock)]


def test_headers_and_footers_are_dropped() -> None:
    pages = [
        content(
            index,
            block("HYDRA P4", page=index, role="header", top=30),
            block(f"Chapter of page {'abc'[index]}", page=index, role="header", top=32),
            block("Text", page=index),
            block(f"3-{index}", page=index, role="footer", top=800),
        )
        for index in range(3)
    ]
    assert texts(*pages) == ["Text"] * 3


def test_small_print_that_runs_up_the_margin_is_no_taller_than_its_letters() -> None:
    said = "Downloaded on 11 November 2019"
    box = BBox(6, 158, 18, 522)
    span = Span(start=0, end=len(said), page=0, bbox=box)
    line = TextBlock(page=0, bbox=box, role="header", text=said, spans=(span,))
    _, kept = assemble(profile(), [content(0, block("Text"), line)]).elements
    assert isinstance(kept, TextBlock)
    assert kept.role == "header"


def test_what_looks_like_a_header_and_stands_on_one_page_is_kept_small_print_as_such() -> None:
    first = content(
        0,
        block("Borrmann & Lindqvist", role="header", top=30, size=16),
        block("Form 27-B", role="header", top=60),
        block("Text"),
        block("1 Supplied by the laboratory.", role="footer", top=760),
        block("1", role="footer", top=800),
    )
    assert texts(first, content(1, block("More", page=1))) == [
        "Borrmann & Lindqvist",
        "Form 27-B",
        "Text",
        "1 Supplied by the laboratory.",
        "More",
    ]
    roles = [
        each.role for each in assemble(profile(), [first]).elements if isinstance(each, TextBlock)
    ]
    assert roles == ["paragraph", "header", "paragraph", "footnote"]


def test_a_text_repeated_in_the_margin_is_dropped_with_its_changing_number() -> None:
    pages = [
        content(index, block(f"Doc. 410-9001, page {index + 1}", page=index, top=810), block("x"))
        for index in range(4)
    ]
    parsed = assemble(profile(), pages)
    assert [each.text for each in parsed.elements if isinstance(each, TextBlock)] == ["x"] * 4


def test_a_text_repeated_inside_the_page_is_kept() -> None:
    pages = [content(index, block("See chapter 5.", page=index, top=400)) for index in range(4)]
    assert len(assemble(profile(), pages).elements) == 4


def test_two_pages_are_too_few_for_a_running_text() -> None:
    pages = [content(index, block("Confidential", page=index, top=20)) for index in range(2)]
    assert len(assemble(profile(), pages).elements) == 2


def test_a_chapter_heading_at_the_top_of_every_page_is_kept() -> None:
    pages = [
        content(index, block(f"Chapter {index + 1}", page=index, role="heading", top=60, size=18))
        for index in range(5)
    ]
    assert len(assemble(profile(), pages).elements) == 5


def test_a_logo_on_many_pages_is_dropped_but_not_a_captioned_figure() -> None:
    pages = [
        content(index, figure("logo.png", page=index), figure("same.png", caption="Figure 1: Unit"))
        for index in range(3)
    ]
    parsed = assemble(profile(), pages)
    assert [each.image for each in parsed.elements if isinstance(each, Figure)] == ["same.png"] * 3


def test_a_page_keeps_its_only_line_and_its_only_picture_though_they_repeat() -> None:
    lines = [content(index, block("Confidential", role="footer", page=index)) for index in range(3)]
    assert texts(*lines) == ["Confidential"] * 3
    pictures = [content(index, figure("same.png", page=index)) for index in range(3)]
    assert len(assemble(profile(), pictures).elements) == 3


def test_numbers_nest_headings_and_every_element_gets_its_path() -> None:
    found = paths(
        content(
            0,
            block("3 Installation", role="heading", size=18),
            block("3.2 Mounting", role="heading", size=18),
            block("3.2.1 Foundation", role="heading", size=18),
            figure("a.png", caption="Figure 1: Foundation"),
            block("3.3 Piping", role="heading", size=18),
            block("Pipes are clean."),
        )
    )
    assert found == [
        (),
        ("3 Installation",),
        ("3 Installation", "3.2 Mounting"),
        ("3 Installation", "3.2 Mounting", "3.2.1 Foundation"),
        ("3 Installation",),
        ("3 Installation", "3.3 Piping"),
    ]


def test_sizes_nest_headings_without_numbers() -> None:
    found = paths(
        content(
            0,
            block("Installation", role="heading", size=18),
            block("Mounting", role="heading", size=14.2),
            block("Piping", role="heading", size=14),
            block("Text"),
        ),
        content(1, block("Operation", page=1, role="heading", size=18), block("More", page=1)),
    )
    assert found == [
        (),
        ("Installation",),
        ("Installation",),
        ("Installation", "Piping"),
        (),
        ("Operation",),
    ]


def test_headings_without_number_are_of_the_level_of_numbered_ones_of_their_size() -> None:
    found = paths(
        content(
            0,
            block("Retrieval for pumps", role="title", size=18),
            block("Abstract", role="heading", size=12),
            block("1 Introduction", role="heading", size=12),
            block("1.1 Valves", role="heading", size=10.5),
            block("Seats", role="heading", size=9),
            block("References", role="heading", size=12),
        )
    )
    assert found == [
        (),
        (),
        (),
        ("1 Introduction",),
        ("1 Introduction", "1.1 Valves"),
        (),
    ]


def test_the_heading_of_a_paragraph_is_under_numbered_ones_of_the_size_of_the_text() -> None:
    found = paths(
        content(
            0,
            block("3 Results", role="heading", size=12),
            block("3.3 Data", role="heading"),
            block("Baselines", role="heading"),
            block("They are the same for all pumps."),
            block("Metrics", role="heading"),
            block("4 Summary", role="heading", size=12),
        )
    )
    assert found[3] == ("3 Results", "3.3 Data", "Baselines")
    assert found[4] == ("3 Results", "3.3 Data")


def test_a_line_in_the_size_of_the_text_that_ends_with_a_colon_is_under_the_heading_before() -> (
    None
):
    found = paths(
        content(
            0,
            block("Safety", role="heading", size=14),
            block("Before you begin:", role="heading"),
            block("Wear gloves when you open the lid of the pump."),
            block("Also:", role="heading"),
            block("Tools", role="heading", size=14),
        )
    )
    assert found == [(), ("Safety",), ("Safety", "Before you begin:"), ("Safety",), ()]


def test_numbers_count_from_the_level_that_bookmarks_give_them() -> None:
    outline = (
        OutlineEntry(level=1, title="Part I", page=0),
        OutlineEntry(level=2, title="4 Pumps", page=0),
        OutlineEntry(level=3, title="4.1 Valves", page=0),
    )
    found = paths(
        content(
            0,
            block("Part I", role="heading"),
            block("4 Pumps", role="heading"),
            block("4.1 Valves", role="heading"),
            block("4.1.1 Seats", role="heading"),
            block("Seats are hard."),
        ),
        outline=outline,
    )
    assert found[-1] == ("Part I", "4 Pumps", "4.1 Valves", "4.1.1 Seats")


def test_a_chapter_number_and_the_words_under_it_are_one_heading() -> None:
    parsed = assemble(
        profile(),
        [
            content(
                0,
                block("Chapter 4", role="heading", top=80, size=18),
                block("Operation", role="heading", top=110, size=18),
                block("Open the valve."),
            )
        ],
    )
    heading, text = parsed.elements
    assert isinstance(heading, TextBlock)
    assert heading.text == "Chapter 4 Operation"
    assert [heading.text[span.start : span.end] for span in heading.spans] == [
        "Chapter 4",
        "Operation",
    ]
    assert text.heading_path == ("Chapter 4 Operation",)


def test_a_sentence_in_the_size_of_the_text_is_no_heading() -> None:
    parsed = assemble(
        profile(),
        [
            content(
                0,
                block("Safety first.", role="heading"),
                block("as long as the valve of the pump is open.", role="heading"),
                block("3.1 Results of the test of the pump.", role="heading"),
                block("Text"),
            )
        ],
    )
    roles = [each.role for each in parsed.elements if isinstance(each, TextBlock)]
    assert roles == ["heading", "paragraph", "heading", "paragraph"]


def test_an_item_between_items_is_no_heading() -> None:
    parsed = assemble(
        profile(),
        [
            content(
                0,
                block("2. Setup", role="heading"),
                block("1. Close the valve.", role="list"),
                block("2. Open the cover", role="heading"),
                block("3. Take out the seal.", role="list"),
            )
        ],
    )
    roles = [each.role for each in parsed.elements if isinstance(each, TextBlock)]
    assert roles == ["heading", "list", "list", "list"]


def test_a_text_that_counts_on_from_a_numbered_heading_is_a_heading() -> None:
    parsed = assemble(
        profile(),
        [
            content(
                0,
                block("3.2.1 PRIx8", role="heading"),
                block("3.2.2 PRIx16"),
                block("3.2.2.1 Examples"),
                block("3.2.5 of the standard"),
                block("3.2.2.2 The supplier keeps the pump clean."),
            )
        ],
    )
    roles = [each.role for each in parsed.elements if isinstance(each, TextBlock)]
    assert roles == ["heading", "heading", "heading", "paragraph", "paragraph"]


def labels(*footers: str) -> list[str]:
    pages = [
        content(index, block("Text", page=index), block(footer, page=index, top=810))
        for index, footer in enumerate(footers)
    ]
    return [page.label for page in assemble(profile(), pages).pages]


def test_labels_are_those_printed_in_the_margin_where_they_count_on() -> None:
    assert labels("cover", "i", "ii", "iii", "1", "2", "3", "back") == [
        "1",
        "i",
        "ii",
        "iii",
        "1",
        "2",
        "3",
        "4",
    ]
    assert labels("3-17", "Manual 3-18", "3-19 Manual") == ["3-17", "3-18", "3-19"]
    assert labels("Page 9 of 40", "Page 10 of 40", "Page 11 of 40") == ["9", "10", "11"]


def test_a_page_without_a_printed_number_gets_that_of_its_place() -> None:
    assert labels("7", "8", "", "10", "11", "") == ["7", "8", "9", "10", "11", "12"]


def test_numbers_that_do_not_count_on_are_no_labels() -> None:
    assert labels("Edition 2023", "Edition 2023", "Edition 2023", "5") == ["1", "2", "3", "4"]
    years = ["", "2020", "2021", "2022", *[""] * 16]
    assert labels(*years) == [str(number) for number in range(1, 21)]


def test_declared_labels_are_kept() -> None:
    pages = [
        PageContent(
            page=Page(index=index, label=f"A-{index + 1}", width=595, height=842),
            elements=(block(str(index + 30), page=index, top=810),),
        )
        for index in range(4)
    ]
    assert [page.label for page in assemble(profile(), pages).pages] == ["A-1", "A-2", "A-3", "A-4"]


def test_the_outline_decides_before_numbers_and_sizes() -> None:
    outline = (
        OutlineEntry(level=1, title="Operation", page=0),
        OutlineEntry(level=2, title="1 Starting", page=0),
        OutlineEntry(level=3, title="Cold oil", page=0),
    )
    found = paths(
        content(
            0,
            block("Operation", role="heading", size=12),
            block("Starting", role="heading", size=20),
            block("Cold oil", role="heading", size=20),
            block("Warm it up."),
        ),
        outline=outline,
    )
    assert found[-1] == ("Operation", "Starting", "Cold oil")


def test_the_title_is_that_of_the_metadata() -> None:
    assert assemble(profile(title="HYDRA P4"), [content(0, block("x"))]).title == "HYDRA P4"


def test_without_metadata_the_title_is_the_title_on_the_first_page() -> None:
    parsed = assemble(
        profile(), [content(0, block("Nordvik", size=30), block("Manual P4", role="title"))]
    )
    assert parsed.title == "Manual P4"


def test_without_a_title_the_largest_heading_of_the_first_page_is_taken() -> None:
    parsed = assemble(
        profile(),
        [
            content(
                0,
                block("Safety", role="heading", size=14),
                block("Service  Manual", role="heading", size=24),
            )
        ],
    )
    assert parsed.title == "Service Manual"


def test_without_any_text_the_title_is_the_name_of_the_file() -> None:
    assert assemble(profile(), [content(0)]).title == "hydra p4"


def test_pages_are_put_in_order() -> None:
    parsed = assemble(profile(), [content(1, block("b", page=1)), content(0, block("a"))])
    assert [page.index for page in parsed.pages] == [0, 1]
    assert [each.text for each in parsed.elements if isinstance(each, TextBlock)] == ["a", "b"]
