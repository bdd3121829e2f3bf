from dataclasses import replace
from pathlib import Path

import pytest

from pagesight.adapters.filesystem import FileCropStore, FileParseCache
from pagesight.document import DocumentProfile, Figure, ParsedDocument, Span, TextBlock
from pagesight.errors import LibraryError
from pagesight.geometry import BBox
from tests.builders import a_png, an_id, some_pages

BOX = BBox(0.0, 0.0, 10.0, 20.5)


@pytest.fixture
def crops(tmp_path: Path) -> FileCropStore:
    return FileCropStore(tmp_path / "crops")


def parsed(image: str) -> ParsedDocument:
    text = TextBlock(
        page=0,
        bbox=BOX,
        role="paragraph",
        text="Ω first",
        spans=(Span(start=0, end=7, page=0, bbox=BOX),),
        heading_path=("1 Start",),
    )
    return ParsedDocument(
        profile=DocumentProfile(
            id=an_id("manual"), source="/m.pdf", title="Manual", page_count=3, outline=()
        ),
        title="Manual",
        pages=tuple(some_pages()),
        elements=(text, Figure(page=1, bbox=BOX, image=image)),
    )


def test_what_is_put_can_be_read_under_its_path(crops: FileCropStore) -> None:
    assert crops.path(crops.put(a_png(7))).read_bytes() == a_png(7)


def test_the_same_bytes_have_the_same_key_and_are_written_once(crops: FileCropStore) -> None:
    key = crops.put(a_png(1))
    written = crops.path(key).stat().st_mtime_ns
    assert crops.put(a_png(1)) == key
    assert crops.path(key).stat().st_mtime_ns == written
    assert crops.put(a_png(2)) != key


def test_nothing_but_the_crops_is_left_in_the_folder(crops: FileCropStore, tmp_path: Path) -> None:
    paths = {crops.path(crops.put(a_png(shade))) for shade in range(5)}
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == paths


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "ab/cd", "A" * 64, "g" * 64, "ab12"])
def test_what_is_no_key_has_no_path(crops: FileCropStore, key: str) -> None:
    with pytest.raises(LibraryError, match="no key"):
        crops.path(key)


def test_crops_are_listed_and_removed_by_their_keys(crops: FileCropStore) -> None:
    keys = {crops.put(a_png(shade)) for shade in range(3)}
    assert crops.keys() == keys
    gone = min(keys)
    size = crops.path(gone).stat().st_size
    assert crops.remove([gone, "0" * 64]) == size
    assert crops.keys() == keys - {gone}


def test_a_crop_is_whole_while_its_bytes_are_those_that_were_stored(crops: FileCropStore) -> None:
    key = crops.put(a_png())
    assert crops.whole(key)
    crops.path(key).write_bytes(a_png()[:-1])
    assert not crops.whole(key)
    crops.path(key).unlink()
    assert not crops.whole(key)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError, match=r"cannot write .*file"):
        FileCropStore(tmp_path / "file").put(a_png())


def test_a_parsed_document_comes_back_as_it_was(crops: FileCropStore, tmp_path: Path) -> None:
    cache = FileParseCache(tmp_path / "parsed", crops)
    document = parsed(crops.put(a_png()))
    cache.put(document, "parser 1")
    assert cache.get(an_id("manual"), "parser 1") == document


def test_another_parser_or_document_finds_nothing(crops: FileCropStore, tmp_path: Path) -> None:
    cache = FileParseCache(tmp_path / "parsed", crops)
    cache.put(parsed(crops.put(a_png())), "parser 1")
    assert cache.get(an_id("manual"), "parser 2") is None
    assert cache.get(an_id("other"), "parser 1") is None


def test_an_entry_whose_crop_is_gone_counts_as_none(crops: FileCropStore, tmp_path: Path) -> None:
    cache = FileParseCache(tmp_path / "parsed", crops)
    key = crops.put(a_png())
    cache.put(parsed(key), "parser 1")
    crops.path(key).unlink()
    assert cache.get(an_id("manual"), "parser 1") is None


@pytest.mark.parametrize("damage", [b"", b"junk", "half"])
def test_a_damaged_entry_counts_as_none(
    crops: FileCropStore, tmp_path: Path, damage: bytes | str
) -> None:
    cache = FileParseCache(tmp_path / "parsed", crops)
    cache.put(parsed(crops.put(a_png())), "parser 1")
    (entry,) = (tmp_path / "parsed").rglob("*.gz")
    whole = entry.read_bytes()
    entry.write_bytes(damage if isinstance(damage, bytes) else whole[: len(whole) // 2])
    assert cache.get(an_id("manual"), "parser 1") is None


def test_entries_name_their_documents_and_go_with_them(
    crops: FileCropStore, tmp_path: Path
) -> None:
    cache = FileParseCache(tmp_path / "parsed", crops)
    document = parsed(crops.put(a_png()))
    other = replace(document, profile=replace(document.profile, id=an_id("other")))
    for kept, parser in ((document, "parser 1"), (document, "parser 2"), (other, "parser 1")):
        cache.put(kept, parser)
    old = tmp_path / "parsed" / "ab" / ("0" * 64 + ".json.gz")
    old.parent.mkdir(exist_ok=True)
    old.write_bytes(b"of another layout")
    ids = [an_id("manual"), an_id("manual"), an_id("other"), ""]
    assert sorted(cache.entries().values()) == sorted(ids)
    cache.remove(an_id("manual"))
    assert sorted(cache.entries().values()) == sorted(ids[2:])
    assert cache.get(an_id("other"), "parser 1") == other
    assert cache.discard([old]) == len(b"of another layout")
    assert list(cache.entries().values()) == [an_id("other")]


def test_an_entry_is_readable_until_it_is_damaged(crops: FileCropStore, tmp_path: Path) -> None:
    cache = FileParseCache(tmp_path / "parsed", crops)
    cache.put(parsed(crops.put(a_png())), "parser 1")
    (entry,) = cache.entries()
    assert cache.readable(entry)
    entry.write_bytes(entry.read_bytes()[:40])
    assert not cache.readable(entry)
