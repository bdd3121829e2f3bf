/** A page as a picture, with boxes over it that stay sharp and in place at every zoom. */

import { picture, read, within } from "./api.js";
import { button, el, fill } from "./dom.js";
import { detail } from "./details.js";
import { state } from "./state.js";
import { pageName, titleOf } from "./words.js";

const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
/** Resolutions that are asked for; few, so that most pages come from a cache. */
const RESOLUTIONS = [72, 110, 150, 200];
const POINTS_AN_INCH = 72;
const MARGIN = 16;
/** Part of the page. */
const LARGE = 0.08;

/** @typedef {{page_number: number, page_label: string, fractions: [number, number, number, number]}} Box */

export class PageViewer {
  /** @param {HTMLElement} place @param {(number: number) => void} turned told whenever another page is shown */
  constructor(place, turned) {
    this.turned = turned;
    this.document = null;
    /** @type {Box[]} */
    this.boxes = [];
    this.number = 1;
    this.zoom = 1;
    this.shown = 0;
    this.image = el("img.page-picture", { alt: "" });
    this.overlays = el("div.overlays", { "aria-hidden": "true" });
    this.sheet = el("div.page-sheet", {}, this.image, this.overlays);
    this.message = el("div.page-message");
    this.stage = el(
      "div.stage",
      { tabindex: 0, role: "region", "aria-label": "Page" },
      this.message,
      this.sheet,
    );
    fill(place, this.toolbar(), this.stage);
    this.stage.addEventListener("keydown", (event) => this.pressed(event));
    this.stage.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    new ResizeObserver(() => this.size()).observe(this.stage);
  }

  toolbar() {
    this.previous = button("back", "Previous page", () => this.turn(-1));
    this.next = button("next", "Next page", () => this.turn(1));
    this.field = el(
      "input.page-number",
      { type: "text", inputmode: "numeric", "aria-label": "Page number", size: 3 },
    );
    this.field.addEventListener("change", () => this.go(Number(this.field.value)));
    this.of = el("span.of");
    this.out = button("minus", "Zoom out", () => this.magnify(-1));
    this.into = button("plus", "Zoom in", () => this.magnify(1));
    this.level = el("span.level", { "aria-live": "polite" });
    this.fit = button("wide", "Fit to width", () => this.scale(1));
    this.cited = el("div.cited-pages");
    return el(
      "div.viewer-bar",
      {},
      el(
        "div.group",
        { role: "group", "aria-label": "Pages" },
        this.previous,
        this.field,
        this.of,
        this.next,
      ),
      this.cited,
      el(
        "div.group",
        { role: "group", "aria-label": "Zoom" },
        this.out,
        this.level,
        this.into,
        this.fit,
      ),
    );
  }

  /**
   * Shows a page of a document, with boxes of this page and of others.
   * @param {string} id of the document
   * @param {number} number 1-based
   * @param {Box[]} boxes
   */
  async show(id, number, boxes) {
    const turn = (this.shown += 1);
    this.boxes = boxes;
    const known = await detail(id).catch((error) => this.say(error.message));
    if (!known || turn !== this.shown) return;
    this.document = known;
    this.number = 0;
    await this.go(number);
  }

  get page() {
    return this.document?.page_list[this.number - 1];
  }

  /** @param {number} number 1-based */
  async go(number) {
    if (!this.document) return;
    const last = this.document.page_list.length;
    if (!Number.isInteger(number) || number < 1 || number > last) {
      this.field.value = String(this.number || 1);
      if (this.number) return;
      number = Math.min(Math.max(1, Math.round(number) || 1), last);
    }
    this.number = number;
    const { label, width, height } = this.page;
    const name = pageName(number, label);
    this.field.value = String(number);
    fill(
      this.of,
      `of ${last}`,
      label && label !== String(number) && el("span.more", {}, `, printed ${label}`),
    );
    this.previous.disabled = number === 1;
    this.next.disabled = number === last;
    this.stage.setAttribute(
      "aria-label",
      `${titleOf(this.document)}, ${name}. Arrow keys turn pages, plus and minus zoom.`,
    );
    this.image.alt = `${titleOf(this.document)}, ${name}`;
    this.image.removeAttribute("src");
    this.resolution = 0;
    this.sheet.style.aspectRatio = `${width} / ${height}`;
    this.sheet.classList.add("loading");
    fill(this.message);
    this.sheet.hidden = false;
    this.mark();
    this.size();
    this.turned(number);
    this.stage.scrollTo({ top: 0, left: 0, behavior: "instant" });
    this.reveal();
  }

