"""Looking at a library: the catalogue, the files, the indexes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pagesight.contents import NO_VISUAL
from pagesight.doctor.findings import ERASING, Done, Finding, counted, note
from pagesight.document import Document
from pagesight.errors import LibraryError
from pagesight.indexes import SPACES
from pagesight.library import Library


class Look:
    """One look at a library, part by part; the catalogue comes first."""

    def __init__(self, library: Library, done: Done, *, quick: bool) -> None:
        self._library = library
        self._done = done
        self._quick = quick
        self._documents: list[Document] = []
        """Those that can be read."""
        self._crops: dict[str, list[str]] = {}
        """Document id -> keys of its crops."""
        self._lacking: dict[str, list[str]] = {space: [] for space in SPACES}
        """Space -> chunks that should have a vector and have none."""

    def at_catalogue(self) -> Iterator[Finding]:
        upkeep = self._library.catalogue.upkeep
        self._done("catalogue", 0, 1)
        if damage := upkeep.damage(quick=self._quick):
            raise LibraryError(
                f"the catalogue of {self._library.root} is damaged ({damage}): restore the "
                "library from a copy, or ingest its documents into a new one"
            )
        for table, rows in upkeep.strays().items():
            detail = f"{rows} rows belong to a document or a chunk that is not there"
            yield Finding(kind="strays", subject=table, detail=detail)
        yield from self._at_documents()
        for space in SPACES:
            yield from self._at_vectors(space)

    def at_files(self) -> Iterator[Finding]:
        whole: dict[str, bool] = {}
        crops = self._library.crops
        there = crops.keys()
        for number, document in enumerate(self._documents, start=1):
            keys = dict.fromkeys(self._crops[document.id])
            for key in keys:
                if key not in whole:
                    whole[key] = key in there and (self._quick or crops.whole(key))
            if bad := tuple(key for key in keys if not whole[key]):
                gone = sum(key not in there for key in bad)
                yield Finding(
                    kind="crops",
                    subject=document.source,
                    detail=f"{gone} crops are missing and {len(bad) - gone} are damaged",
                    document_id=document.id,
                    ids=bad,
                )
            self._done("crops", number, len(self._documents))
        if not self._quick:
            yield from self._at_parses()
        yield from self._at_leftovers()

    def at_indexes(self) -> Iterator[Finding]:
        indexes = self._library.indexes
        stopped = indexes.stopped()
        for name in indexes.names():
            what = f"{name} index"

            def tell(done: int, total: int, what: str = what) -> None:
                self._done(what, done, total)

            tell(0, 1)
            thorough = not self._quick or name in stopped
            if fault := indexes.fault(name, tell, thorough=thorough):
                yield Finding(kind="index", subject=name, detail=fault)
            elif name in stopped:
                detail = (
                    "a writer was stopped while it changed the index; nothing is wrong with it, "
                    "but searches go without it until the next writer has seen so"
                )
                yield Finding(kind="stopped", subject=name, detail=detail)

    def at_circumstances(self) -> Iterator[Finding]:
        """Unfinished work, and what lies outside of the library."""
        library = self._library
        if library.erasing():
            detail = "was begun and not finished: removed text may be left in the files"
            yield Finding(kind="erasing", subject=ERASING, detail=detail)
        for space in SPACES:
            model, made = library.stage(space)
            if made:
                visual = " --visual" if space == "visual" else ""
                detail = f"{made} chunks have a vector by {model} that does not serve yet"
                remedy = f"`pagesight reembed{visual} --model ...` goes on"
                yield note("reembedding", space, detail, remedy)
        gone = [
            document for document in self._documents if not library.original(document).is_file()
        ]
        if gone:
            detail = f"{len(gone)} are no longer where they were, {gone[0].source} first"
            remedy = "their documents are still found; `pagesight ingest FOLDER --prune` drops them"
            yield note("source", "files", detail, remedy)

    def _at_documents(self) -> Iterator[Finding]:
        catalogue = self._library.catalogue
        paths = {id: path for path, id in sorted(catalogue.sources().items(), reverse=True)}
        embedded = {space: catalogue.all_ids(space) for space in SPACES}
        lost, ids = catalogue.upkeep.lacking(), catalogue.upkeep.document_ids()
        for number, id in enumerate(ids, start=1):
            path = paths.get(id, id)
            try:
                document = catalogue.document(id)
                pages, chunks = catalogue.pages(id), catalogue.document_chunks(id)
            except LibraryError:
                detail = "has rows in the catalogue that cannot be read"
                yield Finding(kind="document", subject=path, detail=detail, document_id=id)
                continue
            if document is None:
                continue
            self._documents.append(document)
            self._crops[id] = [chunk.image for chunk in chunks if chunk.image]
            for chunk in chunks:
                for space, wanted in (("text", chunk.text), ("visual", chunk.image)):
                    if wanted and chunk.id not in embedded[space]:
                        self._lacking[space].append(chunk.id)
            if id in lost:
                detail = "lacks pages or chunks in the catalogue"
                yield Finding(kind="document", subject=path, detail=detail, document_id=id)
            elif counted(document, pages, chunks) != document:
                detail = (
                    f"counts {document.chunks} chunks, {document.figures} figures and "
                    f"{document.page_count} pages, and other numbers are there"
                )
                yield Finding(kind="counts", subject=document.source, detail=detail, document_id=id)
            self._done("documents", number, len(ids))

    def _at_vectors(self, space: str) -> Iterator[Finding]:
        library, lacking = self._library, tuple(self._lacking[space])
        reason = library.note(NO_VISUAL) if space == "visual" else ""
        if lacking and reason:
            detail = f"{len(lacking)} pictures have no vector: {reason}"
            yield note("vectors", space, detail, "`pagesight reembed --visual` makes them")
        elif lacking and space in library.spaces():
            detail = f"{len(lacking)} chunks have no vector"
            yield Finding(kind="vectors", subject=space, detail=detail, ids=lacking)
        if self._quick:
            return
        self._done(f"{space} vectors", 0, 1)
        if odd := library.catalogue.upkeep.odd_vectors(space):
            id, what = next(iter(odd.items()))
            detail = f"{len(odd)} vectors are broken, that of {id} first: {what}"
            yield Finding(kind="vectors", subject=space, detail=detail, ids=tuple(odd))

    def _at_parses(self) -> Iterator[Finding]:
        parses = self._library.parses
        entries = parses.entries()
        for number, path in enumerate(sorted(entries), start=1):
            if not parses.readable(path):
                detail = "is a cached parsed document that cannot be read"
                yield Finding(kind="parses", subject=str(path), detail=detail)
            self._done("cached parses", number, len(entries))

    def _at_leftovers(self) -> Iterator[Finding]:
        found = self._library.leftovers()
        for what, things in (
            ("crops", found.crops),
            ("cached parses", found.parses),
            ("renditions", found.renditions),
            ("temporary files", found.temporary),
            ("former indexes", found.generations),
        ):
            if things:
                detail = f"{len(things)} belong to no document"
                remedy = "`pagesight doctor --repair` removes them"
                yield replace(note("leftovers", what, detail, remedy), repairable=True)
