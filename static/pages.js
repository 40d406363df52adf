// The server draws everything. The scripts fetch the very pages that links lead to, and
// show parts of them in place.

import { tell } from "./notices.js";

/** No page came: the network failed, the server did, or what came is something else. */
export class Failed extends Error {}

export const root = document.documentElement;

export function here() {
  return location.pathname + location.search;
}

/** Where a form leads: as a link would have it, without what is so anyway. */
export function addressOf(form) {
  const said = [...new FormData(form)].filter(([name, value]) => name !== "colour" || value > 0);
  const pairs = said.map(([name, value]) => [name, name === "hex" ? value.slice(-6) : value]);
  const { pathname } = new URL(form.action);
  return pathname + (pairs.length ? `?${new URLSearchParams(pairs)}` : "");
}

/**
 * A page of the gallery. `url` is the address that it has for good, and `refusal` what
 * the server says where it says no.
 */
export async function fetchPage(url, options = {}) {
  let response, text;
  try {
    response = await fetch(url, { ...options, headers: { Accept: "text/html" } });
    text = await response.text();
  } catch (error) {
    throw new Failed(String(error));
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.getElementById("main");
  if (!main || response.status === 500) throw new Failed(response.statusText);
  compareGenerations(page.documentElement.dataset.generation);
  const address = new URL(response.headers.get("Content-Location") ?? response.url, location);
  return {
    main,
    title: page.title,
    url: address.pathname + address.search,
    refusal: response.ok ? null : main.querySelector("h1")?.textContent,
  };
}

/** Tell, once, that answers come from another generation than the page is of. */
function compareGenerations(answered) {
  const { generation } = root.dataset;
  if (!generation || !answered || generation === answered) return;
  root.dataset.generation = answered;
  tell("updated", () => location.reload());
}
