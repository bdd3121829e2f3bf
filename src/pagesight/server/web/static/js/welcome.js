/** What stands in an empty conversation. */

import { button, count, el, icon } from "./dom.js";
import { showPanel } from "./layout.js";
import { mayWrite, state } from "./state.js";
import { titleOf } from "./words.js";

const MOST_SHOWN = 6;

export function welcome() {
  if (!state.info) return el("div.welcome", {}, el("p", {}, "Connecting..."));
  if (!state.library)
    return el(
      "div.welcome",
      {},
      el("h2", {}, "No library"),
      el("p", {}, "Your key opens no library. Ask whoever runs this server."),
    );
  return state.documents.length ? known() : state.documentsKnown ? empty() : el(
    "div.welcome",
    {},
    el("p", {}, "Reading the library..."),
  );
}

function empty() {
  const add = () => {
    showPanel("documents");
    document.getElementById("add-files")?.focus();
  };
  return el(
    "div.welcome",
    {},
    el("h2", {}, "No documents yet"),
    mayWrite()
      ? [
        el(
          "p",
          {},
          "Add PDF, Office or other files: manuals, data sheets, papers, reports, scans. " +
            "As soon as they are read you can ask about them.",
        ),
        button("upload", "Add files", add, { text: true, kind: "main" }),
        el("p.small", {}, "Or drop them anywhere on this page."),
      ]
      : el("p", {}, "Your key may read only: someone who may write has to add documents first."),
  );
}

function known() {
  const rows = state.documents;
  const shown = rows.slice(0, MOST_SHOWN).map(
    (row) => el("li", {}, icon("file"), el("span", {}, titleOf(row)))
  );
  return el(
    "div.welcome",
    {},
    el(
      "h2",
      {},
      `Ask ${rows.length === 1 ? "your document" : `your ${count(rows.length, "document")}`}`,
    ),
    el(
      "p",
      {},
      "Every statement comes with its place in the documents, and is checked against it. " +
        "What the documents do not tell is not answered.",
    ),
    el(
      "ul.known",
      {},
      shown,
      rows.length > MOST_SHOWN && el("li.small", {}, `and ${rows.length - MOST_SHOWN} more`),
    ),
    el("p.small", {}, "Paste or drop a picture to ask about what it shows."),
  );
}
