/** Building DOM nodes. Text always goes in as text, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a grid of 24 by 24. */
const ICONS = {
  alert: "M12 4 2.8 20h18.4L12 4Zm0 6v4.5m0 2.7v.1",
  back: "m15 5-7 7 7 7",
  book: "M5 4h10a4 4 0 0 1 4 4v12H9a4 4 0 0 1-4-4V4Zm0 12a4 4 0 0 1 4-4h10",
  chat: "M4 5h16v11H10l-5 4v-4H4V5Z",
  check: "m5 12.5 4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h11v11H9V9Zm-3 6H4V4h11v2",
  down: "M7 4v16h3M7 20 3 16m4 4 4-4",
  figure: "M4 5h16v14H4V5Zm0 11 5-5 4 4 3-3 4 4M15.5 9h.1",
  file: "M6 3h8l4 4v14H6V3Zm8 0v4h4",
  filter: "M4 6h16M7 12h10m-7 6h4",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 8v5.5m0-8.6v.1",
  key: "M8 15.5a4 4 0 1 1 3.7-5.5H21v3.2h-2v2.6h-3v-2.6h-4.4A4 4 0 0 1 8 15.5Zm0-4.1v.2",
  minus: "M5 12h14",
  moon: "M19.5 14A8 8 0 0 1 10 4.5 8 8 0 1 0 19.5 14Z",
  next: "m9 5 7 7-7 7",
  picture: "M4 5h16v14H4V5Zm0 11 5-5 4 4 3-3 4 4M15.5 9h.1",
  plus: "M12 5v14M5 12h14",
  refuse: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM6 6l12 12",
  retry: "M19 8a8 8 0 1 0 1 6m0-10v5h-5",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm5 11.5L20 20",
  send: "M12 20V5m-6 6 6-6 6 6",
  stop: "M7 7h10v10H7V7Z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-5v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4",
  table: "M4 5h16v14H4V5Zm0 5h16M4 14.5h16M10 10v9",
  text: "M5 6h14M5 10h14M5 14h14M5 18h8",
  thumbDown: "M17 13V4H7.5L5 13h5l-1 6.5c2 0 3-1 3.5-2.5L14 13h3Zm0-9h3v9h-3",
  thumbUp: "M7 11v9h9.5L19 11h-5l1-6.5c-2 0-3 1-3.5 2.5L10 11H7Zm0 9H4v-9h3",
  trash: "M5 7h14M10 7V4h4v3m-7 0 1 13h8l1-13m-7 3v7m4-7v7",
  upload: "M12 16V5m-5 5 5-5 5 5M4 19h16",
  wide: "M4 5v14M20 5v14M7 12h10M9 9.5 6.8 12 9 14.5m6-5 2.2 2.5-2.2 2.5",
};

/**
 * An element.
 * @param {string} name tag, with classes after dots: "p.note"
 * @param {Object<string, any>} [properties] `on*` are listeners, `data` is a dataset, the rest are
 *   attributes; what is null, undefined or false is left out, true is an empty attribute
 * @param {...(Node|string|null|undefined|false|Array)} children
 * @returns {any} the HTMLElement
 */
export function el(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(node.dataset, value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...shown(children));
  return node;
}

/** @param {Array} children @returns {Array<Node|string>} */
function shown(children) {
  return children.flat(Infinity).filter(
    (child) => child !== null && child !== undefined && child !== false && child !== ""
  );
}

/** Puts children in the place of those that a node has. */
export function fill(node, ...children) {
  node.replaceChildren(...shown(children));
  return node;
}

/**
 * Decorative: what it means is said in words beside it.
 * @param {keyof typeof ICONS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * A button with an icon; its name is `label`, said aloud only unless `text` shows it.
 * @param {string} name of the icon
 * @param {string} label
 * @param {() => void} act
 * @param {{text?: boolean, kind?: string, properties?: Object<string, any>}} [how]
 */
export function button(name, label, act, { text = false, kind = "", properties = {} } = {}) {
  const style = `button.button${text ? "" : ".round"}${kind ? `.${kind}` : ""}`;
  const named = text ? {} : { "aria-label": label, title: label };
  return el(
    style,
    { type: "button", onclick: act, ...named, ...properties },
    name && icon(name),
    text && el("span", {}, label),
  );
}

/** Words for screen readers only. */
export function aside(text) {
  return el("span.unseen", {}, text);
}

/** Says something to screen readers, once, without moving anything. */
export function announce(text) {
  const place = document.getElementById("announcer");
  place.textContent = "";
  requestAnimationFrame(() => (place.textContent = text));
}

/** "1 page", "2 pages". */
export function count(number, word, plural = `${word}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? word : plural}`;
}

export const byId = (id) => document.getElementById(id);
