// The grid: filters, orders, pages and the words searched for change it in place, and
// more of it comes as one scrolls.

import { choose, forgetChoices, settleChoices } from "./choices.js";
import { waitForEncoder } from "./encoder.js";
import { morph } from "./morph.js";
import { hush, tell } from "./notices.js";
import { addressOf, Failed, fetchPage, here } from "./pages.js";
import { main } from "./places.js";
import { keepSpot, returnToSpot } from "./spots.js";
import { isPlain, visit } from "./visits.js";

const TYPING_MS = 200; // between two strokes of most people
const REST_MS = 150; // between two scrolls of one movement, at most
const words = document.getElementById("words");
const skip = document.querySelector(".skip");
const path = new URL(words.action).pathname;
const health = new URL("healthz", words.action);

let typing = 0;
let resting = 0;
let typed = null; // the address that typing led to; typing on goes on from there
let tiles = null;
let inView = null; // the first tile of the page of tiles that is in view
let isNear = false; // the end of the tiles
let scrolledTo = scrollY;
let hasScrolled = false; // further down, since tiles were last added
let isAdding = false;

export function startGrid() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".browse a[href]");
    if (!link || !isPlain(event) || link.pathname !== path) return;
    event.preventDefault();
    clearTimeout(typing);
    browse(choose(link, main)).then((shown) => {
      if (shown && link.closest(".pager, .earlier")) main.focusHeading();
    });
  });
  document.addEventListener("change", ({ target }) => {
    if (target.matches(".browse [name=hex]")) browse(addressOf(target.form));
  });
  words.addEventListener("input", (event) => {
    clearTimeout(typing);
    if (!event.isComposing) searchAsTyped(TYPING_MS);
  });
  words.addEventListener("compositionend", () => searchAsTyped(0));
  words.addEventListener("submit", (event) => {
    if (!hasGrid()) return;
    event.preventDefault();
    searchWords();
    // The keyboard of a phone lies over what has been found.
    if (matchMedia("(pointer: coarse)").matches) words.elements.q.blur();
  });
  main.root.addEventListener("shown", watch);
  addEventListener("scroll", follow, { passive: true });
  addEventListener("pagehide", rest);
  addEventListener("popstate", () => {
    showWords();
    forgetChoices();
  });
  watch();
  goBackToSpot();
}

/** Show the part of the grid that was left; it does not count as scrolling on. */
export function goBackToSpot() {
  returnToSpot();
  scrolledTo = scrollY;
}

/** The words as the address of the grid says them, also where a look lies over it. */
function showWords() {
  const { searchParams } = new URL(history.state?.ground ?? location.href, location);
  words.elements.q.value = searchParams.get("q") ?? "";
}

/** Half a word finds titles, but no photo shows it: photos are searched when Enter is pressed. */
function searchAsTyped(delay) {
  if (!hasGrid() || (inPhotos() && words.elements.q.value.trim())) return;
  typing = setTimeout(searchWords, delay);
}

function inPhotos() {
  return main.root.querySelector(".browse")?.dataset.scope === "photos";
}

function hasGrid() {
  return main.root.querySelector(".browse") !== null;
}

async function browse(url, replaces) {
  const shown = await visit(main, url, { replaces });
  if (!shown) return false;
  if (here() !== typed) showWords();
  if (main.root.getBoundingClientRect().top < 0) scrollTo(0, 0);
  return true;
}

async function searchWords() {
  clearTimeout(typing);
  if (!hasGrid()) return;
  if (history.state?.ground) {
    showWords(); // a tile has been clicked on meanwhile: there is a look over the grid
    return;
  }
  const text = words.elements.q.value;
  // The form has the filters of the page; the address also has those that are on their way.
  const others = [...new URLSearchParams(location.search)];
  const ranks = inPhotos() && text.trim(); // and there is no other order
  const ends = ["q", "page", ...(ranks ? ["sort"] : [])];
  const pairs = others.filter(([name]) => !ends.includes(name));
  if (text.trim()) pairs.unshift(["q", text]);
  const url = path + (pairs.length ? `?${new URLSearchParams(pairs)}` : "");
  if (url === here()) return;
  // What is typed on gives way; a search by Enter is a step of its own.
  const isGoingOn = typed === here() && !inPhotos();
  typed = url;
  const stopWaiting = ranks ? waitForEncoder(health) : undefined;
  await browse(url, isGoingOn || undefined);
  stopWaiting?.();
}

