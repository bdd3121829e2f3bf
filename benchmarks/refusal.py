"""Measures which questions are refused, at which strength of their evidence, and fits the strength.

    python benchmarks/refusal.py LIBRARY SET... [--in-document] [--elsewhere] [--off-topic SET...]
                                 [--answers] [--rows FILE] [--out FILE.png]
    python benchmarks/refusal.py --fit ROWS...

The first form prints for each set and each `ask.refuse_below`: the share of the answerable
questions that are answered, of the unanswerable ones that are refused and, with --answers, of the
wrongly answered ones that are refused. --elsewhere makes unanswerable questions: each answerable
one is asked again of the other documents of the library, with --in-document of one other document,
drawn by chance. Documents whose file names begin with the same letters (the filings of one company)
count as one. The answer may stand elsewhere all the same, so that some of these are noise. The
questions of --off-topic are about something else altogether and asked of the whole library.

The second form takes what --rows has saved. It fits the weights by logistic regression, in which
the answerable questions of all sets weigh as much as the others, and every group of a set (its
answerable, its unanswerable, those asked elsewhere) as much as another. What it prints of a
question comes from weights fitted without the questions about the same document.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.stats import bootstrap, mannwhitneyu

from pagesight.app import App, build
from pagesight.citations import check_marks
from pagesight.document import Document
from pagesight.evaluation.scores.answers import contains_gold, numeric_match
from pagesight.evaluation.sets.cases import Case, load_set
from pagesight.results import Answer, Filter, Query
from pagesight.settings import load

Floats = npt.NDArray[np.float64]
Group = Literal["answerable", "unanswerable", "elsewhere", "off topic"]
GROUPS: tuple[Group, ...] = ("answerable", "unanswerable", "elsewhere", "off topic")

SIGNALS = ("coverage", "specifics", "meaning", "looks")
THRESHOLDS = (0.05, 0.1, 0.13, 0.16, 0.2, 0.3, 0.4, 0.5)
MOST_LOST = 0.05
"""Share of the answerable questions of a set that may be refused."""
FOLDS = 8
RESAMPLES = 1_000
RIDGE = 0.1
"""Penalty on the squared weights: it keeps them finite where a signal parts a set without error."""
SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One question and what was found for it."""

    set: str
    group: Group
    document: str
    """That the question was made for."""
    strength: float
    coverage: float
    specifics: float
    meaning: float
    looks: float
    right: bool | None = None
    """Whether its answer holds the gold answer; None where that is not known."""


def measured(app: App, path: Path, options: argparse.Namespace) -> Iterator[Row]:
    """The rows of a set."""
    documents = {document.name: document for document in app.library.documents()}
    draw = random.Random(SEED)
    name = f"{path.stem}, in document" if options.in_document else path.stem
    for case in load_set(path):
        own = [documents[one] for one in case.documents if one in documents]
        if case.review or len(own) < len(case.documents):
            continue
        within = Filter(documents=tuple(one.id for one in own) if options.in_document else ())
        yield row(app, case, within, name, "unanswerable" if case.unanswerable else "answerable")
        others = foreign(own, list(documents.values()))
        if options.elsewhere and own and others and not case.unanswerable:
            asked = [draw.choice(others)] if options.in_document else others
            yield row(app, case, Filter(documents=tuple(d.id for d in asked)), name, "elsewhere")


def off_topic(app: App, path: Path) -> Iterator[Row]:
    """The rows of a set about something else."""
    for case in load_set(path):
        yield row(app, case, Filter(), path.stem, "off topic")


def row(app: App, case: Case, within: Filter, name: str, group: Group) -> Row:
    """Asks one question; answers it too where the settings refuse nothing."""
    query = Query(text=case.question, image=case.image, filter=within)
    prepared = app.asker.prepare(query)
    signals = app.gauge.signals(case.question, prepared.evidence, prepared.ranking)
    right = None
    if app.settings.ask.refuse_below == 0 and group == "answerable" and case.answers:
        *_, answer = app.asker.answer(prepared)
        assert isinstance(answer, Answer)
        said = check_marks(answer.text, ())[0]
        found = contains_gold(said, case.answers)
        right = found or bool(numeric_match(said, case.answers, case.tolerance))
    return Row(
        set=name,
        group=group,
        document="+".join(case.documents) or case.id,
        strength=signals.strength,
        right=right,
        **{each: getattr(signals, each) for each in SIGNALS},
    )


