/** Puts the page together. */

import { hooks, key, read } from "./api.js";
import { chat, takePicture } from "./chat.js";
import { askForKey, dialog } from "./dialog.js";
import { documents, load } from "./documents.js";
import { button, byId, count, el, fill, icon } from "./dom.js";
import { evidence } from "./evidence.js";
import { layout, showPanel } from "./layout.js";
import { isPicture } from "./picture.js";
import { search, takeSearchPicture } from "./search.js";
import { chooseLibrary, mayWrite, on, setInfo, state } from "./state.js";
import { theme } from "./theme.js";
import { trouble } from "./trouble.js";
import { add } from "./uploads.js";

const PAUSE = 3000;

let panel = "ask";
/** @type {Promise<void> | null} */
let asking = null;
/** Checks whether the server is back. @type {number} */
let checking = 0;

hooks.askForKey = (refused) => {
  asking ??= askForKey(refused, key.set).finally(() => (asking = null));
  return asking;
};

hooks.lost = (away) => {
  const banner = byId("banner");
  if (!away) {
    if (!banner.hidden) banner.hidden = true;
    clearTimeout(checking);
    checking = 0;
    return;
  }
  if (banner.hidden)
    fill(banner, icon("alert"), el("span", {}, "No connection to the server. Trying again..."));
  banner.hidden = false;
  checking ||= setTimeout(check, PAUSE);
};

async function check() {
  checking = 0;
  await fetch("/healthz", { cache: "no-store" }).then(back, () => hooks.lost(true));
}

async function back() {
  hooks.lost(false);
  if (!state.info) await begin();
  else if (!state.documentsKnown) await load();
}

async function begin() {
  try {
    setInfo(await read("/api/info"));
  } catch (error) {
    fill(byId("log"), trouble(error, begin));
  }
}

/** Which library is asked; a choice only where there are several. */
function showLibrary() {
  const { libraries } = state.info;
  const place = byId("library");
  if (libraries.length < 2)
    return fill(place, libraries.length ? el("span.library-name", {}, state.library) : null);
  const select = el(
    "select",
    { "aria-label": "Library" },
    libraries.map(
      ({ name }) => el("option", { value: name, selected: name === state.library }, name)
    ),
  );
  select.addEventListener("change", () => chooseLibrary(select.value));
  return fill(place, select);
}

/** Says in the top line by what answers are made. */
function showModels() {
  const { answerer } = state.info;
  const words = answerer.extractive
    ? ["Quotes only", el("span.more", {}, ", no language model")]
    : answerer.name;
  fill(
    byId("models"),
    el(
      "button.button.quiet",
      { type: "button", onclick: explainModels, title: "What this server runs with" },
      icon("info"),
      el("span", {}, words),
    ),
  );
}

function explainModels() {
  const { info } = state;
  const answers = info.answerer.extractive
    ? "No language model is configured: answers are quotes, the sentences and table rows of the " +
      "documents that fit the question best."
    : `Written by ${info.answerer.name}; every statement is then checked against its source by code.`;
  const why = info.visual_missing && `Reason: ${info.visual_missing}.`;
  const pictures = info.visual_model
    ? `${info.visual_model}${info.visual_missing ? ` (${info.visual_missing})` : ""}`
    : `Off: figures and tables are found by their words, not by what they look like. ${why}`;
  const node = dialog(
    "What this server runs with",
    [
      el(
        "dl.facts",
        {},
        [
          ["Answers", answers],
          ["Text model", info.text_model],
          ["Picture model", pictures],
          ["Scans", info.ocr ? "Read by OCR" : "Not read: OCR is missing"],
          ["Version", info.version],
        ].map(([name, words]) => [el("dt", {}, name), el("dd", {}, words)]),
      ),
      el(
        "ul.small",
        {},
        info.libraries.map((library) => el("li", {}, holding(library))),
      ),
    ],
    [button("", "Close", () => node.close(), { text: true })],
  );
}

/** @param {import("./state.js").Library} library */
function holding({ name, documents, pages, chunks }) {
  const counts = [count(documents, "document"), count(pages, "page"), count(chunks, "passage")];
  return `${name}: ${counts.join(", ")}`;
}

function showTools() {
  const leave = () => {
    key.set("");
    location.reload();
  };
  const { caller, keyed } = state.info;
  fill(
    byId("tools"),
    keyed && button(
      "key",
      `Use another key${caller.name ? ` than ${caller.name}` : ""}${mayWrite() ? "" : " (this one may read only)"}`,
      leave,
    ),
    byId("theme") ?? toggle,
  );
}

const toggle = theme();
toggle.id = "theme";

/** Files may be dropped anywhere: they are added. A picture asks, but among documents. */
function dropping() {
  const over = byId("drop");
  const carries = (event) => [...event.dataTransfer.types].includes("Files");
  fill(
    over,
    el(
      "p",
      {},
      icon("upload"),
      el("span", {}, "Drop files to add them, or a picture to ask about it"),
    ),
  );
  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    over.hidden = false;
  });
  document.addEventListener("dragleave", (event) => !event.relatedTarget && (over.hidden = true));
  document.addEventListener("drop", (event) => {
    over.hidden = true;
    if (!carries(event) || !state.library) return;
    event.preventDefault();
    const files = [...event.dataTransfer.files];
    const others = files.filter((file) => panel === "documents" || !isPicture(file));
    if (others.length && mayWrite()) {
      showPanel("documents");
      add(others);
    } else if (!others.length && panel === "search") takeSearchPicture(event.dataTransfer);
    else if (!others.length) {
      showPanel("ask");
      takePicture(event.dataTransfer);
    }
  });
}

fill(byId("tools"), toggle);
layout((id) => (panel = id));
evidence();
chat();
search();
documents(async () => setInfo(await read("/api/info")));
dropping();
on("info", showModels);
on("info", showTools);
on("info", showLibrary);
on("library", showLibrary);
begin();