const end = new IntersectionObserver(
  ([entry]) => {
    isNear = entry.isIntersecting;
    if (hasScrolled) addTiles();
  },
  { rootMargin: "0px 0px 100%" },
);

/** Look after the grid that has just been shown. */
function watch() {
  end.disconnect();
  hush("tiles");
  settleChoices();
  showScope();
  skip.setAttribute("href", document.getElementById("products") ? "#products" : "#main");
  isNear = hasScrolled = isAdding = false;
  tiles = main.root.querySelector(".browse .grid");
  inView = tiles?.firstElementChild ?? null;
  if (!tiles) return;
  beginsPage(inView, main.root, tiles);
  const pager = main.root.querySelector(".pager");
  if (pager) end.observe(pager);
}

/** What the box says of itself is where it searches on the page that is shown. */
function showScope() {
  const { scope } = main.root.querySelector(".browse")?.dataset ?? {};
  const { q } = words.elements;
  if (scope) q.placeholder = q.ariaLabel = q.dataset[scope];
}

/** Note at a page's first tile what the page is. */
function beginsPage(tile, page, { dataset }) {
  tile.dataset.url = dataset.url;
  tile.dataset.range = page.querySelector(".range").textContent.trim();
}

function follow() {
  if (!tiles || !tiles.checkVisibility()) return;
  if (scrollY > scrolledTo) hasScrolled = true;
  scrolledTo = scrollY;
  if (isNear && hasScrolled) addTiles();
  clearTimeout(resting);
  resting = setTimeout(rest, REST_MS);
  const middle = innerHeight / 2;
  const begun = [...tiles.querySelectorAll(":scope > [data-url]")];
  const now = begun.findLast((tile) => tile.getBoundingClientRect().top < middle) ?? begun[0];
  if (now === inView || main.isBusy || here() !== main.shown) return;
  inView = now;
  history.replaceState(history.state, "", now.dataset.url);
  main.shown = here();
  main.root.querySelector(".range").textContent = now.dataset.range;
}

/** Whoever comes back, or reloads, finds what is in the window now. */
function rest() {
  if (!tiles || main.isBusy || here() !== main.shown) return;
  const links = [...tiles.querySelectorAll("[data-look]")];
  // The pages above will not be there.
  keepSpot(links.slice(links.indexOf(inView.querySelector("[data-look]"))));
}

/** Add the next page's tiles; nothing further is added before one has scrolled on. */
async function addTiles() {
  const pager = main.root.querySelector(".pager");
  const next = pager?.querySelector("a[rel=next]");
  // The links below the tiles would run away from whoever has just got hold of them.
  if (!next || isAdding || pager.matches(":hover, :focus-within")) return;
  isAdding = true;
  const list = tiles;
  const skeletons = [...document.getElementById("tiles-loading").content.cloneNode(true).children];
  list.append(...skeletons);
  try {
    const page = await fetchPage(next.href);
    const more = page.main.querySelector(".browse .grid");
    // Skeletons are gone where the grid has become another meanwhile.
    if (!more || !skeletons[0].isConnected) return;
    const added = [...more.children];
    beginsPage(added[0], page.main, more);
    list.append(...added);
    morph(pager, page.main.querySelector(".pager"));
    isAdding = hasScrolled = false;
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    if (skeletons[0].isConnected) tell("failed", retry, "tiles");
  } finally {
    for (const skeleton of skeletons) skeleton.remove();
  }
  function retry() {
    isAdding = false;
    addTiles();
  }
}
