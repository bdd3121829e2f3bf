/** A checked answer: its words with chips, what of it is verified, what can be done with it. */

import { toClipboard, withSources } from "./copying.js";
import { announce, aside, button, count, el, fill, icon } from "./dom.js";
import { feedback } from "./feedback.js";
import { render } from "./markdown.js";
import { pageName, plain, seconds, titleOf, total } from "./words.js";

/**
 * @typedef {{citation: any, passage: any}} Target what a chip opens: a citation, or where there is
 *   none the passage that was shown under the mark
 * @typedef {(target: Target, all: any) => void} Open
 */

/**
 * The text while it comes: nothing of it is checked.
 * @param {string} text
 * @param {any[]} evidence
 * @param {Open} open
 */
export function draft(text, evidence, open) {
  const answered = { text, claims: [], citations: [], evidence };
  return el("div.prose.draft", {}, render(text, marking(answered, open)));
}

/**
 * @param {any} answered views.Answered
 * @param {Open} open
 * @param {{showAll: () => void, documents: string[]}} how `documents` are the ids of those that the
 *   question was restricted to
 * @returns {HTMLElement}
 */
export function answer(answered, open, { showAll, documents }) {
  const refused = Boolean(answered.refused);
  const node = el(refused ? "div.answer.refusal" : "div.answer");
  fill(
    node,
    refused ? refusal(answered) : verdict(answered),
    el("div.prose", {}, render(answered.text, marking(answered, open))),
    doubts(answered, node),
    answered.notes.map((note) => el("p.note", {}, icon("info"), el("span", {}, note))),
    actions(answered, showAll, documents),
  );
  return node;
}

function refusal(answered) {
  const why = answered.text.toLowerCase().includes(answered.refused.toLowerCase())
    ? ""
    : answered.refused;
  return el(
    "p.verdict.refused",
    {},
    icon("refuse"),
    el("strong", {}, "Not answered from these documents"),
    why && el("span.why", {}, sentence(why)),
  );
}

/** How much of the answer is verified, in one line. */
function verdict({ support, grounded }) {
  if (!support.claims) {
    return grounded
      ? null
      : el(
        "p.verdict.doubtful",
        {},
        icon("alert"),
        el("strong", {}, "No source stands behind this answer"),
      );
  }
  const all = support.verified === support.claims;
  const words = all
    ? support.claims === 1
      ? "Verified in its source"
      : `All ${support.claims} statements verified in their sources`
    : `${support.verified} of ${count(support.claims, "statement")} verified`;
  return el(
    all ? "p.verdict.good" : "p.verdict.doubtful",
    {},
    icon(all ? "check" : "alert"),
    el("strong", {}, words),
  );
}

/** What is not verified, and why. */
function doubts(answered, node) {
  const doubtful = answered.claims.map((claim, index) => ({ claim, index })).filter(
    ({ claim }) => claim.support !== "verified"
  );
  if (!doubtful.length) return null;
  const items = doubtful.map(({ claim, index }) => {
    const to = () => node.querySelector(
      `.claim[data-claim="${index}"]`
    )?.scrollIntoView({ block: "nearest" });
    return el(
      "li",
      {},
      el("button.plain", { type: "button", onclick: to }, short(plain(claim.text))),
      el("span.why", {}, sentence(claim.reason || "it names no source")),
    );
  });
  return el(
    "div.doubts",
    {},
    el("h3", {}, icon("alert"), "Check these yourself"),
    el("ul", {}, items),
  );
}

function marking(answered, open) {
  return {
    claims: answered.claims,
    chip: (mark, claim) => chip(answered, mark, claim, open),
    badge: (claim) => badge(answered.claims[claim]),
  };
}

function badge(claim) {
  if (claim.support === "verified")
    return el(
      "span.badge.good",
      { title: "Verified: the source says it" },
      icon("check"),
      aside("verified"),
    );
  const words = claim.support === "uncited" ? "no source" : "not verified";
  return el("span.badge.doubtful", { title: sentence(claim.reason) }, icon("alert"), words);
}

/** The button that stands for [mark]; null where nothing was shown under it. */
function chip(answered, mark, claim, open) {
  const cited = answered.citations.filter((citation) => citation.mark === mark);
  const citation = cited.find((one) => one.claim === claim) ?? cited[0] ?? null;
  const passage = answered.evidence.find((piece) => piece.mark === mark) ?? null;
  if (!citation && !passage) return null;
  const place = citation
    ? pageName(citation.page_number, citation.page_label)
    : pageName(passage.pages[0], passage.page_labels[0] ?? "");
  const name = [
    `Source ${mark}`,
    (citation ?? passage).label,
    titleOf(citation ?? passage),
    place,
  ].filter(Boolean).join(", ");
  const node = el(
    "button.chip",
    { type: "button", "aria-label": name, title: name, data: { mark } },
    String(mark),
  );
  node.addEventListener("click", () => {
    for (const other of document.querySelectorAll(".chip[aria-current]"))
      other.removeAttribute("aria-current");
    node.setAttribute("aria-current", "true");
    open({ citation, passage }, answered);
  });
  return node;
}

function actions(answered, showAll, documents) {
  const copy = button("copy", "Copy with sources", async () => {
    try {
      await toClipboard(withSources(answered));
      announce("Copied with sources");
      copy.lastChild.textContent = "Copied";
    } catch (error) {
      copy.lastChild.textContent = error.message;
    }
    setTimeout(() => (copy.lastChild.textContent = "Copy with sources"), 2500);
  }, { text: true, kind: "quiet" });
  const shown = button(
    "book",
    count(answered.evidence.length, "source") + " looked at",
    showAll,
    { text: true, kind: "quiet" },
  );
  const by = answered.answerer === "extractive"
    ? "quoted, no language model"
    : `by ${answered.answerer}`;
  return el(
    "div.actions",
    {},
    el("div.row", {}, copy, answered.evidence.length > 0 && shown, feedback(answered, documents)),
    el("p.small", {}, `${by}, ${seconds(total(answered.timings))}`),
  );
}

const sentence = (text) => (text ? text[0].toUpperCase() + text.slice(1) : "");
const short = (text) => (text.length > 140 ? `${text.slice(0, 137)}...` : text);
