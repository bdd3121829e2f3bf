"""A library of a real document is damaged in every way that we could think of."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pagesight.adapters.chromadb.embedded import ChromaVectorIndex
from pagesight.adapters.tantivy import TantivyWordIndex
from pagesight.app import build
from pagesight.doctor import Finding
from pagesight.settings import load
from tests.builders import (
    a_chunk,
    a_document,
    a_png,
    open_library,
    some_pages,
    unit_vectors,
    vectors_for,
)
from tests.conftest import SAMPLES, run_pagesight
from tests.endpoint import serving

DATASHEET = SAMPLES / "lx7302-datasheet.pdf"

Found = list[list[tuple[str, float]]]
Vectors = Mapping[str, npt.NDArray[np.float32]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of a copy of one sample document; nobody damages it."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copy(DATASHEET, folder / "datasheet.pdf")
    library = folder / "library"
    done = run_pagesight(
        *("ingest", folder / "datasheet.pdf", "--library", library),
        *("--set", "visual.enabled=false"),
    )
    assert done.returncode == 0, done.stderr
    return library


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "library")
    return tmp_path / "library"


def look(root: Path, *, quick: bool = False) -> list[Finding]:
    """What doctor says without changing anything; what was never there is left out."""
    with build(load(), root, recover=False, notify=print) as app:
        found, _ = app.doctor(lambda *_: None, quick=quick)
    return [finding for finding in found if finding.subject != "visual"]


def treat(root: Path) -> tuple[list[Finding], list[Finding]]:
    """What is found, and the faults that are left after repair."""
    with build(load(), root, writable=True, recover=False, notify=print) as app:
        found, left = app.doctor(lambda *_: None, repair=True)
    return found, [finding for finding in left if finding.fault]


def mend(root: Path) -> list[Finding]:
    """The faults that are left after repair."""
    return treat(root)[1]


def alike(one: Found, other: Found) -> bool:
    """The same in the same order; cosines differ by what is embedded together."""
    ids = [[[id for id, _ in found] for found in each] for each in (one, other)]
    scores = [[score for found in each for _, score in found] for each in (one, other)]
    return ids[0] == ids[1] and scores[0] == pytest.approx(scores[1], abs=1e-5)


def searches(root: Path) -> Found:
    """What some questions find, in every index."""
    with open_library(root, write=False) as library:
        vectors = library.catalogue.vectors("text", sorted(library.catalogue.all_ids("text"))[:6])
        words = ("input voltage range", "thermal pad", "register address", "order code")
        return [
            *(library.search_vectors("text", vector, 8) for vector in vectors.values()),
            *(library.search_words(text, 8) for text in words),
            *(
                [(f"{id}/{page}", 0.0) for id, page in library.search_pages_within(each, text, 4)]
                for text in words
                for each in sorted(document.id for document in library.documents())
            ),
        ]


@pytest.fixture(scope="module")
def before(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What is found while nothing is damaged."""
    copy = tmp_path_factory.mktemp("before") / "library"
    shutil.copytree(whole, copy)
    return searches(copy)


