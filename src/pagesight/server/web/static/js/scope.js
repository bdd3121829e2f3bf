/** Which documents, and which kinds of passages, are asked and searched. */

import { button, count, el, fill, icon } from "./dom.js";
import { dialog } from "./dialog.js";
import { on, state, tell } from "./state.js";
import { kindName, titleOf } from "./words.js";

const KINDS = ["text", "figure", "table"];
const FILTER_FROM = 9;

/** A button that says what is asked, and changes it. */
export function scopeButton() {
  const words = el("span");
  const node = el(
    "button.button.quiet.scope",
    { type: "button", onclick: choose },
    icon("filter"),
    words,
  );
  const show = () => {
    words.textContent = scopeName();
    node.classList.toggle("narrowed", state.chosen.size + state.kinds.size > 0);
    node.hidden = !state.documents.length;
  };
  on("scope", show);
  show();
  return node;
}

function scopeName() {
  const all = state.documents.length;
  const some = `${state.chosen.size} of ${count(all, "document")}`;
  const documents = state.chosen.size ? some : all === 1 ? "1 document" : `All ${all} documents`;
  const kinds = KINDS.filter((kind) => state.kinds.has(kind)).map(kindsName);
  return kinds.length ? `${documents}, only ${kinds.join(" and ").toLowerCase()}` : documents;
}

/** @param {string} kind @returns {string} of all of them */
const kindsName = (kind) => (kind === "text" ? "Text" : `${kindName(kind)}s`);

function choose() {
  const chosen = new Set(state.chosen);
  const kinds = new Set(state.kinds);
  const rows = state.documents.map(
    (row) => box(titleOf(row), row.title && row.title !== row.name ? row.name : "", chosen, row.id)
  );
  const search = el(
    "input",
    { type: "search", placeholder: "Filter documents", "aria-label": "Filter documents" },
  );
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
  const all = button("", "Ask all", () => {
    state.chosen.clear();
    state.kinds.clear();
    tell("scope");
    node.close();
  }, { text: true });
  const use = button("", "Use these", () => {
    state.chosen = chosen.size === state.documents.length ? new Set() : chosen;
    state.kinds = kinds.size === KINDS.length ? new Set() : kinds;
    tell("scope");
    node.close();
  }, { text: true, kind: "main" });
  const node = dialog(
    "Which documents?",
    [
      el("p.small", {}, "Nothing chosen means all."),
      rows.length >= FILTER_FROM && search,
      el("fieldset.choices", {}, el("legend.unseen", {}, "Documents"), rows),
      el(
        "fieldset.choices.across",
        {},
        el("legend", {}, "Look only at"),
        KINDS.map((kind) => box(kindsName(kind), "", kinds, kind)),
      ),
    ],
    [all, use],
  );
}

/** A checkbox that keeps `set` up to date. */
function box(name, below, set, value) {
  const input = el("input", { type: "checkbox", checked: set.has(value) });
  input.addEventListener("change", () => (input.checked ? set.add(value) : set.delete(value)));
  return el(
    "label.choice",
    {},
    input,
    fill(el("span"), name, below && el("span.small", {}, below)),
  );
}
