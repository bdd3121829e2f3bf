/** Questions that must be answered before anything else goes on. */

import { announce, button, el, fill } from "./dom.js";

/**
 * Opens a dialog, and removes it once it is closed.
 * @param {string} title
 * @param {Array<Node | string>} body
 * @param {Node[]} buttons
 * @param {() => void} [closed] told once, however it was closed
 * @returns {HTMLDialogElement}
 */
export function dialog(title, body, buttons, closed = () => {}) {
  const node = el(
    "dialog.dialog",
    { "aria-label": title },
    el("header", {}, el("h2", {}, title), button("close", "Close", () => node.close())),
    el("div.body", { tabindex: -1 }, body),
    el("footer", {}, buttons),
  );
  node.addEventListener("close", () => {
    node.remove();
    closed();
  });
  node.addEventListener("click", (event) => event.target === node && node.close());
  document.body.append(node);
  node.showModal();
  return node;
}

/**
 * @param {{title: string, text: string, act: string}} what `act` is the button that does it
 * @returns {Promise<boolean>} whether it was confirmed
 */
export function confirmed({ title, text, act }) {
  return new Promise((resolve) => {
    let answer = false;
    const decide = (value) => () => {
      answer = value;
      node.close();
    };
    const cancel = button("", "Cancel", decide(false), { text: true });
    const node = dialog(
      title,
      [el("p", {}, text)],
      [cancel, button("", act, decide(true), { text: true, kind: "danger" })],
      () => resolve(answer),
    );
    cancel.focus();
  });
}

/**
 * Asks for a key until there is one to try.
 * @param {boolean} refused the one before was not accepted
 * @param {(key: string) => void} keep
 */
export function askForKey(refused, keep) {
  return new Promise((resolve) => {
    const input = el(
      "input",
      { type: "password", id: "key", autocomplete: "off", spellcheck: "false" },
    );
    const problem = el(
      "p.problem-line",
      { role: "alert" },
      refused ? "That key was not accepted." : "",
    );
    let kept = false;
    const use = () => {
      if (!input.value.trim()) {
        fill(problem, "Enter a key.");
        return input.focus();
      }
      keep(input.value.trim());
      kept = true;
      return node.close();
    };
    input.addEventListener("keydown", (event) => event.key === "Enter" && use());
    const body = [
      el(
        "p",
        {},
        "This server answers only those who have a key. Whoever runs it can give you one.",
      ),
      el("label", { for: "key" }, "Key"),
      input,
      problem,
      el("p.small", {}, "It is kept for this tab, until you close it."),
    ];
    const node = dialog("Enter your key", body, [
      button("key", "Use this key", use, { text: true, kind: "main" })
    ], () => {
      if (kept) resolve();
      else askForKey(refused, keep).then(resolve);
    });
    node.classList.add("must");
    input.focus();
    if (refused) announce("That key was not accepted.");
  });
}
