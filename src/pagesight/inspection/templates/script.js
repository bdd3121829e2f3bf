"use strict";
(() => {
  const sheets = [...document.querySelectorAll(".sheet")];
  const bar = document.querySelector(".bar");
  const select = document.getElementById("page");
  const boxes = [...bar.querySelectorAll("input")];
  let lit = [];
  let pinned = "";

  const light = (row) => {
    for (const each of lit) each.classList.remove("on");
    lit = row ? [...document.querySelectorAll(`[data-row="${row}"]`)] : [];
    for (const each of lit) each.classList.add("on");
  };
  const show = (box) => document.body.classList.toggle(`no-${box.value}`, !box.checked);
  const current = () => {
    const line = Math.max(0, bar.getBoundingClientRect().bottom) + 40;
    const below = sheets.findIndex((sheet) => sheet.getBoundingClientRect().bottom > line);
    return below < 0 ? sheets.length - 1 : below;
  };
  const go = (number) => {
    const sheet = sheets[Math.max(0, Math.min(sheets.length - 1, number))];
    sheet.scrollIntoView();
    select.value = sheet.id;
  };

  for (const sheet of sheets) {
    const option = document.createElement("option");
    option.value = sheet.id;
    option.textContent = sheet.id.slice(1);
    select.append(option);
  }
  select.addEventListener("change", () => go(select.selectedIndex));
  for (const box of boxes) box.addEventListener("change", () => show(box));
  document.addEventListener("mouseover", (event) => {
    const under = event.target.closest("[data-row]");
    light(under ? under.dataset.row : pinned);
  });
  document.addEventListener("click", (event) => {
    const under = event.target.closest("svg [data-row], .badge");
    if (!under) return;
    const row = under.closest("[data-row]").dataset.row;
    pinned = pinned === row ? "" : row;
    light(row);
    const wanted = under.matches(".badge") ? `svg [data-row="${row}"]` : `:not(svg *)[data-row="${row}"]`;
    document.querySelector(wanted)?.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    if (event.key === "j") go(current() + 1);
    else if (event.key === "k") go(current() - 1);
    else if (event.key === "z") document.body.classList.toggle("wide");
    else if (event.key === "a") {
      const on = boxes.some((box) => !box.checked);
      for (const box of boxes) {
        box.checked = on;
        show(box);
      }
    } else if (event.key === "Escape") light((pinned = ""));
  });
  document.addEventListener("scroll", () => { select.value = sheets[current()]?.id ?? ""; }, { passive: true });
  bar.hidden = false;
  const measure = () =>
    document.documentElement.style.setProperty("--top", `${document.querySelector("header").offsetHeight}px`);
  addEventListener("resize", measure);
  measure();
})();
