"""Measures a running server under load: latencies, throughput, errors and memory.

    python benchmarks/serving.py FOLDER [--chunks 100000] [--clients 1 8 32] [--seconds 20]
                                 [--ingest PDFS] [--soak MINUTES] [--set SECTION.KEY=VALUE]

FOLDER keeps the library of so many chunks, which is made at the first run, in some minutes. The
real `pagesight serve` is asked over HTTP: searches, and questions that are answered by quoting. No
question comes twice. With --ingest they are measured once more while copies of the PDF files of
that folder are uploaded one after the other; the copies are deleted again. --soak asks from eight
clients for so many minutes instead, with uploads if there are any. The clients run on the same
cores as the server, and machines are noisy: compare the ratios to one client.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import psutil
from bulk import grow

from pagesight.settings import load

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "samples"
QUESTIONS = ROOT / "eval" / "golden.jsonl"
COMMAND = Path(sys.executable).parent / "pagesight"
LIBRARY = "large"
NO_CLIP = ("--set", "visual.enabled=false")
READY_SECONDS = 300.0
ANSWER_SECONDS = 120.0
WARMING = 8
"""Requests that are not counted before each measurement."""
SOAK_CLIENTS = 8
EVERY = 30.0
"""Seconds between two lines of a soak."""
KINDS = ("search", "ask")


@dataclass(slots=True)
class Load:
    """What the clients of one measurement saw."""

    latencies: list[float] = field(default_factory=list)
    """Seconds, of what was answered."""
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    """Wall clock of it all."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return float(np.percentile(self.latencies, share)) * 1e3 if self.latencies else np.nan


def questions() -> Iterator[str]:
    """Different ones for ever: those of the golden set, each with some words of others."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"].rstrip("?") for line in lines]
    words = " ".join(asked).split()
    chance = random.Random(0)
    while True:
        more = " ".join(chance.choices(words, k=2))
        yield f"{chance.choice(asked)} {more}?"


def library_of(folder: Path, chunks: int) -> Path:
    """The library of so many chunks in the folder, made where it is missing."""
    small, large = folder / "small", folder / f"chunks-{chunks}"
    if not large.is_dir():
        command = [str(COMMAND), "ingest", str(SAMPLES), "--library", str(small), *NO_CLIP]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        begun = time.perf_counter()
        part = large.with_suffix(".part")
        grow(load(), small, part, chunks)
        part.rename(large)
        say(f"made a library of {chunks:,} chunks in {time.perf_counter() - begun:.0f} s")
    return large


@contextmanager
def serving(library: Path, sets: Sequence[str]) -> Iterator[tuple[str, psutil.Process]]:
    """The address and the process of a server that is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [option for each in ("serve.per_minute=0", *sets) for option in ("--set", each)]
    command = [str(COMMAND), "serve", "--library", f"{LIBRARY}={library}", "--port", str(port)]
    begun = time.perf_counter()
    log = library.with_name("serve.log")
    with log.open("wb") as written:
        process = subprocess.Popen([*command, *options, *NO_CLIP], stdout=written, stderr=written)
    address = f"http://127.0.0.1:{port}"
    try:
        while not _ready(address):
            if process.poll() is not None or time.perf_counter() - begun > READY_SECONDS:
                raise SystemExit(f"the server did not get ready: see {log}")
            time.sleep(0.05)
        server = psutil.Process(process.pid)
        say(f"cold start to ready {time.perf_counter() - begun:.1f} s; idle {_memory(server)} MB")
        yield address, server
    finally:
        process.terminate()
        process.wait()


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def put_under_load(
    address: str, kind: str, clients: int, seconds: float, asked: Iterator[str]
) -> Load:
    """So many clients, each of which asks again as soon as it is answered."""
    load = Load()
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=ANSWER_SECONDS) as client:
        for _ in range(WARMING):
            await _ask(client, kind, next(asked), Load())
        begun = time.perf_counter()

        async def one() -> None:
            while time.perf_counter() < begun + seconds:
                await _ask(client, kind, next(asked), load)

        await asyncio.gather(*(one() for _ in range(clients)))
        load.seconds = time.perf_counter() - begun
    return load


async def _ask(client: httpx.AsyncClient, kind: str, text: str, load: Load) -> None:
    begun = time.perf_counter()
    try:
        answer = await client.post(f"/api/libraries/{LIBRARY}/{kind}", json={"text": text})
    except httpx.HTTPError as error:
        load.errors[type(error).__name__] += 1
        return
    if answer.status_code != httpx.codes.OK:
        load.errors[str(answer.status_code)] += 1
    else:
        load.latencies.append(time.perf_counter() - begun)


@dataclass(slots=True)
class Uploads:
    """What was uploaded meanwhile."""

    documents: list[str] = field(default_factory=list)
    """Ids."""
    pages: int = 0
    failed: int = 0


