/** Why a hit stands where it does: its best passage with the words marked, and its account. */

import { el } from "./dom.js";
import { plain } from "./words.js";

const SNIPPET = 320;
/** Characters of a hit that are looked through for the best passage. */
const LONGEST = 4000;
/** Characters before the first marked word of a passage that does not begin with its hit. */
const LEAD = 40;

const FIELDS = { body: "", heading: "in headings: ", title: "in the title: " };
const FACTORS = {
  document: "Its document fits less well",
  superseded: "A newer one takes its document's place",
};

/** The part of a hit with most of the question's words, and these marked. @returns {Array} */
export function passageOf(hit) {
  const text = plain(hit.text.slice(0, LONGEST));
  const words = (hit.explanation?.words ?? []).filter((each) => each.field === "body");
  const found = words.length ? [...text.matchAll(pattern(words.map((each) => each.word)))] : [];
  const start = bestStart(text, found);
  const end = start + SNIPPET;
  const inside = found.filter(({ index, 0: word }) => index >= start && index + word.length <= end);
  const parts = [start && "… "];
  let at = start;
  for (const { index, 0: word } of inside) {
    parts.push(text.slice(at, index), el("mark", {}, word));
    at = index + word.length;
  }
  return [...parts, text.slice(at, end), end < text.length && " …"].filter(Boolean);
}

/** Where the passage begins: 0 unless a later one has more different words. */
function bestStart(text, found) {
  const different = (from) =>
    new Set(
      found
        .filter(({ index }) => index >= from && index < from + SNIPPET - LEAD)
        .map(({ 0: word }) => word.toLowerCase())
    ).size;
  let best = 0;
  let most = different(0);
  for (const { index } of found) {
    const start = text.lastIndexOf(" ", Math.max(0, index - LEAD)) + 1;
    if (different(start) > most) [best, most] = [start, different(start)];
  }
  return best;
}

/** Finds words, whichever their case; those of scripts without spaces in the middle of others. */
function pattern(words) {
  const parts = [...new Set(words)]
    .sort((one, other) => other.length - one.length)
    .map((word) => {
      const literal = word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
      return /[\u2e80-\uffff]/.test(word) ? literal : `(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`;
    });
  return new RegExp(parts.join("|"), "giu");
}

/**
 * The account of a hit, behind a summary.
 * @param {any} hit views.FoundPassage
 * @param {(list: string) => string} named how a list is called
 */
export function why(hit, named) {
  const told = hit.explanation;
  if (!told) return null;
  const words = Object.entries(FIELDS).map(([field, before]) => {
    const own = told.words.filter((each) => each.field === field);
    return own.length > 0 && before + own.map((each) => each.word).join(", ");
  });
  return el(
    "details.why-hit",
    {},
    el("summary", {}, "Why it stands here"),
    el("ul.reasons", {}, told.reasons.map((reason) => el("li", {}, reason))),
    told.words.length > 0 && el(
      "p",
      {},
      el("b", {}, "The question's words: "),
      words.filter(Boolean).join("; "),
    ),
    account(hit, named),
  );
}

/** How the score comes about: a row a list, then the factors, then what was added after them. */
function account(hit, named) {
  const { lists, sum, factors } = hit.explanation;
  const highest = Math.max(...lists.map((each) => each.share));
  const share = (each) => row(
    `${named(each.list)} #${each.rank}`,
    `+${each.share.toFixed(3)}`,
    highest > 0 && each.share / highest,
  );
  const multiplied = Object.entries(factors);
  return el(
    "table.account",
    {},
    el("caption.unseen", {}, "How its score comes about"),
    el(
      "tbody",
      {},
      lists.filter((each) => !each.late).map(share),
      multiplied.length > 0 && row("Together", sum.toFixed(3)),
      multiplied.map(([name, factor]) => row(FACTORS[name] ?? name, `× ${factor.toFixed(2)}`)),
      lists.filter((each) => each.late).map(share),
      el("tr.score", {}, el("th", { scope: "row" }, "Score"), el("td"), el("td", {}, hit.score.toFixed(3))),
    ),
  );
}

function row(name, value, length = null) {
  const bar = length !== null && el("span.bar", { "aria-hidden": "true" });
  if (bar) bar.style.width = `${Math.round(100 * length)}%`;
  return el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, bar), el("td", {}, value));
}
