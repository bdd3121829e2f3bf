"""Build the sample documents: ``python data/build_samples.py [--out FOLDER] [NAME ...]``."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

MODULES = ("manual", "paper", "datasheet", "slides", "scan")


def build(folder: Path, names: Sequence[str] = MODULES) -> list[Path]:
    """Write the named documents into ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    built = []
    for name in names:
        module = importlib.import_module(f"samples_src.{name}")
        built.append(Path(module.build(folder)))
    return built


def main(argv: Sequence[str] | None = None) -> int:
    """Run the builder from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"documents to build, of {', '.join(MODULES)}")
    parser.add_argument("--out", type=Path, default=HERE / "samples", help="target folder")
    options = parser.parse_args(argv)
    unknown = set(options.names) - set(MODULES)
    if unknown:
        parser.error(f"unknown document: {', '.join(sorted(unknown))}")
    for path in build(options.out, options.names or MODULES):
        print(f"{path}  {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
