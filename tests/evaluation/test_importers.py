"""Question sets of others: small files in the layouts in which their authors publish them."""

import gzip
import json
import unicodedata
from collections import Counter
from pathlib import Path

import pymupdf
import pytest

from pagesight.adapters.pymupdf.printing.text import print_text
from pagesight.errors import SettingsError
from pagesight.evaluation.sets.cases import Case, GoldBox, load_set, write_set
from pagesight.evaluation.sets.importers import (
    LAYOUTS,
    Imported,
    beir_corpus,
    import_azure,
    import_beir,
    import_financebench,
    import_irpapers,
    import_mmlongbench,
    import_trec,
    published_run,
)
from pagesight.geometry import BBox

DATA = Path(__file__).parents[2].parent / "shared" / "data"

FINANCEBENCH = {
    "financebench_id": "financebench_id_00499",
    "company": "3M",
    "doc_name": "3M_2022_10K",
    "question_type": "domain-relevant",
    "question_reasoning": "Logical reasoning OR Numerical reasoning",
    "question": "Is 3M a capital-intensive business?",
    "answer": "No",
    "evidence": [
        {"evidence_text": "b", "doc_name": "3M_2022_10K", "evidence_page_num": 49},
        {"evidence_text": "a", "doc_name": "3M_2022_10K", "evidence_page_num": 0},
        {"evidence_text": "c", "evidence_doc_name": "3M_2021_10K", "evidence_page_num": 47},
    ],
}
SAMPLE = {
    "doc_id": "Independents-Report.pdf",
    "doc_type": "Research report / Introduction",
    "question": "Which two charts show it?",
    "answer": "['White', '10%']",
    "evidence_pages": "[22, 3]",
    "evidence_sources": "['Chart']",
    "answer_format": "List",
}
PAPER = {
    "dataset_id": "98_12",
    "pdf_id": 98,
    "pdf_title": "Internet-augmented language models",
    "page_number": 12,
    "question": "What overlap was reached?",
    "answer": "71.1%",
}
FLAT = {"id": "q5", "question": "Which steps?", "doc": "2.pdf", "pages": [1], "evidence_type": None}


