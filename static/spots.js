// Where one is in the grid, kept with the entry of the history. A browser keeps how far
// down that was; but the pages above, added as one scrolled, are not there any more.

import { main } from "./places.js";

/** Keep which of the links, in their order, comes first in the window, and where there. */
export function keepSpot(links) {
  const link = links.find((each) => each.getBoundingClientRect().bottom > 0);
  if (!link) return;
  const spot = { id: link.dataset.look, top: link.getBoundingClientRect().top };
  history.scrollRestoration = "manual";
  history.replaceState({ ...history.state, spot }, "");
}

export function returnToSpot() {
  const spot = history.state?.spot;
  const link = spot && main.root.querySelector(`.browse [data-look="${CSS.escape(spot.id)}"]`);
  if (link) scrollBy(0, link.getBoundingClientRect().top - spot.top);
}
