/** Retrieval by itself: hits, and why each stands where it does. */

import { read, within } from "./api.js";
import { Composer } from "./composer.js";
import { announce, byId, count, el, fill, icon } from "./dom.js";
import { openTarget } from "./evidence.js";
import { crop } from "./excerpt.js";
import { passageOf, why } from "./reasons.js";
import { scopeButton } from "./scope.js";
import { narrowing, on, state } from "./state.js";
import { trouble } from "./trouble.js";
import { kindIcon, kindName, pagesName, seconds, titleOf, total } from "./words.js";

const HITS = 12;

/** Lists that are fused: name -> [what it is called, what it compares]. */
const LISTS = {
  dense: ["Meaning", "what the passage means, compared with the question by the text model"],
  visual: ["Pixels", "what the figure or table looks like, by the picture model"],
  words: ["Words", "the question's words in the passage (BM25)"],
  pages: ["Page words", "the question's words on the whole page (BM25)"],
  inside: ["In its document", "the question's words, by how rare they are in that document (BM25)"],
  picture: ["This picture", "the picture that asks shows this figure or table"],
  kinds: ["Kind", "the question asks for a figure or table, and this is one"],
  rerank: ["Read again", "how well its page answers the question, read together with it"],
  references: ["Named", "the question names it, or it is where a named section stands"],
};

/** @type {Composer} */
let composer;
let results;
/** Counts searches, so that a late reply does not replace a newer one. */
let latest = 0;

/** Builds the panel. */
export function search() {
  results = el("div.results");
  composer = new Composer(
    {
      id: "search-text",
      label: "Words to search for",
      placeholder: "Search without an answer",
      act: "Search",
      actIcon: "search",
      submit: find,
    }
  );
  fill(
    byId("search"),
    el("div.search-head", {}, composer.node, el("div.row.above", {}, scopeButton())),
    results,
  );
  on("library", hint);
  hint();
}

export const takeSearchPicture = (
  /** @type {DataTransfer} */ data
) => composer.picker.takeFrom(data);

function hint() {
  latest += 1;
  fill(
    results,
    el(
      "div.welcome",
      {},
      el("h2", {}, "Search only"),
      el(
        "p",
        {},
        "Shows the passages, figures and tables that fit best, without writing an answer, and in " +
          "which lists each was found: by meaning, by words, by pixels.",
      ),
    ),
  );
}

/** @param {import("./composer.js").Asked} asked */
async function find(asked) {
  const turn = (latest += 1);
  fill(results, el("p.status", {}, el("span.pulse", { "aria-hidden": "true" }), "Searching..."));
  composer.working = true;
  composer.halt.hidden = true;
  composer.go.hidden = false;
  try {
    const found = await read(
      within(state.library, "search"),
      {
        method: "POST",
        json: {
          text: asked.text,
          image: asked.image || undefined,
          count: HITS,
          explain: true,
          narrowing: narrowing(),
        },
      },
    );
    if (turn === latest) show(found);
  } catch (error) {
    if (turn === latest) fill(results, trouble(error, () => find(asked)));
  } finally {
    composer.working = false;
  }
}

function show({ hits, seconds: stages }) {
  const words = hits.length
    ? `${count(hits.length, "hit")} in ${seconds(total(stages))}`
    : "Nothing was found";
  announce(words);
  fill(
    results,
    el("p.small.tally", {}, words),
    hits.length
      ? explanation(hits)
      : el("p.note", {}, "Try other words, or look in all documents."),
    el("ol.hits", {}, hits.map((hit) => el("li", {}, card(hit)))),
  );
}

/** Which lists there were, in words. */
function explanation(hits) {
  const used = Object.keys(LISTS).filter((name) => hits.some((hit) => name in hit.ranks));
  return el(
    "details.legend",
    {},
    el("summary", {}, "How hits are ranked"),
    el(
      "p",
      {},
      "Each list ranks the passages by its own measure. Their ranks are joined: a " +
        "hit that stands high in several lists comes first. Scores of different lists are never compared. " +
        "What stands in documents that fit the question worse counts less.",
    ),
    el("dl", {}, used.map((name) => [el("dt", {}, LISTS[name][0]), el("dd", {}, LISTS[name][1])])),
  );
}

function card(hit) {
  const ranks = Object.entries(hit.ranks).sort((one, other) => one[1] - other[1]);
  const name = hit.label || hit.headings[hit.headings.length - 1] || titleOf(hit);
  return el(
    "div.hit",
    {},
    el(
      "button.card",
      { type: "button", onclick: () => openTarget({ citation: null, passage: hit }) },
      el("span.rank", {}, String(hit.rank)),
      el(
        "span.card-body",
        {},
        el("strong", {}, icon(kindIcon(hit.kind)), ` ${name}`),
        el("span.small", {}, [kindName(hit.kind), titleOf(hit), pagesName(hit)].join(", ")),
        el("span.snippet", {}, passageOf(hit)),
        hit.superseded_by && el(
          "span.small",
          {},
          `A newer document takes its place: ${hit.superseded_by}`,
        ),
        hit.repeats.length > 0 && el(
          "span.small",
          {},
          `The same again on page ${hit.repeats.join(", ")}`,
        ),
      ),
    ),
    hit.crop && crop(hit),
    el(
      "ul.ranks",
      { "aria-label": "Rank in each list" },
      ranks.map(
        ([list, rank]) => el(
          "li",
          { title: LISTS[list]?.[1] ?? list },
          LISTS[list]?.[0] ?? list,
          el("b", {}, ` #${rank}`),
        )
      ),
    ),
    why(hit, (list) => LISTS[list]?.[0] ?? list),
  );
}