def foreign(own: Sequence[Document], documents: Sequence[Document]) -> list[Document]:
    """The documents that are neither `own` nor akin to them."""
    akin = {kin(one.name) for one in own}
    return [one for one in documents if kin(one.name) not in akin]


def kin(name: str) -> str:
    """The letters that a file name begins with; the name itself where it begins with none."""
    match = re.match(r"[A-Za-z]{2,}", name)
    return match.group().lower() if match else name


def print_curves(rows: Sequence[Row], strengths: Sequence[float]) -> None:
    """For each set: the trade-off, and the highest threshold that loses few enough."""
    for name, members in sets_of(rows, strengths).items():
        wrong = [s for r, s in members if r.group == "answerable" and r.right is False]
        groups: dict[str, Floats] = {
            group: np.array([s for r, s in members if r.group == group]) for group in GROUPS
        } | {"answered wrongly": np.array(wrong)}
        groups = {group: found for group, found in groups.items() if len(found)}
        answerable = groups.pop("answerable", None)
        print(f"\n{name}\nbelow     ", end="")
        print("" if answerable is None else f"answered {len(answerable):<8}", end="")
        print("".join(f"refused: {f'{group} {len(found)}':24}" for group, found in groups.items()))
        for threshold in THRESHOLDS:
            kept = "" if answerable is None else f"{1 - below(answerable, threshold):<17.3f}"
            cells = "".join(f"{below(found, threshold):<33.3f}" for found in groups.values())
            print(f"{threshold:<10.2f}{kept}{cells}".rstrip())
        if answerable is not None:
            limit = np.quantile(answerable, MOST_LOST)
            print(f"{MOST_LOST:.0%} of the answerable are lost at {limit:.3f}")


def print_aucs(rows: Sequence[Row], strengths: Sequence[float]) -> None:
    """Area under the ROC curve, with a 95 % interval, of each signal alone and of the strength:
    against the answerable questions of the same set, or of all where it has none."""
    columns: dict[str, Sequence[float]] = {s: [getattr(r, s) for r in rows] for s in SIGNALS}
    columns["strength"] = strengths
    print(f"\n{'AUC':44}" + "".join(f"{name:20}" for name in columns))
    answerable = [n for n, r in enumerate(rows) if r.group == "answerable"]
    for name, group in dict.fromkeys((row.set, row.group) for row in rows):
        if group == "answerable":
            continue
        mine = [n for n, r in enumerate(rows) if (r.set, r.group) == (name, group)]
        good = [n for n in answerable if rows[n].set == name] or answerable
        if good:
            cells = [auc([v[n] for n in good], [v[n] for n in mine]) for v in columns.values()]
            print(f"{f'{name}: {group}':44}" + "".join(f"{cell:20}" for cell in cells))


def auc(higher: Sequence[float], lower: Sequence[float]) -> str:
    """How often a value of the first group is above one of the second, ties half (Mann-Whitney),
    and its percentile bootstrap interval over questions."""

    def statistic(one: Floats, other: Floats) -> float:
        return float(mannwhitneyu(one, other).statistic / (len(one) * len(other)))

    if len(set(higher) | set(lower)) == 1:
        return ".500"
    samples = (np.array(higher), np.array(lower))
    drawn = bootstrap(
        samples, statistic, n_resamples=RESAMPLES, vectorized=False, method="percentile", rng=SEED
    ).confidence_interval
    return f"{statistic(*samples):.3f} [{drawn.low:.2f}, {drawn.high:.2f}]"


def fitted(rows: Sequence[Row], weights: Floats) -> Floats:
    """Constant and weights of the signals that make the answerable most likely."""
    signals = matrix(rows)
    sign = np.array([1.0 if row.group == "answerable" else -1.0 for row in rows])

    def loss(beta: Floats) -> float:
        likelihood = np.logaddexp(0.0, -sign * (signals @ beta))
        return float(weights @ likelihood + RIDGE / 2 * beta[1:] @ beta[1:])

    found: Floats = minimize(loss, np.zeros(signals.shape[1]), method="BFGS").x
    return found


def weights_of(rows: Sequence[Row]) -> Floats:
    """One weight a row, 1 on average: see the module."""
    sizes = Counter((row.set, row.group) for row in rows)
    sides = Counter(group == "answerable" for _, group in sizes)
    raw = [1 / sizes[row.set, row.group] / sides[row.group == "answerable"] for row in rows]
    weights: Floats = np.array(raw) / np.mean(raw)
    return weights


