// Filters that are chosen one after another, faster than their pages come.

import { here } from "./pages.js";

const marked = new Set();

/**
 * Mark a filter as chosen, or as no longer so, before its page comes. Returns the address
 * of that page, to which all belongs that was chosen since the page of the link came.
 */
export function choose(link, place) {
  if (!link.matches(":is(.facets section, .same) a:not(.swatches a)")) return link.href;
  mark(link);
  const [was, is, now] = [place.shown, link.href, here()].map((url) => new URL(url, location));
  if (was.href === now.href || was.pathname !== now.pathname) return link.href;
  const change = choicesOf(was).symmetricDifference(choicesOf(is));
  const all = [...choicesOf(now).symmetricDifference(change)];
  return now.pathname + (all.length ? `?${all.join("&")}` : "");
}

/** The pages of what has been chosen are no longer wanted, so it is as it was. */
export function forgetChoices() {
  for (const link of [...marked]) mark(link);
}

/** The page that is shown now says itself what is chosen. */
export function settleChoices() {
  marked.clear();
}

function mark(link) {
  if (!marked.delete(link)) marked.add(link);
  if (link.ariaCurrent) link.removeAttribute("aria-current");
  else link.ariaCurrent = "true";
}

function choicesOf({ searchParams }) {
  const pairs = [...searchParams].filter(([name]) => name !== "page");
  return new Set(pairs.map((pair) => new URLSearchParams([pair]).toString()));
}
