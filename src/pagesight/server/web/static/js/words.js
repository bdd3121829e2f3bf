/** How documents, pages and kinds are called. */

/** @param {string} kind */
export const kindName = (kind) => (
  { text: "Text", figure: "Figure", table: "Table" }
)[kind] ?? kind;

export const kindIcon = (kind) => (["figure", "table"].includes(kind) ? kind : "text");

/** Title of the document of a passage or citation, else its file name. */
export const titleOf = (thing) => thing.title || thing.document || thing.name || "untitled";

/**
 * "page 5-3 (16)" where the printed label differs from the number.
 * @param {number} number 1-based
 * @param {string} label
 */
export function pageName(number, label) {
  return label && label !== String(number) ? `page ${label} (${number})` : `page ${number}`;
}

/** The pages of a passage: "page 5-3 (16)", "pages 3 to 4". */
export function pagesName(passage) {
  const [first] = passage.pages;
  const last = passage.pages[passage.pages.length - 1];
  if (first === last || last === undefined)
    return pageName(first ?? 1, passage.page_labels[0] ?? "");
  const labels = passage.page_labels.filter(Boolean);
  const from = labels.length === passage.pages.length ? labels[0] : first;
  const to = labels.length === passage.pages.length ? labels[labels.length - 1] : last;
  return `pages ${from} to ${to}`;
}

/** Words on one line, without Markdown: for a glance at a passage or a statement. */
export const plain = (text) =>
  text
    .replace(/^\s*\|?[\s:|-]*-{3}[\s:|-]*$/gm, "")
    .replace(/[ \t]*\|[ \t]*$|^[ \t]*\|[ \t]*/gm, "")
    .replace(/[ \t]+\|[ \t]+/g, ", ")
    .replace(/\*\*|__|`/g, "")
    .replace(/\s+/g, " ")
    .trim();

/** "0.4 s", "12 s". */
export const seconds = (value) => `${value.toFixed(value < 0.095 ? 2 : value < 9.95 ? 1 : 0)} s`;

/** The whole of a table of seconds by stage. */
export const total = (stages) => stages.total ?? Object.values(stages).reduce(
  (sum, value) => sum + value,
  0,
);
