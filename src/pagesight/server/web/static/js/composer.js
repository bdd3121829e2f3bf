/** A box for a question by words and by a picture. */

import { aside, button, el, fill } from "./dom.js";
import { PicturePicker } from "./picture.js";
import { on, state } from "./state.js";

const MOST_CHARACTERS = 4000;
const TALLEST = 220;

/**
 * @typedef {{text: string, image: string}} Asked `image` is a data: URL, "" for none
 */
export class Composer {
  /**
   * @param {{id: string, label: string, placeholder: string, act: string, actIcon: string,
   *   submit: (asked: Asked) => void, stop?: () => void}} how
   */
  constructor({ id, label, placeholder, act, actIcon, submit, stop = () => {} }) {
    this.submit = submit;
    this.problem = el("p.problem-line", { role: "alert" });
    this.picker = new PicturePicker((words) => fill(this.problem, words));
    this.field = el(
      "textarea",
      { id, rows: 1, maxlength: MOST_CHARACTERS, placeholder, "aria-describedby": `${id}-hint` },
    );
    this.go = button(actIcon, act, () => this.send(), { kind: "main" });
    this.halt = button("stop", "Stop", stop, { kind: "main", properties: { hidden: true } });
    this.field.addEventListener("input", () => this.grow());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send();
    });
    this.node = el(
      "div.ask-box",
      {},
      el("label.unseen", { for: id }, label),
      this.picker.preview,
      el("div.line", {}, this.picker.button, this.picker.input, this.field, this.go, this.halt),
      el(
        "span.unseen",
        { id: `${id}-hint` },
        "Enter sends, Shift and Enter begin a new line. A picture may be pasted.",
      ),
      this.problem,
    );
    on("library", () => (this.go.disabled = !state.library));
    this.go.disabled = true;
    this.node.addEventListener(
      "paste",
      (event) => this.picker.takeFrom(event.clipboardData) && event.preventDefault(),
    );
  }

  send() {
    const text = this.field.value.trim();
    if (this.busy || !state.library) return;
    if (!text && !this.picker.url) {
      this.field.focus();
      return;
    }
    this.submit({ text, image: this.picker.url });
  }

  clear() {
    this.field.value = "";
    this.picker.clear();
    fill(this.problem);
    this.grow();
  }

  /** @param {boolean} busy */
  set working(busy) {
    this.busy = busy;
    const had = document.activeElement === this.go || document.activeElement === this.halt;
    this.go.hidden = busy;
    this.halt.hidden = !busy;
    if (had) (busy ? this.halt : this.go).focus();
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, TALLEST)}px`;
  }
}

/** What was asked, as it stands in the conversation. @param {Asked} asked */
export function question({ text, image }) {
  return el(
    "div.question",
    {},
    aside("You asked: "),
    image && el("img", { src: image, alt: "The picture that was asked about" }),
    text ? el("h2", {}, text) : el("h2", {}, "What fits this picture?"),
  );
}
