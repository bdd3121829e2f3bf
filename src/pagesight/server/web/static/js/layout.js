/** The two halves of the page, which on a narrow screen lie over each other. */

import { byId } from "./dom.js";
import { tabs } from "./tabs.js";

const narrow = window.matchMedia("(max-width: 899px)");
let show = (/** @type {string} */ _id) => {};
/** Where the keyboard was before the evidence came over it. @type {Element | null} */
let before = null;

/** @param {(id: string) => void} shown told the id of the panel that is looked at */
export function layout(shown) {
  show = tabs(byId("main-tabs"), shown);
  narrow.addEventListener("change", settle);
  settle();
  document.addEventListener("keydown", (event) => {
    if (
      event.key !== "Escape" || event.defaultPrevented || !over() || document.querySelector(
        "dialog[open]"
      )
    ) return;
    event.preventDefault();
    hideEvidence();
  });
}

/** @param {"ask" | "search" | "documents"} id */
export const showPanel = (id) => show(id);

const over = () => narrow.matches && document.body.classList.contains("evidence-over");

function settle() {
  byId("work").inert = over();
  byId("evidence").inert = narrow.matches && !over();
}

/** Brings the evidence into view; on a wide screen it is there already. */
export function revealEvidence() {
  if (!narrow.matches) return;
  if (!over()) before = document.activeElement;
  document.body.classList.add("evidence-over");
  settle();
  byId("evidence-back").focus({ preventScroll: true });
}

export function hideEvidence() {
  document.body.classList.remove("evidence-over");
  settle();
  if (before?.isConnected) before.focus();
}