def execute(root: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(root / "catalogue.db") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute(statement, values)
    database.close()


def largest(root: Path, pattern: str) -> Path:
    return max((root / "index").glob(pattern), key=lambda path: path.stat().st_size)


def a_text_chunk(root: Path) -> str:
    with sqlite3.connect(root / "catalogue.db") as database:
        (id,) = database.execute("SELECT min(chunk_id) FROM vector").fetchone()
    database.close()
    return str(id)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def a_crop(root: Path) -> Path:
    return min((root / "crops").glob("*/*.png"))


def swap_vectors_in_chroma(root: Path) -> None:
    index = ChromaVectorIndex(root / "index" / "text-0")
    ids = sorted(index.ids())[:2]
    there = index.vectors(ids)
    index.add(ids, np.stack([there[ids[1]], there[ids[0]]]))
    index.close()


def overwrite_a_vector_in_chroma(root: Path) -> None:
    index = ChromaVectorIndex(root / "index" / "text-0")
    index.add([min(index.ids())], unit_vectors(1, 384, seed=8))
    index.close()


def delete_from_chroma(root: Path) -> None:
    index = ChromaVectorIndex(root / "index" / "text-0")
    index.remove(sorted(index.ids())[:3])
    index.close()


def add_words_of_nobody(root: Path) -> None:
    index = TantivyWordIndex(root / "index" / "words-0")
    index.add([a_chunk("nobody", "thermal pad thermal pad")])
    index.close()


def lose_an_outbox_row(root: Path) -> None:
    """A document is stored anew, and the word index never hears of it."""
    id = a_text_chunk(root)
    index = TantivyWordIndex(root / "index" / "words-0")
    index.remove([id])
    index.close()


def leave_a_stray(root: Path) -> None:
    execute(
        root,
        "INSERT INTO chunk SELECT 'stray', 'nobody', 0, kind, first_page, last_page, pages, body "
        "FROM chunk LIMIT 1",
    )


def junk_parse(root: Path) -> None:
    (path,) = (root / "parsed").rglob("*.gz")
    path.write_bytes(gzip.compress(b"{}"))


def leave_a_generation(root: Path) -> None:
    shutil.copytree(root / "index" / "words-0", root / "index" / "words-7")


def leave_a_temporary_file(root: Path) -> None:
    (a_crop(root).parent / f".{'0' * 32}.tmp").write_bytes(b"half a pic")


def leave_a_crop(root: Path) -> None:
    png = a_png(200)
    path = root / "crops" / sha256(png).hexdigest()[:2] / f"{sha256(png).hexdigest()}.png"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(png)


def leave_a_parse(root: Path) -> None:
    (path,) = (root / "parsed").rglob("*.gz")
    shutil.copy(path, path.with_name("0" * 64 + "-" + "0" * 16 + ".json.gz"))


@dataclass(frozen=True)
class Damage:
    name: str
    do: Callable[[Path], object]
    kind: str
    subject: str
    fault: bool = True


DAMAGES = [
    Damage(
        "a truncated database of Chroma",
        lambda root: truncate(root / "index" / "text-0" / "chroma.sqlite3"),
        "index",
        "text",
    ),
    Damage(
        "Chroma's database is gone",
        lambda root: (root / "index" / "text-0" / "chroma.sqlite3").unlink(),
        "index",
        "text",
    ),
    Damage("two vectors swapped in Chroma", swap_vectors_in_chroma, "index", "text"),
    Damage("a vector overwritten in Chroma", overwrite_a_vector_in_chroma, "index", "text"),
    Damage("vectors deleted from Chroma", delete_from_chroma, "index", "text"),
    Damage(
        "a segment of words is gone",
        lambda root: largest(root, "words-0/*.store").unlink(),
        "index",
        "words",
    ),
    Damage(
        "a truncated segment of words",
        lambda root: truncate(largest(root, "words-0/*.idx")),
        "index",
        "words",
    ),
    Damage(
        "the word index has no meta.json",
        lambda root: (root / "index" / "words-0" / "meta.json").unlink(),
        "index",
        "words",
    ),
    Damage(
        "the page index is gone",
        lambda root: shutil.rmtree(root / "index" / "pages-0"),
        "index",
        "pages",
    ),
    Damage("words of no chunk", add_words_of_nobody, "index", "words"),
    Damage("an outbox row was lost", lose_an_outbox_row, "index", "words"),
    Damage(
        "the serving generation is not there",
        lambda root: execute(root, "UPDATE setting SET value='5' WHERE key='pages.generation'"),
        "index",
        "pages",
    ),
    Damage(
        "a writer was killed",
        lambda root: execute(root, "UPDATE setting SET value='1' WHERE key='text.dirty'"),
        "stopped",
        "text",
    ),
    Damage(
        "an erasing was not finished",
        lambda root: execute(root, "INSERT OR REPLACE INTO setting VALUES ('erasing', '1')"),
        "erasing",
        "docs rm --erase",
    ),
    Damage("a crop is gone", lambda root: a_crop(root).unlink(), "crops", "datasheet.pdf"),
    Damage(
        "a crop is junk",
        lambda root: a_crop(root).write_bytes(b"junk" * 99),
        "crops",
        "datasheet.pdf",
    ),
    Damage("a truncated crop", lambda root: truncate(a_crop(root)), "crops", "datasheet.pdf"),
    Damage(
        "a vector is gone from the catalogue",
        lambda root: execute(root, "DELETE FROM vector WHERE chunk_id = ?", a_text_chunk(root)),
        "vectors",
        "text",
    ),
    Damage(
        "a vector of another length",
        lambda root: execute(
            root, "UPDATE vector SET data = x'0000803f' WHERE chunk_id = ?", a_text_chunk(root)
        ),
        "vectors",
        "text",
    ),
    Damage(
        "a vector that is no number of floats",
        lambda root: execute(
            root, "UPDATE vector SET data = x'000080' WHERE chunk_id = ?", a_text_chunk(root)
        ),
        "vectors",
        "text",
    ),
    Damage(
        "a vector of values that are no numbers",
        lambda root: execute(
            root,
            "UPDATE vector SET data = ? WHERE chunk_id = ?",
            np.full(384, np.nan, np.float32).tobytes(),
            a_text_chunk(root),
        ),
        "vectors",
        "text",
    ),
    Damage(
        "wrong counts",
        lambda root: execute(
            root, "UPDATE document SET body = json_set(body, '$.chunks', 99, '$.figures', 0)"
        ),
        "counts",
        "datasheet.pdf",
    ),
    Damage(
        "a chunk that cannot be read",
        lambda root: execute(root, 'UPDATE chunk SET body = \'{"text": "x"}\' WHERE position = 3'),
        "document",
        "datasheet.pdf",
    ),
    Damage(
        "a document that cannot be read",
        lambda root: execute(root, 'UPDATE document SET body = \'{"title": "x"}\''),
        "document",
        "datasheet.pdf",
    ),
    Damage(
        "a chunk is gone from the catalogue",
        lambda root: execute(root, "DELETE FROM chunk WHERE position = 3"),
        "document",
        "datasheet.pdf",
    ),
    Damage("a chunk without its document", leave_a_stray, "strays", "chunk"),
    Damage("a cached parse that cannot be read", junk_parse, "parses", ".json.gz"),
    Damage("a crop of nobody", leave_a_crop, "leftovers", "crops", fault=False),
    Damage("a cached parse of nobody", leave_a_parse, "leftovers", "cached parses", fault=False),
    Damage(
        "a half-written file", leave_a_temporary_file, "leftovers", "temporary files", fault=False
    ),
    Damage("a former index", leave_a_generation, "leftovers", "former indexes", fault=False),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=[damage.name for damage in DAMAGES])
def test_every_damage_is_named_and_mended(root: Path, before: Found, damage: Damage) -> None:
    damage.do(root)
    found, left = treat(root)
    assert left == []
    assert any(
        finding.kind == damage.kind
        and finding.subject.endswith(damage.subject)
        and finding.fault == damage.fault
        for finding in found
    ), found
    assert alike(searches(root), before)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Vectors]:
    """A library with more vectors than Chroma keeps in its log, and these by chunk; nobody
    damages it."""
    root = tmp_path_factory.mktemp("graph") / "library"
    count = 1_100
    chunks = [a_chunk(f"pump-{number:04d}") for number in range(count)]
    vectors = vectors_for(chunks)
    with open_library(root) as library:
        library.put(a_document(chunks=count), some_pages(), chunks, {"text": vectors})
    return root, vectors