def write_lines(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def only(imported: Imported) -> Case:
    (case,) = imported.cases
    return case


def pages(case: Case) -> list[str]:
    return [str(page) for page in case.pages]


def test_published_financebench_counts_pages_from_0(tmp_path: Path) -> None:
    case = only(import_financebench(write_lines(tmp_path / "f.jsonl", FINANCEBENCH)))
    assert case.id == "financebench_id_00499"
    assert case.documents == ("3M_2022_10K.pdf", "3M_2021_10K.pdf")
    assert pages(case) == ["3M_2022_10K.pdf#1", "3M_2022_10K.pdf#50", "3M_2021_10K.pdf#48"]
    assert case.answers == ("No",)
    assert case.tags == ("domain-relevant", "Logical reasoning", "Numerical reasoning")


def test_published_and_flat_lines_are_told_apart_one_by_one(tmp_path: Path) -> None:
    flat = FLAT | {"question_type": "novel-generated", "question_reasoning": None}
    cases = import_financebench(write_lines(tmp_path / "f.jsonl", FINANCEBENCH, flat)).cases
    assert pages(cases[1]) == ["2.pdf#1"]
    assert cases[1].tags == ("novel-generated",)


def test_published_mmlongbench_is_a_list_of_samples_that_are_numbered(tmp_path: Path) -> None:
    nothing = {"evidence_pages": "[]", "evidence_sources": "[]", "answer_format": "None"}
    samples = [
        SAMPLE,
        SAMPLE | {"evidence_sources": "['Table', 'Chart']", "answer_format": "Str"},
        SAMPLE | {"evidence_sources": "['Generalized-text (Layout)', 'Pure-text (Plain-text)']"},
        SAMPLE | {"answer": "Not answerable"} | nothing,
        SAMPLE | {"doc_id": "other.pdf", "answer": 8, "evidence_sources": "[]"},
    ]
    path = tmp_path / "samples.json"
    path.write_text(json.dumps(samples, indent=4))
    cases = import_mmlongbench(path).cases
    ids = [f"Independents-Report-{number}" for number in (1, 2, 3, 4)]
    assert [case.id for case in cases] == [*ids, "other-1"]
    assert [case.evidence for case in cases] == ["figure", "mixed", "text", "", ""]
    assert pages(cases[0]) == ["Independents-Report.pdf#3", "Independents-Report.pdf#22"]
    assert cases[0].answers == ("['White', '10%']",)
    assert cases[0].tags == ("format:List",)
    assert [case.unanswerable for case in cases] == [False, False, False, True, False]
    assert (cases[3].answers, cases[3].documents) == ((), ("Independents-Report.pdf",))
    assert cases[4].answers == ("8",)


def test_flat_mmlongbench_has_boxes_and_image_only_documents(tmp_path: Path) -> None:
    row = FLAT | {
        "answer": "541",
        "answer_format": "Int",
        "evidence_sources": ["Table"],
        "image_only_doc": True,
        "regions": [{"page": 1, "page_size": [612.0, 792.0], "bbox": [66, 412.8, 295, 521.4]}],
    }
    case = only(import_mmlongbench(write_lines(tmp_path / "m.jsonl", row)))
    assert case.boxes == (GoldBox(document="2.pdf", page=1, bbox=BBox(66, 412.8, 295, 521.4)),)
    assert case.tags == ("format:Int", "image-only")
    assert case.evidence == "table"


@pytest.mark.parametrize("as_list", [False, True])
def test_published_irpapers_name_paper_and_page_in_one(tmp_path: Path, as_list: bool) -> None:
    path = write_lines(tmp_path / "i.json", *([[PAPER, PAPER]] if as_list else [PAPER, PAPER]))
    cases = import_irpapers(path).cases
    assert [case.id for case in cases] == ["98_12-1", "98_12-2"]
    assert pages(cases[0]) == ["98.pdf#12"]
    assert cases[0].answers == ("71.1%",)


def test_a_published_ranking_keeps_its_order(tmp_path: Path) -> None:
    row = FLAT | {"published_hybrid_top20": ["2_2", "2_1", "19_2"]}
    ranked = published_run(write_lines(tmp_path / "i.jsonl", row))
    assert {id: list(map(str, found)) for id, found in ranked.items()} == {
        "q5": ["2.pdf#2", "2.pdf#1", "19.pdf#2"]
    }


def test_flat_lines_may_cite_several_documents(tmp_path: Path) -> None:
    cited = [{"doc": "b c.pdf", "pages": [57]}, {"doc": "a.pdf", "pages": [54, 2]}]
    row = FLAT | {"doc": "b c.pdf", "pages": [57], "evidence": cited, "evidence_type": "mixed"}
    case = only(import_azure(write_lines(tmp_path / "a.jsonl", row)))
    assert case.documents == ("b c.pdf", "a.pdf")
    assert pages(case) == ["b c.pdf#57", "a.pdf#2", "a.pdf#54"]
    assert case.evidence == "mixed"


QRELS = """\
1 0 data%20sheet.pdf#4 1
1 0 data%20sheet.pdf#2 3
1 0 other.pdf 1
2 0 other.pdf 0
9 0 other.pdf 1
"""


@pytest.mark.parametrize(
    "topics",
    [
        "1\tHow hot may it get?\n2\tUnjudged?\n3\tNothing?\n",
        "<top>\n<num> Number: 1\n<title> How hot\nmay it get?\n\n<desc> Description:\nx\n</top>\n"
        "<top><num>2</num><title>Unjudged?</title></top><TOP><num>3<title>Nothing?</TOP>",
    ],
    ids=["TSV", "classic"],
)
def test_trec_topics_meet_their_judgements(tmp_path: Path, topics: str) -> None:
    (tmp_path / "topics.txt").write_text(topics)
    (tmp_path / "qrels.txt").write_text(QRELS)
    imported = import_trec(tmp_path / "topics.txt", tmp_path / "qrels.txt")
    case = only(imported)
    assert (case.id, case.question) == ("1", "How hot may it get?")
    assert case.documents == ("data sheet.pdf", "other.pdf")
    assert pages(case) == ["data sheet.pdf#2", "data sheet.pdf#4"]
    assert case.grades == {"data sheet.pdf#2": 3}
    assert imported.left_out == {
        "no relevant document is judged": 2,
        "judged, but the question is missing": 1,
    }
    assert LAYOUTS["trec"](tmp_path) == imported


def test_a_title_of_a_topic_may_hold_a_less_than_sign(tmp_path: Path) -> None:
    topics = write_lines(tmp_path / "t", "<top><num> 1 <title> is x < y ? <desc> no </top>")
    case = only(import_trec(topics, write_lines(tmp_path / "q", "1 0 a.pdf 1")))
    assert case.question == "is x < y ?"


@pytest.mark.parametrize("packed", [False, True])
def test_beir_documents_and_judgements_share_their_file_names(tmp_path: Path, packed: bool) -> None:
    corpus = [
        {"_id": "a/b", "title": "Heat", "text": "It is 60 °C."},
        {"_id": "a b", "title": None, "text": "Nothing."},
        {"_id": "c", "text": "No title."},
    ]
    queries = [{"_id": "1", "text": "How hot?"}, {"_id": 2, "text": "Of another split?"}]
    for name, rows in (("corpus.jsonl", corpus), ("queries.jsonl", queries)):
        path = write_lines(tmp_path / name, *rows)
        if packed:
            path.with_name(f"{name}.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
    header = "query-id\tcorpus-id\tscore"
    write_lines(tmp_path / "qrels" / "dev.tsv", header, "2\ta b\t1")
    write_lines(tmp_path / "qrels" / "test.tsv", header, "1\ta/b\t2", "1\tc\t1", "1\ta b\t0")
    imported = import_beir(tmp_path)
    case = only(imported)
    assert (case.documents, case.grades) == (("a%2Fb.pdf", "c.pdf"), {"a%2Fb.pdf": 2})
    assert imported.left_out == {"no relevant document is judged": 1}
    assert [case.id for case in import_beir(tmp_path, "dev").cases] == ["2"]
    assert list(beir_corpus(tmp_path)) == [
        ("a%2Fb.pdf", "Heat", "It is 60 °C."),
        ("a%20b.pdf", "", "Nothing."),
        ("c.pdf", "", "No title."),
    ]


@pytest.mark.parametrize(
    ("layout", "row", "message"),
    [
        ("azure", "{", "line 2: is not JSON"),
        ("azure", [1], "entry 1: is not a JSON object"),
        ("azure", '"text"', "line 2: is not a JSON object"),
        ("azure", FLAT, "line 2: the id 'q5' is that of "),
        ("azure", FLAT | {"id": "q", "pages": [0]}, "line 2: `pages.0`: input should be greater"),
        ("azure", FLAT | {"id": "q", "question": " "}, "line 2: `question`: is missing"),
        ("azure", FLAT | {"id": "q", "doc": "a/b.pdf"}, "`documents`: 'a/b.pdf' is a path"),
        ("azure", {"id": "q", "question": "?"}, "line 2: `doc`: field required"),
        (
            "financebench",
            FINANCEBENCH | {"evidence": [{"evidence_page_num": -1}]},
            "line 2: `evidence.0.evidence_page_num`: input should be greater",
        ),
        (
            "mmlongbench",
            SAMPLE | {"evidence_pages": "[3"},
            "line 2: `evidence_pages`: is not the text of a list",
        ),
        (
            "mmlongbench",
            FLAT | {"id": "q", "regions": [{"page": 1, "bbox": [5, 5, 5, 9]}]},
            "line 2: `boxes`: `bbox` of box 1 must be",
        ),
        ("irpapers", PAPER | {"dataset_id": "98_0"}, "line 2: `dataset_id`: string should match"),
    ],
)
def test_a_wrong_line_is_named_with_its_field(
    tmp_path: Path, layout: str, row: object, message: str
) -> None:
    rows = [row] if isinstance(row, list) else [FLAT, row]
    path = write_lines(tmp_path / "set.jsonl", *rows)
    with pytest.raises(SettingsError) as raised:
        LAYOUTS[layout](path)
    assert str(raised.value).startswith(str(path))
    assert message in str(raised.value)


def test_files_that_are_missing_or_not_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no\.jsonl: cannot be read"):
        import_azure(tmp_path / "no.jsonl")
    with pytest.raises(SettingsError, match="holds no questions"):
        import_azure(write_lines(tmp_path / "empty.jsonl"))
    (tmp_path / "latin.jsonl").write_bytes(b'\n{"id": "\xe9"}\n')
    with pytest.raises(SettingsError, match="line 2: is not UTF-8"):
        import_azure(tmp_path / "latin.jsonl")
    (tmp_path / "torn.jsonl.gz").write_bytes(gzip.compress(b"{}" * 99)[:-9])
    with pytest.raises(SettingsError, match=r"torn\.jsonl\.gz: cannot be read"):
        import_azure(tmp_path / "torn.jsonl.gz")


def test_a_folder_without_its_parts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"must be a folder that holds queries\.jsonl or"):
        import_beir(tmp_path)
    write_lines(tmp_path / "queries.jsonl", {"_id": "1", "text": "?"})
    with pytest.raises(SettingsError, match=r"holds qrels/test\.tsv or qrels\.tsv"):
        import_beir(tmp_path)
    write_lines(tmp_path / "qrels.tsv", "1\ta\thigh")
    with pytest.raises(SettingsError, match="line 1: `score`: 'high' is not a whole number"):
        import_beir(tmp_path)
    write_lines(tmp_path / "qrels.tsv", "1 a 1")
    with pytest.raises(SettingsError, match="line 1: must be query-id<TAB>corpus-id<TAB>score"):
        import_beir(tmp_path)


def test_trec_parts_that_cannot_be_told_or_read_are_named(tmp_path: Path) -> None:
    write_lines(tmp_path / "topics.dev.tsv", "1\t?")
    write_lines(tmp_path / "topics.test.tsv", "1\t?")
    with pytest.raises(SettingsError, match=r"several topics\.\* \(topics\.dev\.tsv, topics\.tes"):
        LAYOUTS["trec"](tmp_path)
    qrels = write_lines(tmp_path / "qrels.txt", "1 0 a.pdf 1")
    with pytest.raises(SettingsError, match="line 1: must be id<TAB>question"):
        import_trec(write_lines(tmp_path / "topics.tsv", "1 How hot?"), qrels)
    with pytest.raises(SettingsError, match="topic 1: must hold `<num>` and `<title>`"):
        import_trec(write_lines(tmp_path / "topics.tsv", "<top><num> 1 </top>"), qrels)


def printed(path: Path) -> str:
    """The text layer without line ends; ligatures of the font as letters."""
    with pymupdf.open(path) as document:
        text = " ".join(page.get_text() for page in document)
    return " ".join(unicodedata.normalize("NFKC", text).split())


def test_a_text_is_printed_with_title_and_text_layer(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    text = "The office found λόγος & <b>μ</b> ≤ 5 °C.\n\n" + "ACGT" * 100
    print_text("Heat & <i>flow</i>", text, path)
    assert printed(path).startswith(
        "Heat & <i>flow</i> The office found λόγος & <b>μ</b> ≤ 5 °C. ACGT"
    )
    assert printed(path).replace(" ", "").count("ACGT") == 100
    with pymupdf.open(path) as document:
        assert document.metadata["title"] == "Heat & <i>flow</i>"
        assert document.page_count == 1
        assert [round(side) for side in document[0].rect] == [0, 0, 595, 842]
        assert document[0].get_images() == []


def test_a_long_text_takes_as_many_pages_as_it_needs(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(3000)]
    print_text("", " ".join(words), tmp_path / "long.pdf")
    assert printed(tmp_path / "long.pdf").split() == words
    with pymupdf.open(tmp_path / "long.pdf") as document:
        assert document.page_count > 3


def test_the_same_text_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        print_text("Titel", "Größe", tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_characters_that_no_text_layer_carries_become_plain_or_blank(tmp_path: Path) -> None:
    print_text("a\x00\ud800b", "x \U0001d6fc 😀 y", tmp_path / "odd.pdf")
    assert printed(tmp_path / "odd.pdf") == "a b x α y"
    print_text("", "", tmp_path / "empty.pdf")
    with pymupdf.open(tmp_path / "empty.pdf") as document:
        assert document.page_count == 1


def test_a_pdf_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no/a\.pdf: cannot be written"):
        print_text("a", "b", tmp_path / "no" / "a.pdf")


def shared(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"{DATA / name} is not on this machine")
    return DATA / name


@pytest.mark.parametrize(
    ("layout", "place", "count"),
    [
        ("azure", "azure_contoso/questions.jsonl", 60),
        ("beir", "text_ir/cisi", 76),
        ("beir", "text_ir/cranfield", 225),
        ("financebench", "financebench/questions.jsonl", 45),
        ("irpapers", "irpapers/questions.jsonl", 90),
        ("mmlongbench", "mmlongbench/questions.jsonl", 230),
    ],
)
def test_whole_sets_come_through_and_are_read_back(
    tmp_path: Path, layout: str, place: str, count: int
) -> None:
    imported = LAYOUTS[layout](shared(place))
    assert (len(imported.cases), imported.left_out) == (count, {})
    write_set(tmp_path / "set.jsonl", imported.cases)
    assert load_set(tmp_path / "set.jsonl") == list(imported.cases)


@pytest.mark.parametrize("name", ["financebench", "mmlongbench"])
def test_gold_pages_lie_within_their_documents(name: str) -> None:
    lines = (shared(name) / "docs.jsonl").read_text(encoding="utf-8").splitlines()
    counts = {row["doc"]: row["pages"] for row in map(json.loads, lines)}
    cases = LAYOUTS[name](shared(name) / "questions.jsonl").cases
    assert all(1 <= page.page <= counts[page.document] for case in cases for page in case.pages)
    assert {case.documents[0] for case in cases} <= set(counts)


def test_kinds_and_tags_of_mmlongbench_are_those_of_its_labels() -> None:
    cases = import_mmlongbench(shared("mmlongbench/questions.jsonl")).cases
    assert sum(case.unanswerable for case in cases) == 57
    kinds = Counter(case.evidence for case in cases)
    assert kinds == {"": 63, "mixed": 53, "text": 52, "figure": 38, "table": 24}
    tags = Counter(tag for case in cases for tag in case.tags)
    assert tags["image-only"] == 47
    assert tags["format:Int"] == 71
    assert any(case.boxes for case in cases)


def test_the_published_ranking_scores_as_it_did() -> None:
    path = shared("irpapers/questions.jsonl")
    ranked = published_run(path)
    cases = import_irpapers(path).cases
    hits = {
        cutoff: sum(bool(set(case.pages) & set(ranked[case.id][:cutoff])) for case in cases)
        for cutoff in (1, 10, 20)
    }
    assert {cutoff: round(hit / len(cases), 3) for cutoff, hit in hits.items()} == {
        1: 0.467,
        10: 0.878,
        20: 0.911,
    }


def test_beir_texts_are_printed_whole(tmp_path: Path) -> None:
    for name, title, text in list(beir_corpus(shared("text_ir/cisi")))[:20]:
        print_text(title, text, tmp_path / name)
        lettering = "".join(f"{title}{text}".split())
        assert printed(tmp_path / name).replace(" ", "") == lettering
