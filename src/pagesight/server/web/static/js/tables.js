/** Tables of documents: their HTML is read, and rebuilt from what a table may have. */

import { el } from "./dom.js";

const ALLOWED = new Set(["TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "CAPTION"]);
const MOST_SPAN = 100;

/**
 * @param {string} html of a passage
 * @returns {HTMLElement | null} null where it holds no table
 */
export function table(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const found = parsed.querySelector("table");
  return found ? rebuilt(found) : null;
}

/** @param {Element} node an allowed one */
function rebuilt(node) {
  const copy = el(node.tagName.toLowerCase());
  for (const name of ["colspan", "rowspan"]) {
    const span = Number(node.getAttribute(name));
    if (span > 1) copy.setAttribute(name, String(Math.min(span, MOST_SPAN)));
  }
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) copy.append(child.textContent);
    else if (child.nodeType === Node.ELEMENT_NODE) {
      copy.append(ALLOWED.has(child.tagName) ? rebuilt(child) : child.textContent);
    }
  }
  return copy;
}
