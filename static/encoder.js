// The first search that needs the encoder waits until it is loaded.

import { hush, tell } from "./notices.js";

const AFTER_MS = 1000; // a search that takes longer may be the first one

/** Say so while a search waits for it; returns what to call when the search is over. */
export function waitForEncoder(health) {
  const search = {}; // of several at a time, each has its own notice
  let isOver = false;
  const waiting = setTimeout(async () => {
    const response = await fetch(health).catch(() => null);
    const { encoder_loaded: isLoaded } = response?.ok ? await response.json() : {};
    if (isLoaded === false && !isOver) tell("encoder", undefined, search);
  }, AFTER_MS);
  return () => {
    isOver = true;
    clearTimeout(waiting);
    hush(search);
  };
}
