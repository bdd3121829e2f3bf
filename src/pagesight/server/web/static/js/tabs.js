/** Tabs as ARIA describes them: one is in the order of Tab, arrow keys go to the others. */

/**
 * @param {HTMLElement} list with role tablist, of buttons with role tab and aria-controls
 * @param {(id: string) => void} [shown] told the id of the panel
 * @returns {(id: string) => void} shows the panel with an id
 */
export function tabs(list, shown = () => {}) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const show = (id) => {
    for (const tab of all) {
      const chosen = tab.getAttribute("aria-controls") === id;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
    }
    shown(id);
  };
  for (const tab of all)
    tab.addEventListener("click", () => show(tab.getAttribute("aria-controls")));
  list.addEventListener("keydown", (event) => {
    const there = all.filter((tab) => !tab.hidden);
    const place = there.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (place < 0 || !step) return;
    event.preventDefault();
    const next = there[(place + step + there.length) % there.length];
    next.focus();
    next.click();
  });
  return show;
}
