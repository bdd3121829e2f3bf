/** A passage by itself: its picture, its table as a table, its words. */

import { picture, read, within } from "./api.js";
import { el, fill } from "./dom.js";
import { state } from "./state.js";
import { table } from "./tables.js";

/**
 * @param {HTMLElement} place
 * @param {any} passage views.Passage
 * @param {string} quote words of it to mark, "" for none
 */
export function excerpt(place, passage, quote) {
  const sheet = passage.html ? table(passage.html) : null;
  fill(
    place,
    passage.headings.length > 0 && el("p.path", {}, passage.headings.join(" › ")),
    sheet && el(
      "div.sheet",
      { tabindex: 0, role: "group", "aria-label": passage.label || "Table" },
      sheet,
    ),
    passage.crop && crop(passage),
    !sheet && el("div.words", {}, quoted(passage.text, quote)),
  );
}

/** The crop of a figure or table. @param {any} passage @returns {HTMLElement} */
export function crop(passage) {
  const image = el("img.crop", { alt: `${passage.label || "Picture"} as printed` });
  const frame = el("figure.crop-frame", {}, image);
  picture(passage.crop).then(
    (url) => (image.src = url),
    (error) => fill(
      frame,
      el("figcaption.small", {}, `The picture cannot be shown: ${error.message}`),
    ),
  );
  return frame;
}

/** The words of a page, for a document that was opened by itself. */
export async function pageWords(place, id, number) {
  fill(place, el("p.small", {}, "Reading..."));
  try {
    const page = await read(within(state.library, "documents", id, "pages", String(number)));
    fill(
      place,
      page.text
        ? el("div.words", {}, page.text)
        : el("p.small", {}, "There are no words on this page."),
    );
  } catch (error) {
    fill(place, el("p.note", {}, error.message));
  }
}

/** Text with the quote marked where it stands word for word; white space may differ. */
function quoted(text, quote) {
  const words = quote.split(/\s+/).filter(Boolean);
  if (!words.length) return [text];
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+");
  const found = new RegExp(pattern).exec(text);
  if (!found) return [text];
  const end = found.index + found[0].length;
  return [text.slice(0, found.index), el("mark", {}, found[0]), text.slice(end)];
}
