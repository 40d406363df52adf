// All values of a facet, of which there may be thousands: typing leaves those that have it.

export function startValues() {
  const input = document.querySelector(".values .find");
  input?.addEventListener("input", () => {
    const wanted = plain(input.value.trim());
    for (const value of document.querySelectorAll(".facet-values > li")) {
      value.hidden = !plain(value.querySelector("[dir]").textContent).includes(wanted);
    }
  });
}

/** As the search of the grid compares words: without case and accents. */
function plain(words) {
  return words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
