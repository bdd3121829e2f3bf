"use strict";
(() => {
  const filter = document.querySelector(".filter");
  if (!filter) return;
  const cards = [...document.querySelectorAll(".card")];
  const stage = document.getElementById("by-stage");
  const kind = document.getElementById("by-kind");
  const shown = document.getElementById("shown");
  const apply = () => {
    let count = 0;
    for (const card of cards) {
      card.hidden =
        (stage.value !== "" && card.dataset.stage !== stage.value) ||
        (kind.value !== "" && card.dataset.kind !== kind.value);
      if (!card.hidden) count += 1;
    }
    shown.textContent = `${count} of ${cards.length} shown`;
  };
  const reveal = () => {
    const card = cards.find((item) => `#${item.id}` === location.hash);
    if (!card || !card.hidden) return;
    stage.value = kind.value = "";
    apply();
    card.scrollIntoView();
  };
  stage.addEventListener("change", apply);
  kind.addEventListener("change", apply);
  addEventListener("hashchange", reveal);
  filter.hidden = false;
  apply();
})();
