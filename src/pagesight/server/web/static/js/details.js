/** What is known of single documents: asked for once, forgotten when the library changes. */

import { read, within } from "./api.js";
import { on, state } from "./state.js";

/** @type {Map<string, Promise<any>>} */
const known = new Map();

on("documents", () => known.clear());
on("library", () => known.clear());

/** @param {string} id @returns {Promise<any>} views.DocumentDetail */
export function detail(id) {
  const place = `${state.library}/${id}`;
  if (!known.has(place)) {
    const coming = read(within(state.library, "documents", id));
    coming.catch(() => known.delete(place));
    known.set(place, coming);
  }
  return known.get(place);
}
