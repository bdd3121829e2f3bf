/** Light or dark: as the system says, until the person says otherwise. */

import { button, fill, icon } from "./dom.js";

const KEPT = "pagesight.theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");

const chosen = () => localStorage.getItem(KEPT) ?? (system.matches ? "dark" : "light");

/** Follows the choice, and gives the button that changes it. */
export function theme() {
  const toggle = button("moon", "Dark colours", () => {
    localStorage.setItem(KEPT, chosen() === "dark" ? "light" : "dark");
    show();
  });
  const show = () => {
    const dark = chosen() === "dark";
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    const name = dark ? "Light colours" : "Dark colours";
    toggle.setAttribute("aria-label", name);
    toggle.title = name;
    fill(toggle, icon(dark ? "sun" : "moon"));
  };
  system.addEventListener("change", show);
  show();
  return toggle;
}
