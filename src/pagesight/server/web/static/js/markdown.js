/** Markdown of answers as DOM nodes, which keep track of the claims that they belong to. */

import { el } from "./dom.js";
import { blocks } from "./blocks.js";

/**
 * @typedef {{start: number, end: number, support: string, reason: string, marks: number[]}} Claim
 * @typedef {{
 *   claims: Claim[],
 *   chip: (mark: number, claim: number) => Node | null,
 *   badge: (claim: number) => Node | null,
 * }} Marking claims in code points of the text; `chip` gives what stands for [n] (null: it stays
 *   text), `badge` what follows the last word of a claim. A claim is given by its index, -1: none.
 */

const PATTERNS = {
  escaped: /\\([!-/:-@[-`{-~])/y,
  code: /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/y,
  marks: /\[(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\](?!\()/y,
  link: /!?\[([^\]\n]*)\]\(([^)\s]*)\)/y,
  strong: /(\*\*|__)(?=\S)([\s\S]*?\S)\1/y,
  em: /(\*)(?=[^\s*])([\s\S]*?[^\s*])\1(?!\*)/y,
  em2: /(?<!\w)(_)(?=[^\s_])([\s\S]*?[^\s_])\1(?!\w)/y,
  break: /<br\s*\/?>|(?: {2,}|\\)\n/iy,
};
const STARTS = /[\\`[!*_<\n ]/g;

/**
 * @param {string} text
 * @param {Marking} marking
 * @returns {DocumentFragment}
 */
export function render(text, marking) {
  return new Painter(text, marking).paint();
}

class Painter {
  /** @param {string} text @param {Marking} marking */
  constructor(text, marking) {
    this.text = text;
    this.marking = marking;
    this.owner = owners(text, marking.claims);
    /** The last node of each claim. @type {Map<number, Node>} */
    this.last = new Map();
  }

  paint() {
    const root = document.createDocumentFragment();
    const all = blocks(this.text);
    /** The highest level of heading that there is: it is shown right below that of the question. */
    this.top = Math.min(...all.map((block) => (block.type === "heading" ? block.level : Infinity)));
    for (const block of all) this.block(block, root);
    for (const [claim, node] of this.last) {
      const badge = this.marking.badge(claim);
      if (!badge) continue;
      const code = node.parentElement?.closest("pre");
      (code ?? node).after(badge);
    }
    return root;
  }

  /** @param {import("./blocks.js").Block} block @param {Node} parent */
  block(block, parent) {
    switch (block.type) {
      case "heading":
        return parent.append(this.line(el(block.level <= this.top ? "h3" : "h4"), block.lines));
      case "rule":
        return parent.append(el("hr"));
      case "code":
        return parent.append(this.code(block.lines));
      case "table":
        return parent.append(this.table(block));
      case "quote":
        return parent.append(this.nested(el("blockquote"), block.blocks));
      case "list": {
        const items = block.items.map((item) => this.nested(el("li"), item));
        return parent.append(
          el(
            block.start === null ? "ul" : "ol",
            { start: block.start > 1 ? block.start : null },
            items,
          )
        );
      }
      default:
        return parent.append(this.line(el("p"), block.lines));
    }
  }

  nested(node, inner) {
    // The words of an item stand in it directly, unless more than words follow.
    if (inner.length && inner[0].type === "paragraph" && node.tagName === "LI")
      this.line(node, inner.shift().lines);
    for (const block of inner) this.block(block, node);
    return node;
  }

  /** @param {Array<[number, number]>} lines ranges of the text */
  line(node, lines) {
    const characters = [];
    const at = [];
    for (const [from, to] of lines) {
      if (characters.length) {
        characters.push("\n");
        at.push(from - 1);
      }
      for (let index = from; index < to; index += 1) {
        characters.push(this.text[index]);
        at.push(index);
      }
    }
    this.inline(characters.join(""), at, node);
    return node;
  }

  /** @param {string} words @param {number[]} at where each of their characters stands in the text */
  inline(words, at, parent) {
    let plain = 0;
    let place = 0;
    const flush = () => place > plain && this.leaf(
      words.slice(plain, place),
      at.slice(plain, place),
      parent,
    );
    while (place < words.length) {
      STARTS.lastIndex = place;
      const next = STARTS.exec(words);
      if (!next) break;
      place = next.index;
      const length = this.special(words, at, place, parent, flush);
      place += length || 1;
      if (length) plain = place;
    }
    place = words.length;
    flush();
  }

  /** Paints what begins at a place, after `flush`ing what stands before it; its length, 0: nothing begins. */
  special(words, at, place, parent, flush) {
    const match = (name) => {
      PATTERNS[name].lastIndex = place;
      return PATTERNS[name].exec(words);
    };
    let found = match("escaped");
    if (found) return flush(), this.leaf(found[1], [at[place + 1]], parent), 2;
    if ((found = match("code"))) {
      flush();
      const start = place + found[1].length;
      parent.append(this.leaf(found[2], at.slice(start, start + found[2].length), el("code")));
      return found[0].length;
    }
    if ((found = match("marks"))) {
      const chips = found[1].split(/[,;]/).map(
        (mark) => this.marking.chip(Number(mark), this.owner[at[place]])
      );
      if (chips.some((chip) => !chip)) return 0;
      flush();
      parent.append(...chips);
      this.ends(this.owner[at[place]], chips[chips.length - 1]);
      return found[0].length;
    }
    if ((found = match("link"))) {
      const start = place + found[0].indexOf("[") + 1;
      flush();
      this.leaf(found[1], at.slice(start, start + found[1].length), parent);
      if (found[2] && found[2] !== found[1]) parent.append(` (${found[2]})`);
      return found[0].length;
    }
    if ((found = match("strong") ?? match("em") ?? match("em2"))) {
      flush();
      const start = place + found[1].length;
      const node = el(found[1].length > 1 ? "strong" : "em");
      this.inline(found[2], at.slice(start, start + found[2].length), node);
      parent.append(node);
      return found[0].length;
    }
    if ((found = match("break"))) return flush(), parent.append(el("br")), found[0].length;
    return 0;
  }

  /** Words without markup, cut where a claim begins or ends. */
  leaf(words, at, parent) {
    let from = 0;
    for (let to = 1; to <= words.length; to += 1) {
      const claim = this.owner[at[from]];
      if (to < words.length && this.owner[at[to]] === claim) continue;
      const part = words.slice(from, to).replace(/\n/g, parent.tagName === "CODE" ? "\n" : " ");
      if (claim < 0) parent.append(part);
      else {
        const node = el(
          "span.claim",
          { data: { claim, support: this.marking.claims[claim].support } },
          part,
        );
        parent.append(node);
        this.ends(claim, node);
      }
      from = to;
    }
    return parent;
  }

  ends(claim, node) {
    if (claim >= 0) this.last.set(claim, node);
  }

  code(lines) {
    const node = el("code");
    for (const [from, to] of lines) {
      const words = `${this.text.slice(from, to)}\n`;
      const last = Math.max(from, to - 1);
      this.leaf(
        words,
        Array.from(words.split(""), (_, index) => Math.min(from + index, last)),
        node,
      );
    }
    return el("pre", { tabindex: 0, "aria-label": "Code" }, node);
  }

  table({ head, rows, aligned }) {
    const cells = (row, tag) =>
      aligned.map((side, index) => {
        const cell = el(tag, { scope: tag === "th" ? "col" : null });
        if (side) cell.style.textAlign = side;
        return row[index] ? this.line(cell, row[index]) : cell;
      });
    return el(
      "div.sheet",
      { tabindex: 0, role: "group", "aria-label": "Table of the answer" },
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, cells(head, "th"))),
        el("tbody", {}, rows.map((row) => el("tr", {}, cells(row, "td")))),
      ),
    );
  }
}

/** For each UTF-16 unit of the text, the index of its claim or -1. */
function owners(text, claims) {
  const owner = new Int16Array(text.length + 1).fill(-1);
  const units = [];
  let unit = 0;
  for (const character of text) {
    units.push(unit);
    unit += character.length;
  }
  units.push(unit);
  claims.forEach(
    (claim, index) => owner.fill(index, units[claim.start] ?? unit, units[claim.end] ?? unit)
  );
  return owner;
}
