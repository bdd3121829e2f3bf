/** A picture that asks: attached, pasted or dropped, shown with a way to remove it. */

import { button, el, fill } from "./dom.js";
import { state } from "./state.js";

const TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];

export const isPicture = (/** @type {File} */ file) => TYPES.includes(file.type);

/** One picture beside a question. */
export class PicturePicker {
  /** @param {(problem: string) => void} complain */
  constructor(complain) {
    this.complain = complain;
    /** As a data: URL; "" for none. */
    this.url = "";
    this.input = el(
      "input",
      {
        type: "file",
        accept: TYPES.join(","),
        hidden: true,
        tabindex: -1,
        "aria-label": "Picture to ask about",
      },
    );
    this.input.addEventListener("change", () => {
      this.take(this.input.files[0]);
      this.input.value = "";
    });
    this.button = button("picture", "Ask about a picture", () => this.input.click());
    this.preview = el("div.preview", { hidden: true });
  }

  /** @param {File} [file] @returns {Promise<void>} */
  async take(file) {
    if (!file) return;
    if (!isPicture(file))
      return this.complain("Only PNG, JPEG, WebP and GIF pictures can be asked about.");
    const most = state.info?.limits.image_mb ?? 10;
    if (file.size > most * 2 ** 20) return this.complain(`The picture is larger than ${most} MB.`);
    this.complain("");
    this.url = await asDataUrl(file);
    const shown = el(
      "img",
      { alt: `Picture to ask about: ${file.name || "pasted"}`, src: this.url },
    );
    fill(
      this.preview,
      shown,
      el("span.name", {}, file.name || "Pasted picture"),
      button("close", "Remove the picture", () => {
        this.clear();
        this.button.focus();
      }),
    );
    this.preview.hidden = false;
  }

  /**
   * Takes the picture of a paste or drop.
   * @param {DataTransfer | null} data
   * @returns {boolean} whether there was one
   */
  takeFrom(data) {
    const file = [...(data?.files ?? [])].find(isPicture);
    if (file) this.take(file);
    return Boolean(file);
  }

  clear() {
    this.url = "";
    fill(this.preview);
    this.preview.hidden = true;
  }
}

/** @param {File} file @returns {Promise<string>} */
function asDataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