  /** Draws the boxes of the page. */
  mark() {
    const here = this.boxes.filter((box) => box.page_number === this.number);
    fill(
      this.overlays,
      here.map(({ fractions: [x0, y0, x1, y1] }) => {
        // A wash over a whole figure would hide what it shows.
        const node = el((x1 - x0) * (y1 - y0) > LARGE ? "div.box.large" : "div.box");
        Object.assign(
          node.style,
          {
            left: percent(x0),
            top: percent(y0),
            width: percent(x1 - x0),
            height: percent(y1 - y0),
          },
        );
        return node;
      }),
    );
    const pages = [
      ...new Map(this.boxes.map((box) => [box.page_number, box])).values()
    ].filter((box) => box.page_number !== this.number);
    fill(
      this.cited,
      pages.slice(0, 4).map(
        (box) => button(
          "",
          `Cited: ${pageName(box.page_number, box.page_label)}`,
          () => this.go(box.page_number),
          { text: true, kind: "quiet" },
        )
      ),
    );
  }

  /** Scrolls so that the first box of the page is in view. */
  reveal() {
    const box = this.overlays.firstElementChild;
    if (!box) return;
    const [frame, place] = [this.stage.getBoundingClientRect(), box.getBoundingClientRect()];
    const top = this.stage.scrollTop + place.top - frame.top - Math.max(
      24,
      (frame.height - place.height) / 2.6,
    );
    const left = this.stage.scrollLeft + place.left - frame.left - Math.max(
      24,
      (frame.width - place.width) / 2,
    );
    this.stage.scrollTo({ top, left });
  }

  /** Fits the page to the panel and the zoom, and asks for a picture that is sharp enough. */
  size() {
    if (!this.page || !this.stage.clientWidth) return;
    const width = Math.max(120, (this.stage.clientWidth - 2 * MARGIN) * this.zoom);
    this.sheet.style.width = `${width}px`;
    this.level.textContent = `${Math.round(this.zoom * 100)} %`;
    this.out.disabled = this.zoom <= ZOOMS[0];
    this.into.disabled = this.zoom >= ZOOMS[ZOOMS.length - 1];
    const needed = (width * window.devicePixelRatio * POINTS_AN_INCH) / this.page.width;
    const resolution = RESOLUTIONS.find(
      (one) => one >= needed * 0.9
    ) ?? RESOLUTIONS[RESOLUTIONS.length - 1];
    if (resolution > (this.resolution ?? 0)) this.load(resolution);
  }

  async load(resolution) {
    this.resolution = resolution;
    const [id, number] = [this.document.id, this.number];
    const current = () => id === this.document.id && number === this.number
      && resolution === this.resolution;
    try {
      const url = await picture(
        `${within(state.library, "documents", id, "pages", String(number), "image")}?dpi=${resolution}`
      );
      if (!current()) return;
      this.image.src = url;
      await this.image.decode().catch(() => {});
      this.sheet.classList.remove("loading");
    } catch (error) {
      if (current() && !this.image.getAttribute("src")) await this.words(error);
    }
  }

  /** Where there is no picture, the words of the page stand in for it. */
  async words(error) {
    const id = this.document.id;
    const text = await read(
      within(state.library, "documents", id, "pages", String(this.number))
    ).catch(() => null);
    this.say(`This page cannot be shown as a picture: ${error.message}`, text?.text);
  }

  say(problem, text = "") {
    this.sheet.hidden = true;
    fill(this.message, el("p.note", {}, problem), text && el("pre.page-words", {}, text));
  }

  turn(step) {
    this.go(this.number + step);
  }

  magnify(step) {
    const nearest = ZOOMS.findIndex((zoom) => zoom >= this.zoom - 0.01);
    this.scale(ZOOMS[Math.min(Math.max(0, nearest + step), ZOOMS.length - 1)]);
  }

  /** Zooms around the middle of what is in view. */
  scale(zoom) {
    const { stage, sheet } = this;
    const middle = (stage.scrollTop + stage.clientHeight / 2) / sheet.offsetHeight;
    const across = (stage.scrollLeft + stage.clientWidth / 2) / sheet.offsetWidth;
    this.zoom = zoom;
    this.size();
    stage.scrollTo(
      {
        top: middle * sheet.offsetHeight - stage.clientHeight / 2,
        left: across * sheet.offsetWidth - stage.clientWidth / 2,
        behavior: "instant",
      }
    );
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const sideways = this.stage.scrollWidth > this.stage.clientWidth;
    const acts = {
      ArrowLeft: () => !sideways && this.turn(-1),
      ArrowRight: () => !sideways && this.turn(1),
      PageUp: () => this.turn(-1),
      PageDown: () => this.turn(1),
      "+": () => this.magnify(1),
      "-": () => this.magnify(-1),
      0: () => this.scale(1),
    };
    const act = acts[event.key];
    if (act && act() !== false) event.preventDefault();
  }

  /** @param {WheelEvent} event */
  wheeled(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.magnify(event.deltaY < 0 ? 1 : -1);
  }
}

const percent = (fraction) => `${(fraction * 100).toFixed(3)}%`;
