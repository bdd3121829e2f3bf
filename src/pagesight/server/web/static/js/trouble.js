/** Errors as people should see them. */

import { button, el, fill, icon } from "./dom.js";

/**
 * A box that says what went wrong; with a Retry-After it counts down to the next try.
 * @param {import("./api.js").Failure | Error} error
 * @param {(() => void) | null} again
 * @returns {HTMLElement}
 */
export function trouble(error, again) {
  const title = error.title || "Something went wrong in this page";
  const detail = error.detail ?? error.message;
  const node = el(
    "div.trouble",
    { role: "alert" },
    icon("alert"),
    el("div", {}, el("strong", {}, capital(title)), detail && el("p", {}, capital(detail))),
  );
  if (!again) return node;
  const retry = button("retry", "Try again", again, { text: true });
  node.lastChild.append(el("div.row", {}, retry));
  if (error.retryAfter > 0) countDown(retry, Math.ceil(error.retryAfter));
  return node;
}

function countDown(retry, left) {
  const words = retry.lastChild;
  if (left <= 0) {
    retry.disabled = false;
    fill(words, "Try again");
    return;
  }
  retry.disabled = true;
  fill(words, `Try again in ${left} s`);
  setTimeout(() => countDown(retry, left - 1), 1000);
}

const capital = (text) => (text ? text[0].toUpperCase() + text.slice(1) : "");