@pytest.mark.parametrize("name", ["data_level0.bin", "header.bin"])
@pytest.mark.parametrize("half", [True, False])
def test_a_torn_graph_is_built_anew_although_it_kills_who_reads_it(
    graph: tuple[Path, Vectors], tmp_path: Path, name: str, half: bool
) -> None:
    whole, vectors = graph
    root = tmp_path / "library"
    shutil.copytree(whole, root)
    path = largest(root, f"text-0/*/{name}")
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 2] if half else b"\x55\xaa\x13\x77" * (size // 4))
    found, left = treat(root)
    assert "index" in {finding.kind for finding in found}
    assert left == []
    with open_library(root, write=False) as library:
        for id in ("pump-0000", "pump-0500", "pump-1099"):
            assert library.search_vectors("text", vectors[id], 1) == [(id, 1.0)]


def test_a_sound_library_is_healthy(root: Path) -> None:
    assert look(root) == []


def test_all_damages_together_are_mended_by_the_command(root: Path, before: Found) -> None:
    # Of a document that cannot be read, nothing else is said.
    together = [damage for damage in DAMAGES if damage.kind != "document"]
    order = sorted(together, key=lambda damage: damage.kind != "index")
    gone: set[str] = set()
    for damage in order:
        # One index can be broken in one way at a time.
        if damage.kind != "index" or damage.subject not in gone:
            damage.do(root)
        gone.add(damage.subject)
    ill = run_pagesight("doctor", "--library", root, "--json")
    assert ill.returncode == 1, ill.stderr
    kinds = {finding["kind"] for finding in json.loads(ill.stdout)["findings"]}
    assert kinds >= {damage.kind for damage in together} - {"stopped"}
    mended = run_pagesight("doctor", "--repair", "--library", root)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    well = run_pagesight("doctor", "--library", root)
    assert well.returncode == 0, well.stdout
    assert "healthy: 1 documents" in well.stdout
    assert "FAULT" not in well.stdout
    assert alike(searches(root), before)


def contents(root: Path) -> dict[str, str]:
    """Path -> digest, of all but SQLite's shared memory."""
    return {
        str(path.relative_to(root)): sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith("catalogue.db-")
    }


@pytest.mark.parametrize("quick", [True, False])
def test_looking_changes_nothing(root: Path, quick: bool) -> None:
    for damage in DAMAGES:
        if damage.kind in ("leftovers", "crops", "counts"):
            damage.do(root)
    truncate(largest(root, "words-0/*.idx"))
    before = contents(root)
    assert look(root, quick=quick)
    assert contents(root) == before


def test_a_quick_look_sees_what_is_missing_and_leaves_bytes_alone(root: Path) -> None:
    a_crop(root).write_bytes(b"junk")
    assert look(root, quick=True) == []
    a_crop(root).unlink()
    delete_from_chroma(root)
    assert {finding.kind for finding in look(root, quick=True)} == {"crops", "index"}


def test_a_crop_is_not_mended_without_its_document(root: Path, whole: Path) -> None:
    crop = a_crop(root)
    crop.write_bytes(b"junk")
    source = whole.parent / "datasheet.pdf"
    away = source.rename(source.with_name("away"))
    try:
        (left,) = mend(root)
        assert (left.kind, left.repairable) == ("crops", False)
        assert "put it back" in left.remedy
        gone = [finding for finding in look(root) if finding.kind == "source"]
        assert len(gone) == 1
        assert not gone[0].fault
        done = run_pagesight("doctor", "--repair", "--library", root)
        assert done.returncode == 1
        assert "put it back" in done.stdout
    finally:
        away.rename(source)
    assert crop.read_bytes() == b"junk"
    assert mend(root) == []


def test_vectors_of_another_model_are_not_mixed_in(root: Path, tmp_path: Path) -> None:
    execute(root, "DELETE FROM vector WHERE chunk_id = ?", a_text_chunk(root))
    execute(root, "UPDATE setting SET value='another' WHERE key='text.fingerprint'")
    left = [finding for finding in mend(root) if finding.kind == "vectors"]
    assert len(left) == 1
    assert "were made by another" in left[0].remedy
    assert "pagesight reembed --model" in left[0].remedy


def test_a_torn_catalogue_is_beyond_repair(root: Path) -> None:
    path = root / "catalogue.db"
    torn = bytearray(path.read_bytes())
    page = int.from_bytes(torn[16:18], "big")
    for at in range(4 * page, len(torn), 3 * page):
        torn[at : at + page] = b"\xff" * page
    path.write_bytes(torn)
    for options in ([], ["--quick"], ["--repair"]):
        done = run_pagesight("doctor", *options, "--library", root)
        assert done.returncode == 3, done.stdout
        assert "restore the library from a copy" in " ".join(done.stderr.split())
        assert done.stderr.count("\n") == 1


def test_a_writer_at_work_is_no_fault(root: Path) -> None:
    a_crop(root).unlink()
    with open_library(root) as writer:
        writer.update(writer.documents()[0])
        execute(root, "UPDATE setting SET value='1' WHERE key='text.dirty'")
        done = run_pagesight("doctor", "--library", root, "--json")
        assert done.returncode == 0, done.stdout
        findings = json.loads(done.stdout)["findings"]
        assert "writer" in {finding["kind"] for finding in findings}
        refused = run_pagesight("doctor", "--repair", "--library", root)
        assert refused.returncode == 3
        assert "another pagesight process is writing" in refused.stderr
    assert "crops" in {finding.kind for finding in look(root)}


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"junk")])
def test_a_picture_that_is_lost_breaks_neither_search_nor_ask(
    root: Path, damage: Callable[[Path], object]
) -> None:
    for path in (root / "crops").rglob("*.png"):
        damage(path)
    found = run_pagesight("search", "block diagram", "--kind", "figure", "--library", root)
    assert found.returncode == 0, found.stderr
    assert "Figure 1" in found.stdout
    question = ("ask", "What does Figure 1 show?", "--library", root)
    quoted = run_pagesight(*question)
    assert quoted.returncode == 0, quoted.stderr
    with serving() as endpoint:
        environment = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": "none"}
        written = run_pagesight(*question, "--model", "m", environment=environment)
    assert written.returncode == 0, written.stderr
    (request,) = endpoint.requests
    assert "Figure 1" in json.dumps(request)
    assert "image_url" not in json.dumps(request)
