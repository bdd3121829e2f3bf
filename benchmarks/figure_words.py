"""Says which engine's reading of figures finds them: hit@k of figures by three of their words.

    python benchmarks/figure_words.py [PATH...] [--engines tesseract,rapidocr] [--pages N]

PATHs are PDFs or folders of them; the default is irpapers, mmlongbench and figures_gt in
../shared/data beside the project. What a figure says is known where it has a text layer. Such
figures are taken as pictures: their crops are read by each engine, the chunks are made of what was
read, and each figure is asked for by three words drawn from its text layer (four times, none of
its caption) among the chunks of all PATHs, by BM25. "worn" crops were brought to 100 dpi and
JPEG before, as pictures in PDFs mostly are. No engine decides which words are asked for.

"truth" is the text layer itself, the most that can be had; "none" is the caption alone. Intervals
are the bootstrap's over figures, p is that of the paired randomisation test against the first
engine.
"""

from __future__ import annotations

import argparse
import io
import pickle
import random
import re
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from PIL import Image

from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.text.lines import region_text
from pagesight.adapters.pymupdf.text.words import optical_words
from pagesight.adapters.rank_bm25 import RankBM25WordIndex
from pagesight.assembly import assemble
from pagesight.chunking import chunk_document
from pagesight.document import Figure, ParsedDocument, Region
from pagesight.evaluation.scores.statistics import interval, paired
from pagesight.ports import OpticalReader
from pagesight.results import Filter
from pagesight.settings import Settings, load
from pagesight.workers import reader_of

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
DEFAULT = [SHARED / name / "pdfs" for name in ("irpapers", "mmlongbench", "figures_gt")]
DEPTHS = (1, 5, 10)
DEEPEST = 1_000
"""Chunks that are looked through; a figure that is not among them has rank 0."""
QUERIES, WORDS = 4, 3
"""Queries a figure, words a query."""
LEAST_WORDS = 6
"""Words of a figure that is asked for: a photograph with one letter in it says nothing."""
CROP_DPI = 150
WORN_DPI, WORN_QUALITY = 100, 60
_WORD = re.compile(r"[^\W\d_][\w-]{2,}|\d[\d.,]{2,}\d")
"""What a person would ask for: a word of three letters, a number of four characters."""
Place = tuple[str, int, Region]
"""Document, page and box of a figure."""
Texts = Mapping[Place, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure, and the words it is asked for by."""

    place: Place
    queries: tuple[str, ...]


class Crops:
    """Keeps crops in memory."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {}

    def put(self, png: bytes) -> str:
        name = sha256(png).hexdigest()
        self.pictures[name] = png
        return name


def main(arguments: Sequence[str]) -> int:
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_argument("paths", nargs="*", type=Path, default=DEFAULT)
    command.add_argument("--engines", default="tesseract,rapidocr", help="joined by commas")
    command.add_argument("--pages", type=int, default=12, help="of a document at most")
    command.add_argument("--most", type=int, default=8, help="documents of a folder at most")
    command.add_argument(
        "--figures", type=int, default=80, help="asked for at most, drawn at random"
    )
    command.add_argument("--parsed", type=Path, help="keep what was parsed in this file")
    options = command.parse_args(arguments)
    paths = [*files(options.paths, options.most)]
    if not paths:
        print("no PDFs: nothing to measure")
        return 0
    settings = load()
    parsed, crops = documents(paths, options.pages, options.parsed)
    figures = {
        place(document, element): element
        for document in parsed
        for element in document.elements
        if isinstance(element, Figure)
    }
    asked = drawn([*questions(figures)], options.figures)
    pictures = {each.place: crops.pictures[figures[each.place].image] for each in asked}
    queries = sum(len(each.queries) for each in asked)
    print(f"{len(parsed)} documents, {len(asked)} figures with words, {queries} queries")
    if not asked:
        return 0
    truth = {each: figures[each].text for each in pictures}
    report("truth", ranks(parsed, truth, asked, settings), [])
    report("none", ranks(parsed, dict.fromkeys(pictures, ""), asked, settings), [])
    for wear in (sharp, worn):
        first: list[list[int]] = []
        for engine in options.engines.split(","):
            worn_ones = {each: wear(png) for each, png in pictures.items()}
            texts, seconds = read_by(engine, worn_ones)
            found = ranks(parsed, texts, asked, settings)
            report(f"{engine}, {wear.__name__}", found, first)
            print(f"{'':24} words read {recall(truth, texts):.3f}, {seconds:.2f} CPU s a crop")
            first = first or found
    return 0


def read_by(engine: str, pictures: Mapping[Place, bytes]) -> tuple[Texts, float]:
    """What an engine reads in each crop, and its processor seconds a crop."""
    reader = engine_of(engine)
    started = time.process_time() + children()
    texts = {each: read(reader, png) for each, png in pictures.items()}
    return texts, (time.process_time() + children() - started) / max(len(texts), 1)


def files(paths: Sequence[Path], most: int) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.glob("*.pdf"))[:most] if path.is_dir() else [path]


def documents(
    paths: Sequence[Path], pages: int, kept: Path | None
) -> tuple[list[ParsedDocument], Crops]:
    """Everything is parsed once: the engines read the crops afterwards."""
    if kept and kept.exists():
        found: tuple[list[ParsedDocument], Crops] = pickle.loads(kept.read_bytes())
        return found
    crops = Crops()
    parser = PyMuPDFParser(crops, None, crop_dpi=CROP_DPI)
    parsed = []
    for path in paths:
        contents = parser.parse_pages(path, 0, pages)
        parsed.append(assemble(parser.profile(path), contents))
    if kept:
        kept.write_bytes(pickle.dumps((parsed, crops)))
    return parsed, crops