@asynccontextmanager
async def uploading(address: str, folder: Path | None) -> AsyncIterator[Uploads]:
    """Copies of the folder's PDF files are ingested, one after the other, while the block runs."""
    done = Uploads()
    if folder is None:
        yield done
        return
    async with httpx.AsyncClient(base_url=address, timeout=ANSWER_SECONDS) as client:
        work = asyncio.create_task(_upload_all(client, sorted(folder.glob("*.pdf")), done))
        try:
            yield done
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await _delete_all(client)


async def _upload_all(client: httpx.AsyncClient, files: Sequence[Path], done: Uploads) -> None:
    at = f"/api/libraries/{LIBRARY}"
    while True:
        for path in files:
            # A comment after the end makes it another document.
            data = path.read_bytes() + f"\n% {os.urandom(8).hex()}\n".encode()
            sent = {"file": (f"copy-of-{path.name}", data, "application/pdf")}
            answer = await client.post(f"{at}/documents", files=sent, data={"replace": "false"})
            job = answer.json()
            while answer.is_success and job["state"] in ("queued", "running"):
                await asyncio.sleep(0.2)
                job = (await client.get(f"{at}/jobs/{job['id']}")).json()
            if job.get("state") == "done":
                done.documents += [file["document_id"] for file in job["files"]]
                done.pages += sum(file["page_count"] for file in job["files"])
            else:
                done.failed += 1
                await asyncio.sleep(1.0)


async def _delete_all(client: httpx.AsyncClient) -> None:
    at = f"/api/libraries/{LIBRARY}"
    for job in (await client.get(f"{at}/jobs")).json():
        await client.post(f"{at}/jobs/{job['id']}/cancel")
    while any(
        job["state"] in ("queued", "running", "cancelling")
        for job in (await client.get(f"{at}/jobs")).json()
    ):
        await asyncio.sleep(0.2)
    for row in (await client.get(f"{at}/documents")).json():
        if row["name"].startswith("copy-of-"):
            await client.delete(f"{at}/documents/{row['id']}")


async def measure(
    address: str, numbers: Sequence[int], seconds: float, folder: Path | None
) -> None:
    """Prints a line for each kind of request and number of clients."""
    asked = questions()
    async with uploading(address, folder) as uploads:
        say(f"\n{'during an ingest' if folder else 'without an ingest'}")
        say("request clients    p50 ms    p95 ms    p99 ms  answers/s  p50 to 1  rate to 1  errors")
        for kind in KINDS:
            first: Load | None = None
            for clients in numbers:
                load = await put_under_load(address, kind, clients, seconds, asked)
                first = first or load
                times = "".join(f"{load.percentile(share):10.0f}" for share in (50, 95, 99))
                slower = load.percentile(50) / first.percentile(50)
                rate = load.rate / first.rate if first.rate else np.nan
                say(
                    f"{kind:7} {clients:7}{times} {load.rate:10.1f} {slower:9.2f} {rate:10.2f}  "
                    f"{dict(load.errors) or 0}"
                )
    if folder:
        files = len(uploads.documents)
        say(f"ingested {files} files, {uploads.pages} pages; {uploads.failed} failed")


async def soak(address: str, server: psutil.Process, minutes: float, folder: Path | None) -> None:
    """Prints memory, answers and errors over time."""
    asked = questions()
    begun = time.perf_counter()
    say("\n   minute    MB  own MB  workers MB  answers  p99 ms  errors  pages ingested")
    async with uploading(address, folder) as uploads:
        while time.perf_counter() < begun + 60 * minutes:
            each = (
                put_under_load(address, kind, SOAK_CLIENTS // len(KINDS), EVERY, asked)
                for kind in KINDS
            )
            loads = await asyncio.gather(*each)
            errors = sum((load.errors for load in loads), Counter[str]())
            minute = (time.perf_counter() - begun) / 60
            say(
                f"{minute:9.1f} {_memory(server):5} {_own(server):7} {_below(server):11} "
                f"{sum(len(load.latencies) for load in loads):8} "
                f"{max(load.percentile(99) for load in loads):7.0f}  {dict(errors) or 0}"
                f"{uploads.pages:8}"
            )


def _memory(process: psutil.Process) -> int:
    return int(process.memory_info().rss) // 1_000_000


def _own(process: psutil.Process) -> int:
    """Without the pages of files, which the system takes back when it needs them."""
    memory = process.memory_info()
    return int(memory.rss - memory.shared) // 1_000_000


def _below(process: psutil.Process) -> int:
    return sum(_memory(child) for child in process.children(recursive=True) if child.is_running())


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--clients", nargs="+", type=int, default=[1, 8, 32])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--ingest", type=Path, metavar="PDFS")
    parser.add_argument("--soak", type=float, metavar="MINUTES")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    arguments = parser.parse_args()
    library = library_of(arguments.folder, arguments.chunks)
    with serving(library, arguments.set) as (address, server):
        if arguments.soak:
            asyncio.run(soak(address, server, arguments.soak, arguments.ingest))
            return
        for folder in dict.fromkeys((None, arguments.ingest)):
            asyncio.run(measure(address, arguments.clients, arguments.seconds, folder))
        say(f"memory afterwards {_memory(server)} MB")


if __name__ == "__main__":
    main()
