"""Ingests a folder of odd files and says what became of each.

    python benchmarks/odd_files.py FOLDER [OPTION ...]

Options are those of `pagesight ingest` ("--password", "--set" ...). Prints a table, the counts,
and the files that took longest; ends with 1 where a file has no outcome or more than one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).parent / "pagesight"
LONGEST = 5


def outcomes(folder: Path, options: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The outcomes of an ingest into a new library, as they come."""
    with tempfile.TemporaryDirectory() as library:
        command = [str(COMMAND), "ingest", str(folder), "--library", library, "--json", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                event = json.loads(line)
                if event.get("type") in ("stored", "skipped", "failed"):
                    yield event
        if process.returncode not in (0, 1):
            raise SystemExit(f"the ingest ended with {process.returncode}")


def source_of(event: dict[str, Any]) -> str:
    source = event["document"]["source"] if event["type"] == "stored" else event["source"]
    return Path(source).name


def row(event: dict[str, Any]) -> str:
    """A line of the table."""
    match event["type"]:
        case "stored":
            document = event["document"]
            text = f"{document['page_count']} pages, {document['chunks']} chunks"
            text = "; ".join([text, *event["findings"]])
        case "failed":
            text = event["reason"]
        case _:
            text = f"same as {event['document_id'][:12]}"
    return f"{source_of(event):70} {event['type']:8} {text}"


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    folder, options = Path(sys.argv[1]), sys.argv[2:]
    begun = time.perf_counter()
    events = list(outcomes(folder, options))
    wall = time.perf_counter() - begun
    for event in sorted(events, key=source_of):
        sys.stdout.write(row(event) + "\n")
    stored = [event for event in events if event["type"] == "stored"]
    counts = Counter(event["type"] for event in events)
    sys.stdout.write(f"\n{dict(counts)}, {wall:.0f} s\n")
    for event in sorted(stored, key=lambda each: -each["seconds"].get("parse", 0))[:LONGEST]:
        seconds = event["seconds"].get("parse", 0)
        sys.stdout.write(f"{source_of(event):70} {seconds:.1f} processor seconds of parsing\n")
    told = Counter(map(source_of, events))
    odd = [path.name for path in folder.rglob("*.pdf") if told[path.name] != 1]
    sys.stdout.write(f"files without exactly one outcome: {odd or 'none'}\n")
    if odd:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