def place(document: ParsedDocument, figure: Figure) -> Place:
    return document.profile.id, figure.page, Region(page=figure.page, bbox=figure.bbox)


def questions(figures: Mapping[Place, Figure]) -> Iterator[Asked]:
    """The same for all engines, from the same seed."""
    chance = random.Random(0)
    for where, figure in figures.items():
        captioned = {*words_of(figure.caption.text if figure.caption else "")}
        own = [word for word in words_of(figure.text) if word not in captioned]
        if len(own) >= LEAST_WORDS:
            queries = (chance.sample(own, WORDS) for _ in range(QUERIES))
            yield Asked(where, tuple(map(" ".join, queries)))


def drawn(asked: Sequence[Asked], most: int) -> list[Asked]:
    """Some of them, in order; the same each time."""
    chosen = random.Random(0).sample(range(len(asked)), min(most, len(asked)))
    return [asked[index] for index in sorted(chosen)]


def words_of(text: str) -> list[str]:
    return [*dict.fromkeys(word.lower() for word in _WORD.findall(text))]


def sharp(png: bytes) -> bytes:
    return png


def worn(png: bytes) -> bytes:
    """As a page shows a picture that is kept in it at a lower resolution, compressed with loss."""
    with Image.open(io.BytesIO(png)) as opened:
        image = opened.convert("RGB")
    size = tuple(max(1, round(side * WORN_DPI / CROP_DPI)) for side in image.size)
    coarse, back = io.BytesIO(), io.BytesIO()
    image.resize((size[0], size[1])).save(coarse, "jpeg", quality=WORN_QUALITY)
    with Image.open(coarse) as opened:
        opened.resize(image.size).save(back, "png")
    return back.getvalue()


def engine_of(name: str) -> OpticalReader:
    reader = reader_of(load(overrides=[f"parse.figure_ocr_engine={name}"]))
    if reader is None:
        raise SystemExit(f"{name} is not installed")
    return reader


def read(reader: OpticalReader, png: bytes) -> str:
    """As the parser does with a figure without a text layer."""
    return region_text(optical_words(reader.read(png, sparse=True), 72 / CROP_DPI, 0.0, 0.0))


def children() -> float:
    """Seconds of the programs that were run."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def recall(truth: Texts, texts: Texts) -> float:
    """Share of the words of each figure that were read, on average."""
    shares = []
    for where, text in truth.items():
        wanted, found = words_of(text), {*words_of(texts[where])}
        shares.append(sum(word in found for word in wanted) / len(wanted))
    return sum(shares) / max(len(shares), 1)


def ranks(
    parsed: Sequence[ParsedDocument], texts: Texts, asked: Sequence[Asked], settings: Settings
) -> list[list[int]]:
    """Figure by figure the rank of its chunk for each query, 1-based; 0 where it is not found."""
    index = RankBM25WordIndex()
    ids: dict[Place, str] = {}
    for document in parsed:
        chunks = chunk_document(reread(document, texts), settings.chunk)
        index.add(chunks)
        for chunk in chunks:
            if chunk.kind == "figure":
                region = chunk.regions[0]
                ids.setdefault((document.profile.id, region.page, region), chunk.id)
    return [
        [rank(index.search(query, DEEPEST, Filter()), ids[each.place]) for query in each.queries]
        for each in asked
    ]


def rank(found: Sequence[tuple[str, float]], wanted: str) -> int:
    return next((number for number, (id, _) in enumerate(found, 1) if id == wanted), 0)


def reread(document: ParsedDocument, texts: Texts) -> ParsedDocument:
    """The document as if its figures were pictures that say `texts`."""
    return replace(
        document,
        elements=tuple(
            replace(each, text=texts[place(document, each)], text_by_ocr=True, parts=())
            if isinstance(each, Figure) and place(document, each) in texts
            else each
            for each in document.elements
        ),
    )


def report(name: str, found: Sequence[Sequence[int]], first: Sequence[Sequence[int]]) -> None:
    """Prints hit@k and the mean reciprocal rank, and how they differ from those of `first`."""
    shown = [f"@{depth} {told(hits(found, depth))}" for depth in DEPTHS]
    print(f"{name:24} {'  '.join(shown)}  MRR {told(reciprocal(found))}", flush=True)
    if first:
        for measure, values, others in (
            *((f"@{depth}", hits(found, depth), hits(first, depth)) for depth in DEPTHS),
            ("MRR", reciprocal(found), reciprocal(first)),
        ):
            gain = paired(others, values)
            print(
                f"{'':24} {measure:4} {gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] "
                f"p {gain.p:.4f}, {gain.wins} figures better, {gain.losses} worse"
            )


def told(values: Sequence[float]) -> str:
    mean = interval(values)
    return f"{mean.mean:.3f} [{mean.low:.3f}, {mean.high:.3f}]"


def hits(found: Sequence[Sequence[int]], depth: int) -> list[float]:
    """A value for each figure: queries of one figure depend on each other."""
    return [sum(0 < each <= depth for each in row) / len(row) for row in found]


def reciprocal(found: Sequence[Sequence[int]]) -> list[float]:
    return [sum(1 / each for each in row if each) / len(row) for row in found]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
