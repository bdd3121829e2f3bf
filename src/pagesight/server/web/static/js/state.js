/** What the whole page knows, and who wants to hear of changes. */

/**
 * @typedef {{name: string, documents: number, pages: number, chunks: number}} Library
 * @typedef {{version: string, answerer: {name: string, extractive: boolean}, text_model: string,
 *   visual_model: string, visual_missing: string, ocr: boolean,
 *   caller: {name: string, scope: string, libraries: string[] | null}, keyed: boolean,
 *   limits: {upload_mb: number, upload_pages: number, image_mb: number}, suffixes: string[],
 *   libraries: Library[]}} Info
 */

const LIBRARY = "pagesight.library";

export const state = {
  /** @type {Info | null} */
  info: null,
  /** Name of the chosen library; "" where the caller sees none. */
  library: "",
  /** @type {Array<any>} Rows of its documents. */
  documents: [],
  /** Whether `documents` was read. */
  documentsKnown: false,
  /** Ids of the documents that are asked; empty: all. @type {Set<string>} */
  chosen: new Set(),
  /** Kinds of passages that may be found; empty: all. @type {Set<string>} */
  kinds: new Set(),
};

/** @type {Map<string, Array<(detail: any) => void>>} */
const listeners = new Map();

/** @param {"info" | "library" | "documents" | "scope"} what @param {(detail: any) => void} hear */
export function on(what, hear) {
  listeners.set(what, [...(listeners.get(what) ?? []), hear]);
}

/** @param {string} what @param {any} [detail] */
export function tell(what, detail) {
  for (const hear of listeners.get(what) ?? []) hear(detail);
}

export const mayWrite = () => state.info?.caller.scope === "write";

/** @param {Info} info */
export function setInfo(info) {
  state.info = info;
  const names = info.libraries.map((library) => library.name);
  tell("info");
  if (names.includes(state.library)) return;
  const last = sessionStorage.getItem(LIBRARY) ?? "";
  chooseLibrary(names.includes(last) ? last : (names[0] ?? ""));
}

/** @param {string} name */
export function chooseLibrary(name) {
  state.library = name;
  state.documents = [];
  state.documentsKnown = false;
  state.chosen.clear();
  state.kinds.clear();
  if (name) sessionStorage.setItem(LIBRARY, name);
  tell("library");
  tell("scope");
}

/** @param {Array<any>} rows */
export function setDocuments(rows) {
  state.documents = rows;
  state.documentsKnown = true;
  const ids = new Set(rows.map((row) => row.id));
  for (const id of state.chosen) if (!ids.has(id)) state.chosen.delete(id);
  tell("documents");
  tell("scope");
}

/** The restriction as the API takes it; undefined where there is none. */
export function narrowing() {
  if (!state.chosen.size && !state.kinds.size) return undefined;
  return { documents: [...state.chosen], kinds: [...state.kinds] };
}
