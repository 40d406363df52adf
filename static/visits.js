// Going to an address in place. An entry of the history whose page is a look over another
// page says so: `ground` is the address of that page, `depth` how many entries ago it was.

import { here } from "./pages.js";

/**
 * Note an address in the history and show its page; `meanwhile` as `Place.load` has it.
 * An entry of which nobody has seen the page gives way: ten fast clicks are one step back.
 */
export function visit(place, url, { meanwhile, ground, replaces = place.unseen } = {}) {
  enter(url, { ground, replaces });
  const shown = place.load(url, meanwhile);
  place.unseen = true;
  return shown;
}

/** Note an address; on the same ground as the one before, if none is given. */
export function enter(url, { ground = history.state?.ground, replaces = false } = {}) {
  const address = new URL(url, location);
  if (address.pathname + address.search === here()) return;
  if (replaces) {
    history.replaceState(history.state, "", url);
    return;
  }
  // Going back to a fragment would move the focus and the page.
  if (location.hash) history.replaceState(history.state, "", here());
  const before = history.state?.ground === ground ? history.state?.depth : 0;
  history.pushState(ground ? { ground, depth: before + 1 } : null, "", url);
  // How far down the ground is says nothing about a page in its place, as after a reload.
  history.scrollRestoration = ground ? "manual" : "auto";
}

/** Go back to the page that looks were opened over. */
export function leave() {
  if (history.state?.depth) history.go(-history.state.depth);
}

/** Whether a click is to be answered in place; with a modifier it opens a tab, or downloads. */
export function isPlain(event) {
  const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  return !(event.defaultPrevented || event.button || modified);
}