def held_out(rows: Sequence[Row], weights: Floats) -> list[float]:
    """Strengths by weights that were fitted without the row's document."""
    documents = sorted({row.document for row in rows})
    fold = {document: number % FOLDS for number, document in enumerate(documents)}
    folds = np.array([fold[row.document] for row in rows])
    signals = matrix(rows)
    strengths = np.zeros(len(rows))
    for number in range(FOLDS):
        seen = [row for row, its in zip(rows, folds, strict=True) if its != number]
        beta = fitted(seen, weights[folds != number])
        strengths[folds == number] = 1 / (1 + np.exp(-signals[folds == number] @ beta))
    return [float(strength) for strength in strengths]


def matrix(rows: Sequence[Row]) -> Floats:
    """Shape (rows, 1 + signals), the first column of ones."""
    return np.array([[1.0, *(getattr(row, each) for each in SIGNALS)] for row in rows])


def sets_of(
    rows: Sequence[Row], strengths: Sequence[float]
) -> Mapping[str, list[tuple[Row, float]]]:
    found: dict[str, list[tuple[Row, float]]] = {}
    for row, strength in zip(rows, strengths, strict=True):
        found.setdefault(row.set, []).append((row, strength))
    return found


def below(strengths: Floats, threshold: float) -> float:
    """Share of the strengths that a threshold refuses."""
    return float(np.mean(strengths < threshold))


def draw_curves(rows: Sequence[Row], strengths: Sequence[float], path: Path) -> None:
    """A picture of the trade-off: a line for each set and kind of unanswerable question."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5))
    axes = figure.subplots()
    chosen = load().ask.refuse_below
    for name, members in sets_of(rows, strengths).items():
        good = np.array([s for r, s in members if r.group == "answerable"])
        for group in GROUPS[1:]:
            bad = np.array([s for r, s in members if r.group == group])
            if not len(bad) or not len(good):
                continue
            at = np.sort(np.concatenate([[0.0], good, bad, [1.0]]))
            kept = [1 - below(good, each) for each in at]
            refused = [below(bad, each) for each in at]
            (line,) = axes.plot(kept, refused, label=f"{name}: {group}")
            here = (1 - below(good, chosen), below(bad, chosen))
            axes.plot(*here, marker="o", color=line.get_color())
    axes.set(xlabel="answerable and answered", ylabel="unanswerable and refused", xlim=(0.5, 1.01))
    axes.set_title(f"Refusal; dots: ask.refuse_below = {chosen}")
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=120, bbox_inches="tight")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("library", type=Path, nargs="?")
    parser.add_argument("sets", type=Path, nargs="*", metavar="SET")
    parser.add_argument("--in-document", action="store_true")
    parser.add_argument("--elsewhere", action="store_true")
    parser.add_argument("--off-topic", type=Path, nargs="+", default=[], metavar="SET")
    parser.add_argument("--answers", action="store_true")
    parser.add_argument("--rows", type=Path, help="where to save what was measured")
    parser.add_argument("--out", type=Path, help="where to draw the trade-off")
    parser.add_argument("--fit", type=Path, nargs="+", metavar="ROWS")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    options = parser.parse_args()
    if options.fit:
        lines = [line for path in options.fit for line in path.read_text().splitlines()]
        rows = [Row(**json.loads(line)) for line in lines]
        weights = weights_of(rows)
        beta = fitted(rows, weights)
        pairs = zip(("constant", *SIGNALS), beta, strict=True)
        print(", ".join(f"{name} {value:.2f}" for name, value in pairs))
        strengths = held_out(rows, weights)
    else:
        changed = [*options.set, *(["ask.refuse_below=0"] if options.answers else [])]
        with build(load(overrides=changed), options.library, notify=print) as app:
            rows = [row for path in options.sets for row in measured(app, path, options)]
            rows += [row for path in options.off_topic for row in off_topic(app, path)]
        strengths = [row.strength for row in rows]
    if options.rows:
        options.rows.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows))
    print_aucs(rows, strengths)
    print_curves(rows, strengths)
    if options.out:
        draw_curves(rows, strengths, options.out)


if __name__ == "__main__":
    main()
