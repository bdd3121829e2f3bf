/** The right half: what stands behind an answer, as page, as excerpt and as a list. */

import { byId, count, el, fill, icon } from "./dom.js";
import { excerpt, pageWords } from "./excerpt.js";
import { hideEvidence, revealEvidence } from "./layout.js";
import { on, state } from "./state.js";
import { tabs } from "./tabs.js";
import { PageViewer } from "./viewer.js";
import { kindIcon, kindName, pageName, pagesName, plain, titleOf } from "./words.js";

/** What is looked at: one of these three, and the answer that it belongs to. */
const looked = { citation: null, passage: null, document: null, answered: null };

let viewer;
let showTab;

/** Builds the panel. */
export function evidence() {
  viewer = new PageViewer(byId("evidence-page"), words);
  showTab = tabs(byId("evidence-tabs"), words);
  byId("evidence-back").append(icon("back"), el("span", {}, "Back"));
  byId("evidence-back").addEventListener("click", hideEvidence);
  on("library", forget);
  on("documents", () => {
    const { citation, passage, document: row } = looked;
    const id = citation?.document_id ?? passage?.document_id ?? row?.id;
    if (id && !state.documents.some((one) => one.id === id)) forget();
  });
  forget();
}

/** The words of the page, for a document that was opened by itself, once they are looked at. */
function words() {
  const place = byId("evidence-excerpt");
  if (looked.document && viewer.number && !place.hidden)
    pageWords(place, looked.document.id, viewer.number);
}

function forget() {
  Object.assign(looked, { citation: null, passage: null, document: null, answered: null });
  byId("evidence").classList.add("empty");
  fill(
    byId("evidence-head"),
    el(
      "div.hint",
      {},
      el("img", { src: "/static/icon.svg", alt: "", width: 46, height: 46 }),
      el("h2", {}, "The proof stands here"),
      el(
        "p",
        {},
        "Choose a number in an answer, a search hit or a document: " +
          "its page opens here with the words marked.",
      ),
    ),
  );
  list(null);
}

/**
 * Opens what a chip stands for.
 * @param {import("./answer.js").Target} target
 * @param {any} [answered] the answer that it belongs to
 */
export function openTarget({ citation, passage }, answered = null) {
  Object.assign(looked, { citation, passage, document: null, answered });
  byId("evidence").classList.remove("empty");
  head();
  byId("tab-excerpt").textContent = "Excerpt";
  list(answered);
  if (passage) excerpt(byId("evidence-excerpt"), passage, citation?.quote ?? "");
  else fill(byId("evidence-excerpt"), el("blockquote", {}, citation.quote));
  const boxes = citation?.boxes.length ? citation.boxes : passage.boxes;
  showTab("evidence-page");
  revealEvidence();
  const number = citation?.page_number ?? boxes[0]?.page_number ?? passage.pages[0];
  return viewer.show((citation ?? passage).document_id, number, boxes);
}

/** Opens a document at a page. @param {any} row views.DocumentRow @param {number} [number] 1-based */
export function openDocument(row, number = 1) {
  Object.assign(looked, { citation: null, passage: null, document: row, answered: null });
  byId("evidence").classList.remove("empty");
  head();
  byId("tab-excerpt").textContent = "Words";
  list(null);
  showTab("evidence-page");
  revealEvidence();
  return viewer.show(row.id, number, []);
}

/** Opens the list of all that an answer was written from. */
export function openSources(answered) {
  looked.answered = answered;
  byId("evidence").classList.remove("empty");
  if (!looked.citation && !looked.passage)
    fill(byId("evidence-head"), el("h2", {}, "What the answer was written from"));
  list(answered);
  showTab("evidence-sources");
  revealEvidence();
}

/** Tells which source is looked at: mark, name, place, quote. */
function head() {
  const { citation, passage, document: row } = looked;
  if (row) {
    fill(
      byId("evidence-head"),
      el("h2", {}, titleOf(row)),
      el("p.small", {}, `${row.name}, ${count(row.pages, "page")}`),
    );
    return;
  }
  const one = citation ?? passage;
  const mark = citation?.mark ?? passage.mark;
  const place = citation ? pageName(citation.page_number, citation.page_label) : pagesName(passage);
  const newer = passage?.superseded_by;
  fill(
    byId("evidence-head"),
    el(
      "div.source-line",
      {},
      mark ? el("span.chip.still", {}, String(mark)) : icon(kindIcon(one.kind)),
      el("h2", {}, [one.label, titleOf(one)].filter(Boolean).join(" · ")),
      el("span.place", {}, place),
    ),
    citation?.quote && el("blockquote.quote", {}, `“${citation.quote}”`),
    citation && standing(citation),
    newer && el(
      "p.note",
      {},
      icon("info"),
      el("span", {}, `A newer document takes its place: ${newer}`),
    ),
  );
}

function standing(citation) {
  return citation.verified
    ? el("p.verdict.good", {}, icon("check"), "The statement agrees with this place")
    : el(
      "p.verdict.doubtful",
      {},
      icon("alert"),
      "Cited, but this place alone does not verify the statement",
    );
}

/** The list of the evidence of an answer. */
function list(answered) {
  const tab = byId("tab-sources");
  tab.hidden = !answered?.evidence.length;
  if (tab.hidden) {
    if (tab.getAttribute("aria-selected") === "true") showTab("evidence-page");
    return;
  }
  tab.textContent = `Sources ${answered.evidence.length}`;
  const cited = new Set(answered.citations.map((citation) => citation.mark));
  const items = answered.evidence.map(
    (passage) => el("li", {}, card(passage, cited.has(passage.mark), answered))
  );
  fill(
    byId("evidence-sources"),
    el(
      "p.small",
      {},
      "Everything that the answer could draw on, by mark. What was cited is marked.",
    ),
    el("ol.cards", {}, items),
  );
}

function card(passage, cited, answered) {
  const citation = answered.citations.find((one) => one.mark === passage.mark) ?? null;
  const open = () => openTarget({ citation, passage }, answered);
  return el(
    "button.card",
    { type: "button", onclick: open, "aria-current": passage === looked.passage ? "true" : null },
    el("span.chip.still", {}, String(passage.mark)),
    el(
      "span.card-body",
      {},
      el(
        "strong",
        {},
        passage.label || passage.headings[passage.headings.length - 1] || titleOf(passage),
      ),
      el("span.small", {}, `${titleOf(passage)}, ${pagesName(passage)}`),
      el("span.snippet", {}, plain(passage.text.slice(0, 600)).slice(0, 240)),
      el(
        "span.tags",
        {},
        cited && el("span.tag.cited", {}, icon("check"), "cited"),
        el("span.tag", {}, icon(kindIcon(passage.kind)), kindName(passage.kind)),
        el("span.tag", {}, passage.reason),
      ),
    ),
  );
}

