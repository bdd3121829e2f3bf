"""Measures the checker of claims on right and wrong answers written by hand.

    python benchmarks/checker.py [CASES]

CASES is eval/checker_cases.jsonl by default: see `pagesight.evaluation.scores.checker`. Printed are
precision and recall, of the cases the checker was written with and of those held back from it, a
table by tag and the cases that are missed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from pagesight.evaluation.scores.checker import Outcome, load_cases, outcome, rates

DEFAULT = Path(__file__).resolve().parents[1] / "eval" / "checker_cases.jsonl"
HELD_OUT = "held-out"


def print_rates(name: str, outcomes: Sequence[Outcome]) -> None:
    measured = rates(outcomes)
    claims = sum(len(each.pairs) for each in outcomes)
    print(
        f"{name}: {len(outcomes)} cases, {claims} claims\n"
        f"  verified    precision {measured.verified_precision:.3f}"
        f"  recall {measured.verified_recall:.3f}\n"
        f"  unverified  precision {measured.caught_precision:.3f}"
        f"  recall {measured.caught_recall:.3f}"
    )


def print_tags(outcomes: Sequence[Outcome]) -> None:
    tags = sorted({tag for each in outcomes for tag in each.case.tags})
    print(f"\n{'tag':<20} cases  right")
    for tag in tags:
        mine = [each for each in outcomes if tag in each.case.tags]
        print(f"{tag:<20} {len(mine):>5}  {sum(each.is_right for each in mine):>5}")


def print_missed(outcomes: Sequence[Outcome]) -> None:
    missed = [each for each in outcomes if not each.is_right]
    print(f"\nmissed: {len(missed)}")
    for each in missed:
        print(f"  {each.case.id}: {each.case.answer}")
        for number, (expected, found) in enumerate(each.pairs):
            reason = each.claims[number].reason if number < len(each.claims) else ""
            print(f"    {expected or 'no claim'}, found {found or 'no claim'} {reason}".rstrip())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", type=Path, nargs="?", default=DEFAULT)
    cases = load_cases(parser.parse_args().cases)
    started = time.perf_counter()
    outcomes = [outcome(case) for case in cases]
    seconds = time.perf_counter() - started
    print_rates("all", outcomes)
    print_rates("known", [each for each in outcomes if HELD_OUT not in each.case.tags])
    print_rates(HELD_OUT, [each for each in outcomes if HELD_OUT in each.case.tags])
    print_tags(outcomes)
    print_missed(outcomes)
    print(f"\n{1000 * seconds / len(cases):.1f} ms a case")


if __name__ == "__main__":
    main()
