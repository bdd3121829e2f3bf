/** The documents of the library: counts, warnings, delete; and where new ones come in. */

import { read, within } from "./api.js";
import { confirmed } from "./dialog.js";
import { announce, button, byId, count, el, fill, icon } from "./dom.js";
import { openDocument } from "./evidence.js";
import { showPanel } from "./layout.js";
import { mayWrite, on, setDocuments, state, tell } from "./state.js";
import { trouble } from "./trouble.js";
import { add, uploads } from "./uploads.js";
import { titleOf } from "./words.js";

const FILTER_FROM = 9;

let rows;
let adding;
let input;
let filter;

/** Builds the panel. @param {() => Promise<void>} changed told when documents came or went */
export function documents(changed) {
  input = el(
    "input",
    {
      type: "file",
      multiple: true,
      hidden: true,
      tabindex: -1,
      "aria-label": "Files to add",
    },
  );
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  adding = el("div.adding");
  const list = el("ul.uploads", { "aria-label": "Files being added", hidden: true });
  filter = el(
    "input.filter",
    { type: "search", placeholder: "Filter documents", "aria-label": "Filter documents" },
  );
  filter.addEventListener("input", show);
  rows = el("div.rows");
  fill(byId("documents"), el("div.documents-head", {}, adding, list, filter), rows);
  uploads(list, async () => {
    await load();
    await changed();
  });
  on("documents", show);
  on("info", showAdding);
  on("library", () => {
    fill(rows);
    filter.value = "";
    if (state.library) load();
  });
  showAdding();
}

function showAdding() {
  if (!mayWrite() || !state.info.libraries.length)
    return fill(
      adding,
      state.info && el(
        "p.note",
        {},
        icon("info"),
        "Your key may read only: documents cannot be added or deleted with it.",
      ),
    );
  if (adding.contains(input)) return adding;
  const { limits: { upload_mb, upload_pages }, suffixes } = state.info;
  input.accept = suffixes.join(",");
  return fill(
    adding,
    button(
      "upload",
      "Add files",
      () => input.click(),
      { text: true, kind: "main", properties: { id: "add-files" } },
    ),
    input,
    el(
      "p.small",
      {},
      "or drop them anywhere: PDF, Office, web, text, mail, images. " +
        `Up to ${upload_mb} MB and ${upload_pages.toLocaleString("en")} pages each.`,
    ),
  );
}

/** Reads the list anew. */
export async function load() {
  const library = state.library;
  try {
    const found = await read(within(library, "documents"));
    if (library === state.library) setDocuments(found);
  } catch (error) {
    if (library === state.library) fill(rows, trouble(error, load));
  }
}

function show() {
  if (!state.documentsKnown) return;
  const all = state.documents;
  const wanted = filter.value.trim().toLowerCase();
  filter.hidden = all.length < FILTER_FROM;
  const shown = all.filter(
    (row) => `${row.title} ${row.name} ${row.tags.join(" ")}`.toLowerCase().includes(wanted)
  );
  fill(
    rows,
    all.length
      ? [tally(all), el("ul.documents-list", {}, shown.map((row) => el("li", {}, card(row))))]
      : empty(),
  );
  if (all.length && !shown.length) rows.append(el("p.small", {}, "No document fits."));
}

function empty() {
  return el(
    "div.welcome",
    {},
    el("h2", {}, "No documents yet"),
    el(
      "p",
      {},
      mayWrite()
        ? "Add files above. Each shows how far it has come; once it is ready you can ask about it."
        : "Nobody has added any yet.",
    ),
  );
}

function tally(all) {
  const sum = (field) => all.reduce((total, row) => total + row[field], 0);
  return el(
    "p.small.tally",
    {},
    [
      count(all.length, "document"),
      count(sum("pages"), "page"),
      count(sum("figures"), "figure"),
      count(sum("tables"), "table"),
      count(sum("chunks"), "passage"),
    ].join(", "),
  );
}

function card(row) {
  const title = titleOf(row);
  const facts = [
    count(row.pages, "page"),
    count(row.figures, "figure"),
    count(row.tables, "table"),
    count(row.chunks, "passage"),
    row.ocr_pages && `${row.ocr_pages} read by OCR`,
    row.revision && `revision ${row.revision}`,
    row.language,
  ].filter(Boolean);
  return el(
    "article.document",
    { "aria-label": title },
    el(
      "div.document-body",
      {},
      el("button.plain.title", { type: "button", onclick: () => openDocument(row) }, title),
      title !== row.name && el("p.small.file", {}, row.name),
      el("p.small", {}, facts.join(", ")),
      row.tags.length > 0 && el("p.tags", {}, row.tags.map((tag) => el("span.tag", {}, tag))),
      warnings(row),
    ),
    el(
      "div.row",
      {},
      button("chat", `Ask only ${title}`, () => askOnly(row)),
      mayWrite() && button("trash", `Delete ${title}`, () => remove(row)),
    ),
  );
}

function warnings(row) {
  const lines = [
    row.failed_pages && `${count(row.failed_pages, "page")} could not be read`,
    ...row.findings
  ].filter(Boolean);
  if (!lines.length) return null;
  return el(
    "details.warnings",
    {},
    el("summary", {}, icon("alert"), el("span", {}, count(lines.length, "warning"))),
    el("ul", {}, lines.map((line) => el("li", {}, line))),
  );
}

function askOnly(row) {
  state.chosen = new Set([row.id]);
  tell("scope");
  showPanel("ask");
  byId("question").focus();
}

async function remove(row) {
  const title = titleOf(row);
  const sure = await confirmed(
    {
      title: "Delete this document?",
      text: `${title} (${row.name}, ${count(row.pages, "page")}) will no longer be found. ` +
      "If it was uploaded, its file is deleted too.",
      act: "Delete",
    }
  );
  if (!sure) return;
  try {
    await read(within(state.library, "documents", row.id), { method: "DELETE" });
    announce(`${title} was deleted`);
    setDocuments(state.documents.filter((one) => one.id !== row.id));
  } catch (error) {
    rows.prepend(trouble(error, null));
  }
}
