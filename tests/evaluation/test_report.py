"""The report of a run: one page that is safe to open, a text for an issue, and JSON."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from PIL import Image

from pagesight.evaluation.report import (
    WantedPage,
    render_html,
    render_markdown,
    report_json,
    thumbnail,
    wanted_pictures,
)
from pagesight.evaluation.report.data import duration, missed, sentence
from pagesight.evaluation.report.pictures import crop_key
from pagesight.evaluation.report.plots import Part, Point, recall_plot, stacked_bar
from pagesight.evaluation.scores.blame import STAGES
from pagesight.evaluation.scores.summary import Interval, Loss, Report
from pagesight.evaluation.sets.cases import Case, GoldPage
from tests.evaluation.reports import (
    BOX,
    MANUAL,
    NASTY,
    SCRIPT,
    a_report,
    an_empty_report,
    lost_at,
)

VOID = {"meta", "img", "input", "br"}
KEPT_CASE = Case(
    id="q1",
    question="Torque?",
    documents=(MANUAL,),
    pages=(GoldPage(document=MANUAL, page=1),),
)


class Page(HTMLParser):
    """The tags of a page with their attributes, and the texts in each kind of tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.inside: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), "no attribute comes twice"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)
            self.inside.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, "tags are nested"

    def handle_data(self, data: str) -> None:
        if self._open[-1:] in (["script"], ["style"]):
            self.inside[self._open[-1]][-1] += data
            return
        self.texts.append(data)
        for tag in set(self._open):
            self.inside[tag][-1] += f" {data}"

    def named(self, *names: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in names]

    def values(self, *names: str) -> list[str]:
        """Values of attributes, wherever they stand."""
        return [each[name] for _, each in self.tags for name in names if name in each]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def a_picture(width: int = 8, height: int = 8, form: str = "PNG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, form)
    return out.getvalue()


def pictures_of(report: Report, limit: int = 60) -> dict[str, bytes]:
    wanted = wanted_pictures(report, limit)
    keys = [page.key for page in wanted.pages] + [crop_key(image) for image in wanted.crops]
    return dict.fromkeys(keys, a_picture())


REPORTS = {
    "asked": a_report(),
    "retrieval only": a_report(answers=False),
    "empty": an_empty_report(),
    "nothing lost": replace(lost_at(), cases=(KEPT_CASE,), rows=a_report().rows[:1]),
}


@pytest.fixture(params=REPORTS, name="page")
def any_page(request: pytest.FixtureRequest) -> Page:
    report = REPORTS[request.param]
    return Page(render_html(report, pictures_of(report)))


def test_a_page_loads_nothing_from_anywhere(page: Page) -> None:
    assert all(value.startswith("data:image/png;base64,") for value in page.values("src"))
    assert all(value.startswith("#") for value in page.values("href", "xlink:href"))
    assert not page.named("link", "iframe", "object", "embed", "base", "form", "use", "image")
    assert "url(" not in page.inside["style"][0]
    assert "@import" not in page.inside["style"][0]


def test_the_policy_of_a_page_lets_only_its_own_script_run(page: Page) -> None:
    policy = next(meta["content"] for meta in page.named("meta") if "http-equiv" in meta)
    (script,) = page.inside["script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'; ")
    assert f"script-src 'sha256-{digest}'" in policy


def test_ids_are_unique_and_what_refers_to_them_finds_them(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    links = [value.removeprefix("#") for value in page.values("href")]
    named = [id for value in page.values("for", "aria-labelledby") for id in value.split()]
    assert set(links + named) <= set(ids)


def test_headings_follow_each_other_without_a_gap(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_tables_have_captions_and_their_headers_a_scope(page: Page) -> None:
    assert len(page.named("caption")) == len(page.named("table"))
    assert all(header["scope"] for header in page.named("th"))


def test_every_plot_says_in_words_what_it_shows() -> None:
    page = Page(render_html(a_report(), {}))
    plots = page.named("svg")
    assert len(plots) == 6 + 6 + 2 + 2  # headlines, kinds, levels, latency
    assert all(plot["role"] == "img" for plot in plots)
    assert len(page.named("desc")) == len(plots)
    assert "kept 6, lost: crashed 1, lost: listed 1, lost: fused 3, lost: answered 1" in page.text


@pytest.mark.parametrize("stage", [*STAGES, "other"])
def test_every_stage_has_its_colours_in_light_and_dark(stage: str) -> None:
    (style,) = Page(render_html(an_empty_report(), {})).inside["style"]
    assert len(re.findall(rf"--at-{stage}: #", style)) == 2
    assert len(re.findall(rf"--at-{stage}-ink: #", style)) == 2


def test_text_from_outside_is_never_markup() -> None:
    html = render_html(a_report(), {})
    page = Page(html)
    assert len(page.named("script")) == 1
    assert not [name for _, each in page.tags for name in each if name.startswith("on")]
    assert not page.named("img")
    assert SCRIPT not in html
    # Groups at two levels, settings, the list; in the card: question, tag, gold answer, answer,
    # cited document, documents of two hits, label, snippet.
    assert page.text.count(NASTY) == 4 + 9
    assert "{{ 7 * 7 }}" in page.text
    styles = page.values("style")
    assert all(re.fullmatch(r"(fill|background):var\(--[a-z-]+\)", style) for style in styles)


def test_an_unknown_stage_or_evidence_is_shown_and_never_markup() -> None:
    report = a_report()
    blame = replace(
        report.blame,
        lost={"all": {NASTY: 2}, NASTY: {NASTY: 2}},
        losses={"q01": Loss(stage=NASTY, detail="new")},
    )
    html = render_html(replace(report, blame=blame), {})
    assert SCRIPT not in html
    assert len(Page(html).named("img")) == 0
    assert f"all because the stage “{NASTY}” failed" not in html
    assert NASTY in Page(html).texts
    assert NASTY not in render_markdown(replace(report, blame=blame))


def test_the_top_names_the_run_and_the_figures_that_matter() -> None:
    text = Page(render_html(a_report(), {})).text
    assert "golden 12 questions" in text
    assert "3 documents 2,206 pages, 12,711 chunks" in text
    assert "2026-03-02 09:41 UTC pagesight 0.1.0" in text
    assert "page recall@1 .500" in text
    assert ".38–.70 n = 11" in text
    assert "contains gold .750" in text
    assert ".50–1.00 n = 3" in text, "as many cases as the metric has values"
    assert "refused unanswerable .750" in text


def test_without_pages_the_headline_is_of_the_first_level() -> None:
    report = a_report(answers=False)
    alone = replace(report, retrieval={"document": report.retrieval["document"]})
    text = Page(render_html(alone, {})).text
    assert "document recall@1 .800" in text
    assert "page recall@1" not in text
    assert "not asked" in text


def test_missed_questions_stand_in_the_order_of_the_pipeline() -> None:
    assert [(item.stage, item.case.id) for item in missed(a_report())] == [
        ("crashed", "q09"),
        ("listed", "q05"),
        ("fused", "q04"),
        ("fused", "q06"),
        ("fused", "q08"),
        ("answered", "q11"),
    ]


def test_a_card_can_be_filtered_by_its_stage_and_evidence() -> None:
    page = Page(render_html(a_report(), {}))
    cards = page.named("article")
    assert [(card["data-stage"], card["data-kind"]) for card in cards] == [
        ("crashed", "figure"),
        ("listed", "figure"),
        ("fused", "table"),
        ("fused", "figure"),
        ("fused", "unlabelled"),
        ("answered", "unanswerable"),
    ]
    offered = {option["value"] for option in page.named("option")}
    wanted = {value for card in cards for value in (card["data-stage"], card["data-kind"])}
    assert offered == wanted | {""}


def test_a_card_tells_what_was_expected_found_and_answered() -> None:
    (card,) = [
        text for text in Page(render_html(a_report(), {})).inside["article"] if "q04" in text
    ]
    words = " ".join(card.replace("\xa0", " ").split())
    assert "What does page 4 say?" in words
    assert "Gold 45 Nm manual.pdf p. 4" in words
    assert "dense 3 words 14 fused 12" in words
    assert "Answer It is 45 Nm. [1]" in words
    assert "Cites manual.pdf p. 7 1 of 2 claims verified judged wrong" in words
    assert "2 Table 5-1 table gold page manual.pdf p. 4 dense 1, words 2" in words
    assert "4 text" not in words, "only the first three hits are shown"


def test_a_crashed_question_is_called_so_also_where_no_stage_is_blamed() -> None:
    report = a_report()
    losses = {id: loss for id, loss in report.blame.losses.items() if id != "q09"}
    unblamed = replace(report, blame=replace(report.blame, losses=losses))
    text = Page(render_html(unblamed, {})).text
    assert "1 of 12 questions crashed and count as zero" in text
    assert f"Error the endpoint did not answer {SCRIPT}" in text
    assert missed(unblamed)[0].stage == "crashed"


def test_synthetic_questions_are_marked_wherever_they_count() -> None:
    page = Page(render_html(a_report(), {}))
    assert "Synthetic questions: 2 of 12 were made by a program" in page.text
    headings = [heading for heading in page.inside["h2"] if "incl. 2 synthetic" in heading]
    assert len(headings) == 6
    assert page.texts.count("synthetic") == 2 + 1, "two rows of the list, one card"
    assert "Synthetic questions: 2 of 12" in render_markdown(a_report())
    assert report_json(a_report())["synthetic"] == 2


def test_a_set_that_people_wrote_has_no_such_marks() -> None:
    report = a_report()
    cases = tuple(replace(case, synthetic=False) for case in report.cases)
    assert "ynthetic" not in Page(render_html(replace(report, cases=cases), {})).text


def test_what_was_not_counted_is_not_called_kept() -> None:
    text = Page(render_html(a_report(answers=False), {})).text
    assert "not counted" not in text, "q11 is lost"
    report = replace(a_report(answers=False), blame=an_empty_report().blame)
    rows = Page(render_html(report, {})).inside["tr"]
    (unanswerable,) = [row for row in rows if "q11" in row]
    assert "not counted" in unanswerable
    assert "kept" in next(row for row in rows if "q02" in row)


def test_a_report_of_nothing_says_so() -> None:
    text = Page(render_html(an_empty_report(), {})).text
    assert "No question of this run could be followed" in text
    assert "No figure could be computed" in text
    assert "No recall was measured" in text
    assert "Missed questions 0 None." in text


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ({}, "None of 20 questions is lost."),
        ({"fused": 1}, "1 of 20 questions is lost, because the page is in a list but not in the "),
        ({"listed": 3}, "3 of 20 questions are lost, all because the page is in the top 50 of no "),
        ({"listed": 3, "fused": 1}, "4 of 20 questions are lost: most (3) because the page is in "),
        (
            {"listed": 2, "fused": 2, "ingested": 1},
            "5 of 20 questions are lost: 2 because the page is in the top 50 of no list, 2 because "
            "the page is in a list but not in the fused top 10, 1 for other reasons.",
        ),
    ],
)
def test_one_sentence_says_why_most_questions_are_lost(stages: dict[str, int], said: str) -> None:
    assert sentence(lost_at(**stages)).startswith(said)


def test_the_pictures_wanted_are_those_of_the_first_missed_questions() -> None:
    wanted = wanted_pictures(a_report(), limit=4)  # q09, q05, q04, q06
    named = {(page.document, page.page): page for page in wanted.pages}
    assert [page for document, page in named if document == MANUAL] == [9, 5, 7, 4, 6]
    assert named[MANUAL, 6].boxes == (BOX,)
    assert named[MANUAL, 5].boxes == ()
    assert wanted.crops == ("crop-c2", "crop-c3")
    assert wanted_pictures(a_report(), limit=0).pages == ()


def test_a_page_with_other_boxes_is_another_picture() -> None:
    report = a_report()
    more = wanted_pictures(report)
    assert len({page.key for page in more.pages}) == len(more.pages)
    boxed = WantedPage(key=f"page/{MANUAL}#7@50,100,300,180", document=MANUAL, page=7, boxes=(BOX,))
    assert boxed in more.pages


def test_every_picture_that_is_wanted_is_shown() -> None:
    report = a_report()
    page = Page(render_html(report, pictures_of(report)))
    assert len(page.named("img")) == 1 + 4 * 4 + 3  # the crashed one, four with gold pages, q11
    assert all(image["alt"] for image in page.named("img"))
    assert "no picture" not in page.text


def test_a_picture_that_is_missing_or_broken_leaves_a_placeholder() -> None:
    report = a_report()
    pictures = pictures_of(report)
    pictures.pop(crop_key("crop-c2"))
    pictures[crop_key("crop-c3")] = b"<svg onload=alert(1)>"
    page = Page(render_html(report, pictures))
    assert page.texts.count("no picture") == 5 + 5
    assert all(value.startswith("data:image/png;base64,") for value in page.values("src"))


def test_the_page_says_where_pictures_end() -> None:
    report = a_report()
    page = Page(render_html(report, pictures_of(report, 2), limit=2))
    assert "The first 2 have pictures, the other 4 have none." in page.text
    assert len(page.named("img")) == 1 + 4
    assert "no picture" not in page.text


def test_without_any_picture_there_are_no_places_for_them() -> None:
    text = Page(render_html(a_report(), {})).text
    assert "no picture" not in text
    assert "have pictures" not in text


def test_a_thumbnail_is_small_white_and_a_jpeg() -> None:
    with Image.open(io.BytesIO(thumbnail(a_picture(800, 400, mode="RGBA"), 200))) as small:
        assert (small.format, small.size) == ("JPEG", (200, 100))
        assert small.getpixel((100, 50)) == (255, 255, 255), "what was transparent"
    with Image.open(io.BytesIO(thumbnail(a_picture(80, 40), 200))) as small:
        assert small.size == (80, 40), "never enlarged"


def test_what_is_no_picture_has_no_thumbnail() -> None:
    with pytest.raises(OSError, match="cannot identify"):
        thumbnail(b"%PDF-1.7", 200)


def test_a_bar_is_as_wide_as_its_share_and_escapes_its_names() -> None:
    parts = [
        Part(name=NASTY, count=3, colour="var(--kept)", ink="var(--ink)"),
        Part(name="lost", count=1, colour="var(--at-fused)", ink="var(--ink)"),
        Part(name="none", count=0, colour="var(--at-read)", ink="var(--ink)"),
    ]
    page = Page(stacked_bar(parts, title=NASTY))
    assert [rect["width"] for rect in page.named("rect")] == ["75.000%", "25.000%"]
    assert not page.named("script", "img")
    assert Page(stacked_bar([], title="none")).named("rect") == []


def test_recall_rises_to_the_top_of_its_plot_and_never_leaves_it() -> None:
    points = [
        Point(k=1, value=Interval(mean=0.0, low=-0.5, high=0.2)),
        Point(k=10, value=Interval(mean=1.0, low=0.9, high=1.5)),
    ]
    page = Page(recall_plot(points, title="page"))
    low, high = page.named("circle")
    assert float(low["cy"]) > float(high["cy"])
    assert float(low["cx"]) < float(high["cx"])
    (band,) = page.named("polygon")
    heights = [float(place.split(",")[1]) for place in band["points"].split()]
    assert (min(heights), max(heights)) == (float(high["cy"]), float(low["cy"]))
    assert "recall@10 1.000 (0.900 to 1.500)" in page.text


def test_labels_under_a_plot_leave_each_other_room() -> None:
    values = Interval(mean=0.5, low=0.4, high=0.6)
    page = Page(recall_plot([Point(k=k, value=values) for k in range(1, 101)], title="page"))
    places = [float(text["x"]) for text in page.named("text") if text.get("class") == "axis"][3:]
    assert len(places) > 3
    assert all(right - left >= 27 for left, right in pairwise(places))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.00042, "0.4 ms"), (0.0123, "12 ms"), (0.9996, "1.00 s"), (130.0, "130 s")],
)
def test_a_duration_has_the_unit_that_suits_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def columns(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_markdown_tables_are_whole(report: Report) -> None:
    blocks = render_markdown(report).split("\n\n")
    tables = [block.strip().splitlines() for block in blocks if block.startswith("|")]
    for table in tables:
        assert re.fullmatch(r"\| ---( \| ---:)+ \|", table[1])
        assert len({columns(line) for line in table}) == 1
    assert len(tables) == (3 if report.blame.lists else len(report.blame.kept))


def test_markdown_prints_text_from_outside_as_it_is() -> None:
    text = render_markdown(a_report())
    assert "<" not in re.sub(r"\\<", "", text)
    assert r"\[a\](https://example.org)" in text
    assert r"\| " in text


def test_markdown_lists_the_missed_questions() -> None:
    text = render_markdown(a_report())
    assert "## Missed questions (6)" in text
    assert "- **fused · table · q04 · synthetic**: What does page 4 say?" in text
    assert "  - gold: manual.pdf p. 4; 45 Nm" in text
    assert "2. Table 5-1 manual.pdf p. 4 (dense 1, words 2)" in text
    assert "Missed" not in render_markdown(an_empty_report())


def test_json_holds_everything_but_the_hits() -> None:
    plain = json.loads(json.dumps(report_json(a_report()), allow_nan=False))
    assert plain["info"]["settings"]["retrieve"] == {"count": 10, "weight": 0.1}
    page = plain["retrieval"]["page"]["all"]
    assert page["cases"] == 11
    assert page["metrics"]["recall@5"] == {"mean": 0.51, "low": 0.376543, "high": 0.7}
    assert plain["answers"]["all"]["metrics"]["contains_gold"]["high"] == 1.0
    assert plain["latency"]["write"] == {"p50": 1.25, "p95": 130.0}
    assert plain["blame"]["lost"]["all"]["fused"] == 3
    assert plain["blame"]["losses"]["q04"]["stage"] == "fused"
    assert plain["blame"]["lists"]["dense"] == {"all": 0.9, "figure": 0.5}
    assert "hits" not in json.dumps(plain["questions"])


def test_json_has_one_entry_a_question() -> None:
    plain = json.loads(json.dumps(report_json(a_report())))
    first, fourth = plain["questions"][0], plain["questions"][3]
    assert len(plain["questions"]) == 12
    assert (first["lost"], fourth["lost"]) == (None, "fused")
    assert fourth["gold"] == ["manual.pdf#4"]
    assert list(fourth["ranks"]["lists"].items()) == [("dense", 3), ("words", 14)]
    assert (fourth["ranks"]["fused"], fourth["ranks"]["relevant"]) == (12, 17)
    assert fourth["seconds"] == {"dense": 0.0091, "write": 1.234568}
    assert fourth["answer"]["cited"] == ["manual.pdf#7"]
    assert plain["questions"][8]["error"].startswith("the endpoint did not answer")
    assert plain["questions"][8]["answer"] is None


def test_the_same_report_is_the_same_bytes() -> None:
    assert render_html(a_report(), {}) == render_html(a_report(), {})
    assert json.dumps(report_json(a_report())) == json.dumps(report_json(a_report()))
