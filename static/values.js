// All values of a facet, of which there may be thousands: typing leaves those that have it.

import { root } from "./pages.js";

export function startValues() {
  const input = document.querySelector(".values .find");
  if (!input) return;
  const range = document.querySelector(".values .range");
  const none = document.querySelector(".values .none");
  const values = [...document.querySelectorAll(".facet-values > li")];
  const all = range.textContent;
  const number = new Intl.NumberFormat(root.lang);
  input.addEventListener("input", () => {
    const wanted = plain(input.value.trim());
    for (const value of values) {
      value.hidden = !plain(value.querySelector("[dir]").textContent).includes(wanted);
    }
    const found = values.filter(({ hidden }) => !hidden).length;
    range.textContent = wanted ? range.dataset.found.replace("#", number.format(found)) : all;
    none.hidden = found > 0;
  });
}

/** As the search of the grid compares words: without case and accents. */
function plain(words) {
  return words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
