/** The blocks of a Markdown text, as ranges of it: nothing is copied, so that offsets stay true. */

/**
 * @typedef {[number, number]} Line characters [from, to) of the text
 * @typedef {{type: "paragraph", lines: Line[]} | {type: "heading", level: number, lines: Line[]} |
 *   {type: "rule"} |
 *   {type: "code", lines: Line[]} | {type: "quote", blocks: Block[]} |
 *   {type: "list", start: number | null, items: Block[][]} |
 *   {type: "table", head: Line[][], rows: Line[][][], aligned: string[]}} Block
 */

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+/;
const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const QUOTE = /^ {0,3}>[ \t]?/;
const ITEM = /^([ \t]*)(?:[-*+•–]|(\d{1,9})[.)])[ \t]+(?=\S)/;
const DELIMITER = /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const ONLY_MARKS = /^[ \t]*(?:\[[\d,; \t]+\][ \t]*)+$/;
const DEEPEST = 12;

/** @param {string} text @returns {Block[]} */
export function blocks(text) {
  const lines = [];
  let from = 0;
  for (const line of text.split("\n")) {
    lines.push([from, from + line.length - (line.endsWith("\r") ? 1 : 0)]);
    from += line.length + 1;
  }
  return new Reader(text, lines, 0).read();
}

class Reader {
  /** @param {string} text @param {Line[]} lines @param {number} depth */
  constructor(text, lines, depth) {
    this.text = text;
    this.lines = lines;
    this.depth = depth;
    this.next = 0;
  }

  /** @returns {Block[]} */
  read() {
    const found = [];
    while (this.next < this.lines.length) {
      if (!this.words().trim()) this.next += 1;
      else found.push(this.block());
    }
    return found;
  }

  words(index = this.next) {
    return index < this.lines.length ? this.text.slice(...this.lines[index]) : "";
  }

  /** @returns {Block} */
  block() {
    const line = this.words();
    const heading = HEADING.exec(line);
    if (FENCE.test(line)) return this.code();
    if (heading) {
      const [from, to] = this.lines[this.next++];
      return { type: "heading", level: heading[1].length, lines: [[from + heading[0].length, to]] };
    }
    if (RULE.test(line)) return (this.next += 1), { type: "rule" };
    if (this.depth < DEEPEST && QUOTE.test(line)) return this.quote();
    if (this.depth < DEEPEST && ITEM.test(line)) return this.list();
    if (this.startsTable()) return this.table();
    return this.paragraph();
  }

  startsTable() {
    return this.words().includes("|") && DELIMITER.test(
      this.words(this.next + 1)
    ) && this.words(this.next + 1).includes("-");
  }

  startsOther() {
    const line = this.words();
    return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line)
      || ITEM.test(line)
      || this.startsTable();
  }

  paragraph() {
    const lines = [this.lines[this.next++]];
    while (this.next < this.lines.length && this.words().trim() && !this.startsOther())
      lines.push(this.lines[this.next++]);
    return { type: "paragraph", lines };
  }

  code() {
    const fence = FENCE.exec(this.words())[1];
    const lines = [];
    this.next += 1;
    for (; this.next < this.lines.length; this.next += 1) {
      const line = this.words().trim();
      if (line.startsWith(fence) && !line.replaceAll(fence[0], "")) {
        this.next += 1;
        break;
      }
      lines.push(this.lines[this.next]);
    }
    return { type: "code", lines };
  }

  quote() {
    const lines = [];
    for (let found; (found = QUOTE.exec(this.words())); this.next += 1) {
      const [from, to] = this.lines[this.next];
      lines.push([from + found[0].length, to]);
    }
    return { type: "quote", blocks: new Reader(this.text, lines, this.depth + 1).read() };
  }

  list() {
    const first = ITEM.exec(this.words());
    const indent = first[1].length;
    const items = [];
    while (this.next < this.lines.length) {
      const found = ITEM.exec(this.words());
      if (
        !found || found[1].length > indent + 3 || found[1].length < indent || (
          found[2] === undefined
        ) !== (first[2] === undefined)
      ) break;
      items.push(new Reader(this.text, this.item(found), this.depth + 1).read());
      const blank = this.blanks();
      if (blank && !ITEM.test(this.words(this.next + blank))) break;
      this.next += blank;
    }
    return { type: "list", start: first[2] === undefined ? null : Number(first[2]), items };
  }

  /** The lines of an item, without the indentation that makes them its own. */
  item(found) {
    const [from, to] = this.lines[this.next++];
    const lines = [[from + found[0].length, to]];
    const deep = found[1].length + 2;
    while (this.next < this.lines.length) {
      const blank = this.blanks();
      const line = this.words(this.next + blank);
      const indent = line.length - line.trimStart().length;
      const own = indent >= deep || (!blank && line.trim() && !this.startsOther());
      if (!line.trim() || !own) break;
      for (; this.next < this.lines.length && !this.words().trim(); this.next += 1)
        lines.push(this.lines[this.next]);
      const [start, end] = this.lines[this.next++];
      lines.push([start + Math.min(indent, found[0].length), end]);
    }
    return lines;
  }

  /** How many empty lines follow. */
  blanks() {
    let ahead = 0;
    while (this.next + ahead < this.lines.length && !this.words(this.next + ahead).trim())
      ahead += 1;
    return ahead;
  }

  table() {
    const head = this.cells();
    const aligned = this.words()
      .trim()
      .replace(/^\||\|$/g, "")
      .split("|")
      .map((cell) => cell.trim())
      .map((cell) => (cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "right") : ""));
    this.next += 1;
    const rows = [];
    while (this.next < this.lines.length && this.words().includes("|")) rows.push(this.cells());
    while (aligned.length < head.length) aligned.push("");
    return { type: "table", head, rows, aligned };
  }

  /** The cells of the next row; marks behind the last bar belong to the last cell. @returns {Line[][]} */
  cells() {
    const [from, to] = this.lines[this.next++];
    const bars = [];
    for (let place = from; place < to; place += 1) {
      if (this.text[place] === "\\") place += 1;
      else if (this.text[place] === "|") bars.push(place);
    }
    const opened = !this.text.slice(from, bars[0]).trim();
    const edges = opened ? bars : [from - 1, ...bars];
    const cells = edges.map((edge, index) => [[edge + 1, edges[index + 1] ?? to]]);
    const tail = this.text.slice(...cells[cells.length - 1][0]);
    if (cells.length > 1 && (!tail.trim() || ONLY_MARKS.test(tail))) {
      const [last] = cells.pop();
      if (tail.trim()) cells[cells.length - 1].push(last);
    }
    return cells.map((lines) => lines.map((line) => this.trimmed(line)));
  }

  /** @param {Line} line @returns {Line} */
  trimmed([from, to]) {
    const words = this.text.slice(from, to);
    const start = from + words.length - words.trimStart().length;
    return [Math.min(start, to), Math.max(start, to - (words.length - words.trimEnd().length))];
  }
}
