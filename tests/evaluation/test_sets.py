"""Question sets: what is read, what is written, and how a wrong line is named."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pagesight.errors import SettingsError
from pagesight.evaluation.sets.cases import (
    Case,
    GoldBox,
    GoldPage,
    faults_of,
    load_set,
    set_hash,
    validate_set,
    write_set,
)
from pagesight.evaluation.sets.lines import Line
from pagesight.geometry import BBox

LINE: dict[str, Any] = {"id": "q1", "question": "Torque?", "documents": ["m.pdf"], "pages": [3]}
TWO: dict[str, Any] = {"id": "q2", "question": "Both?", "documents": ["a.pdf", "b.pdf"]}
UNANSWERABLE = {"id": "u", "question": "Weight?", "documents": ["m.pdf"], "unanswerable": True}


def write(folder: Path, *lines: object) -> Path:
    path = folder / "set.jsonl"
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def fault(folder: Path, *lines: object) -> str:
    """The only fault of a set, without the name of its file."""
    path = write(folder, *lines)
    faults = validate_set(path)
    assert len(faults) == 1, faults
    return faults[0].removeprefix(f"{path}, ")


def test_every_key_of_a_line_reaches_the_case(tmp_path: Path) -> None:
    (tmp_path / "pump.png").touch()
    line = LINE | {
        "image": "pump.png",
        "boxes": [{"page": 3, "bbox": [1, 2.5, 3, 4]}],
        "evidence": "table",
        "answer": "45 Nm",
        "aliases": ["45 N m"],
        "tolerance": 0.02,
        "grades": {"m.pdf": 2, "m.pdf#3": 3},
        "tags": ["units"],
        "synthetic": True,
        "review": "two answers",
    }
    assert load_set(write(tmp_path, line)) == [
        Case(
            id="q1",
            question="Torque?",
            image=tmp_path.resolve() / "pump.png",
            documents=("m.pdf",),
            pages=(GoldPage(document="m.pdf", page=3),),
            boxes=(GoldBox(document="m.pdf", page=3, bbox=BBox(1, 2.5, 3, 4)),),
            evidence="table",
            answers=("45 Nm", "45 N m"),
            tolerance=0.02,
            grades={"m.pdf": 2, "m.pdf#3": 3},
            tags=("units",),
            synthetic=True,
            review="two answers",
        )
    ]


def test_pages_and_boxes_of_several_documents_name_their_document(tmp_path: Path) -> None:
    line = TWO | {
        "pages": {"b.pdf": [7], "a.pdf": [1, 2]},
        "boxes": [{"document": "b.pdf", "page": 7, "bbox": [0, 0, 1, 1]}],
    }
    (case,) = load_set(write(tmp_path, line))
    assert [str(page) for page in case.pages] == ["b.pdf#7", "a.pdf#1", "a.pdf#2"]
    assert case.boxes[0].document == "b.pdf"


@pytest.mark.parametrize(
    "line",
    [
        {"id": "q", "question": "?", "documents": ["a.pdf"]},
        {"id": "q", "question": "?", "answer": "yes"},
        {"id": "q", "question": "?", "unanswerable": True},
        UNANSWERABLE,
    ],
)
def test_one_thing_to_measure_is_enough(tmp_path: Path, line: object) -> None:
    assert validate_set(write(tmp_path, line)) == []


def test_a_picture_may_ask_alone(tmp_path: Path) -> None:
    (tmp_path / "part.png").touch()
    (case,) = load_set(write(tmp_path, {"id": "q", "image": "part.png", "documents": ["a.pdf"]}))
    assert case.question == ""
    assert case.image is not None


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(LINE).encode(),
        b"\xef\xbb\xbf" + json.dumps(LINE).encode() + b"\n",
        b"\r\n\r\n" + json.dumps(LINE).encode() + b"\r\n \r\n",
        json.dumps(LINE | {"review": "a\u2028b"}, ensure_ascii=False).encode(),
    ],
    ids=["no last newline", "byte order mark", "CRLF and blank lines", "line separator in a text"],
)
def test_files_of_other_editors_are_read(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(data)
    assert [case.id for case in load_set(path)] == ["q1"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: is not JSON ("),
        ("[1]", "line 1: is not a JSON object"),
        ("[" * 100_000, "line 1: is not usable JSON ("),
        ('{"id": "a", "pages": [1], "pages": [2]}', "the key `pages` occurs twice"),
        ({"question": "?", "documents": ["a.pdf"]}, "line 1: `id`: is missing"),
        (LINE | {"id": " "}, "line 1: `id`: must be a text that is not empty"),
        (LINE | {"id": "\ud800"}, "line 1: `id`: must be a text"),
        (LINE | {"\ud800": 1}, "line 1: a key is not valid Unicode"),
        (LINE | {"question": 7}, "`question`: must be a text"),
        (LINE | {"question": " "}, "`question`: is missing, and there is no `image`"),
        (LINE | {"documents": "m.pdf"}, "`documents`: must be a list of file names"),
        (UNANSWERABLE | {"documents": ["m.pdf", "m.pdf"]}, "`documents`: 'm.pdf' occurs twice"),
        (LINE | {"documents": ["x/m.pdf"]}, "`documents`: 'x/m.pdf' is a path: give the file name"),
        (LINE | {"pages": [0]}, "`pages`: must be a list of page numbers from 1, or an object"),
        (LINE | {"pages": [True]}, "`pages`: must be a list"),
        (LINE | {"pages": [2.0]}, "`pages`: must be a list"),
        (LINE | {"pages": [3, 3]}, "`pages`: page 3 of 'm.pdf' occurs twice"),
        (LINE | {"pages": {"n.pdf": [3]}}, "`pages`: 'n.pdf' is not in `documents`"),
        (LINE | {"documents": []}, "`pages`: there is no `documents`"),
        (TWO | {"pages": [3]}, "`pages`: must be an object from file name to page numbers"),
        (LINE | {"page": [3]}, "`page`: is no key of a case: did you mean `pages`?"),
        (LINE | {"doc": "m.pdf"}, "`doc`: is no key of a case: did you mean `documents`?"),
        (LINE | {"xyzzy": 1}, "`xyzzy`: is no key of a case: the keys are id, question,"),
        (LINE | {"image": "no.png"}, "`image`: there is no file "),
        (LINE | {"evidence": None}, "`evidence`: must be a text"),
        (LINE | {"answer": ""}, "`answer`: must be a text that is not empty"),
        (LINE | {"aliases": ["a"]}, "`aliases`: there is no `answer`"),
        (LINE | {"tolerance": -0.1}, "`tolerance`: must be a number from 0"),
        (LINE | {"tolerance": float("nan")}, "`tolerance`: must be a number from 0"),
        (LINE | {"grades": {"m.pdf": -1}}, "`grades`: must be an object from"),
        (LINE | {"grades": {"m.pdf#4": 1}}, "`grades`: 'm.pdf#4' is neither in `documents` nor"),
        (LINE | {"unanswerable": "yes"}, "`unanswerable`: must be true or false"),
        (UNANSWERABLE | {"pages": [3]}, "`pages`: an unanswerable case has none"),
        (UNANSWERABLE | {"answer": "3 kg"}, "`answer`: an unanswerable case has none"),
        ({"id": "q", "question": "?"}, "`documents`: there is nothing to measure"),
    ],
)
def test_a_wrong_line_is_named_with_its_field(tmp_path: Path, line: object, message: str) -> None:
    assert message in fault(tmp_path, line)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ({"page": 3, "bbox": [0, 0, 1]}, "`boxes`: must be a list of"),
        ({"page": 3, "bbox": [0, 0, 1, float("inf")]}, "`boxes`: must be a list of"),
        ({"page": 3, "bbox": [5, 0, 5, 9]}, "`boxes`: `bbox` of box 1 must be [x0, y0, x1, y1]"),
        ({"page": 3, "bbox": [0, 9, 5, 2]}, "`boxes`: `bbox` of box 1 must be [x0, y0, x1, y1]"),
        ({"page": 4, "bbox": [0, 0, 1, 1]}, "`boxes`: page 4 of box 1 is not in `pages`"),
        (
            {"page": 3, "bbox": [0, 0, 1, 1], "document": "n.pdf"},
            "`boxes`: 'n.pdf' of box 1 is not in `documents`",
        ),
        (
            {"page": 3, "bbox": [0, 0, 1, 1], "documnet": "m.pdf"},
            "`documnet`: is no key of a box: did you mean `document`?",
        ),
    ],
)
def test_a_wrong_box_is_named(tmp_path: Path, box: object, message: str) -> None:
    assert message in fault(tmp_path, LINE | {"boxes": [box]})


def test_a_box_of_several_documents_must_say_which(tmp_path: Path) -> None:
    line = TWO | {"pages": {"a.pdf": [3]}, "boxes": [{"page": 3, "bbox": [0, 0, 1, 1]}]}
    assert "`boxes`: box 1 must name its `document`" in fault(tmp_path, line)


def test_a_repeated_id_names_both_lines(tmp_path: Path) -> None:
    assert fault(tmp_path, LINE, "", LINE) == "line 3: `id`: 'q1' is the id of line 1 already"


def test_the_validator_reports_every_fault_and_loading_the_first(tmp_path: Path) -> None:
    path = write(tmp_path, LINE | {"tags": "a", "pages": [-1]}, "{", LINE, LINE | {"page": 1})
    faults = validate_set(path)
    places = [message.removeprefix(f"{path}, line ")[:1] for message in faults]
    assert places == ["1", "1", "2", "4"]
    with pytest.raises(SettingsError) as raised:
        load_set(path)
    assert str(raised.value) == (
        f"{faults[0]} (and 3 more: `pagesight eval validate {path}` lists them)"
    )


def test_loading_a_set_with_one_fault_says_that_fault_only(tmp_path: Path) -> None:
    path = write(tmp_path, "{")
    with pytest.raises(SettingsError) as raised:
        load_set(path)
    assert [str(raised.value)] == validate_set(path)


def test_a_line_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(json.dumps(LINE).encode() + b'\n{"id": "\xe9"}\n')
    assert validate_set(path) == [f"{path}, line 2: is not UTF-8 (byte 9): save the file as UTF-8"]


def test_a_set_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no\.jsonl: cannot be read"):
        load_set(tmp_path / "no.jsonl")
    with pytest.raises(SettingsError, match=r"is a folder: name the \.jsonl file in it"):
        load_set(tmp_path)
    with pytest.raises(SettingsError, match="holds no questions"):
        load_set(write(tmp_path, ""))


def test_the_readme_describes_every_key_and_its_examples_are_right(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "eval" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.*\| `(.+)` \|$", readme.split("## Importers")[0], re.M)
    assert [key for key, _ in rows] == list(Line.model_fields)
    for key, example in rows:
        line = {**LINE, "id": "q", key: json.loads(example)}
        assert not any(
            f"`{key}`: must be" in fault for fault in validate_set(write(tmp_path, line))
        )
    lines = readme.split("```json\n")[1].split("```")[0]
    assert len(load_set(write(tmp_path, lines))) == 3


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
texts = words.filter(lambda text: text.strip() != "")
names = st.text("ab%# é漢", min_size=1, max_size=3).map(lambda stem: f"{stem}.pdf")
numbers = st.integers(1, 10**6)
coordinates = st.floats(-1e6, 1e6)
spans = st.tuples(coordinates, coordinates).filter(lambda ends: ends[0] < ends[1])


@st.composite
def cases(draw: st.DrawFn, id: str) -> Case:
    documents = tuple(draw(st.lists(names, unique=True, max_size=3)))
    unanswerable = draw(st.booleans())
    pages, boxes, grades, answers = [], [], {}, []
    if not unanswerable:
        answers = draw(st.lists(texts, min_size=0 if documents else 1, max_size=3))
        for name in documents:
            for number in draw(st.lists(numbers, unique=True, max_size=3)):
                pages.append(GoldPage(document=name, page=number))
    for page in pages:
        for (x0, x1), (y0, y1) in draw(st.lists(st.tuples(spans, spans), max_size=2)):
            bbox = BBox(x0, y0, x1, y1)
            boxes.append(GoldBox(document=page.document, page=page.page, bbox=bbox))
    if not unanswerable:
        gold = [*documents, *map(str, pages)]
        chosen = draw(st.lists(st.sampled_from(gold), unique=True)) if gold else []
        grades = {name: draw(st.integers(0, 9)) for name in chosen}
    return Case(
        id=id,
        question=draw(texts),
        documents=documents,
        pages=tuple(pages),
        boxes=tuple(boxes),
        evidence=draw(words),
        answers=tuple(answers),
        tolerance=draw(st.floats(0, 1)),
        grades=grades,
        unanswerable=unanswerable,
        tags=tuple(draw(st.lists(texts, max_size=2))),
        synthetic=draw(st.booleans()),
        review=draw(words),
    )


@given(st.tuples(cases("a"), cases("b")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_was_written_is_read_back_equal(tmp_path: Path, written: tuple[Case, ...]) -> None:
    path = tmp_path / "set.jsonl"
    write_set(path, written)
    assert load_set(path) == list(written)
    assert set_hash(load_set(path)) == set_hash(written)
    assert all(faults_of(case) == [] for case in written)


def test_an_image_is_written_relative_to_the_set(tmp_path: Path) -> None:
    image = tmp_path.resolve() / "pictures" / "part.png"
    image.parent.mkdir()
    image.touch()
    case = Case(id="q", question="", image=image, documents=("a.pdf",))
    path = tmp_path / "sets" / "set.jsonl"
    path.parent.mkdir()
    write_set(path, [case])
    assert json.loads(path.read_text())["image"] == "../pictures/part.png"
    assert load_set(path) == [case]


def test_a_line_holds_what_is_not_the_default(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    page = GoldPage(document="é.pdf", page=2)
    write_set(path, [Case(id="q", question="Größe?", documents=("é.pdf",), pages=(page,))])
    assert path.read_text(encoding="utf-8") == (
        '{"id": "q", "question": "Größe?", "documents": ["é.pdf"], "pages": [2]}\n'
    )


def test_a_case_that_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    path = write(tmp_path, LINE)
    before = path.read_bytes()
    page = GoldPage(document="b.pdf", page=2)
    wrong = Case(id="q", question="?", documents=("a.pdf",), pages=(page,))
    with pytest.raises(SettingsError, match="cannot be written: `pages`: 'b\\.pdf'"):
        write_set(path, [wrong])
    right = Case(id="q", question="?", documents=("a.pdf",))
    with pytest.raises(SettingsError, match="the id 'q' occurs twice"):
        write_set(path, [right, right])
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_set_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    case = Case(id="q", question="?", documents=("a.pdf",))
    with pytest.raises(SettingsError, match="cannot be written"):
        write_set(tmp_path / "no" / "set.jsonl", [case])
    (tmp_path / "folder").mkdir()
    with pytest.raises(SettingsError, match="cannot be written"):
        write_set(tmp_path / "folder", [case])
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_the_hash_follows_the_questions_and_not_the_place(tmp_path: Path) -> None:
    hashes = []
    for name, picture in (("x", b"1"), ("y", b"1"), ("z", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part.png").write_bytes(picture)
        hashes.append(set_hash(load_set(write(tmp_path / name, LINE | {"image": "part.png"}))))
    assert hashes[0] == hashes[1] != hashes[2]
    plain = Case(id="q", question="?", documents=("a.pdf",))
    other = Case(id="q", question="!", documents=("a.pdf",))
    assert set_hash([plain, other]) != set_hash([other, plain])
    with pytest.raises(SettingsError, match=r"gone\.png: cannot be read"):
        set_hash([Case(id="q", question="?", image=tmp_path / "gone.png")])
