// The map: it is dragged, and zoomed with the wheel, two fingers, keys and buttons. What
// comes into the window is asked for in blocks, and more photos show as one zooms.

import { own } from "./morph.js";
import { hush, tell } from "./notices.js";
import { here, root } from "./pages.js";
import { main } from "./places.js";
import { isPlain } from "./visits.js";

// Pixels: a tile is as wide as this at each whole zoom, and twice it at most.
const TILE = matchMedia("(pointer: fine)").matches ? 32 : 44;
const BLOCK = 16; // tiles of one question, across and down
const KEPT_BLOCKS = 200;
const EDGE = 0.98; // of the window is filled by the whole map
const SLIP = 4; // pixels that a finger moves in a tap
const REST_MS = 200; // after the last movement the address says where one is
const GLIDE = 0.22; // of the way that is left, each frame
const STEP = 0.3; // of the window, for a key
const WHEEL = 1 / 300, PINCH = 1 / 60; // zooms a pixel of the wheel

const FAILED = Symbol("failed");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const fingers = new Map(); // where each one is on the map
const room = new ResizeObserver(() => {
  if (map && view) jump(isWhole ? whole() : goal, isWhole);
});
let map = null; // the map that is shown: its elements, and what its page says of it
let view = null; // the middle of the window, as fractions of the map, and the zoom
let goal = null; // where the view glides to
let isWhole = false; // all is in the window, however large that is
let blocks = new Map(); // what has been asked for: its tiles, once they have come
let known = new Map(); // every product seen so far, by id
let named = null; // the tile whose title is shown
let drawn = ""; // which tiles are drawn
let hasSlipped = false; // the finger that is down, so that it is no tap
let frame = 0;
let resting = 0;

function startMap() {
  main.root.addEventListener("shown", take);
  addEventListener("pagehide", settle);
  // A filter that is chosen while the map still moves is chosen where it is now.
  addEventListener("click", ({ target }) => target.closest?.(".facets, .chips") && settle(), true);
  take();
}

/** Take over the map of the page that has just been shown. */
function take() {
  const element = main.root.querySelector(".map");
  hush("map");
  if (!element) {
    map = null;
    return;
  }
  const { dataset } = element;
  const plate = element.querySelector(".plate");
  const isNew = map?.plate !== plate;
  if (isNew) prepare(element, plate);
  const api = new URL(dataset.api, location);
  if (isNew || map.api.href !== api.href) {
    blocks = new Map();
    known = new Map();
  }
  Object.assign(map, {
    api,
    deepest: Number(dataset.deepest),
    bounds: dataset.bounds.split(" ").map(Number),
    range: main.root.querySelector(".range"),
  });
  plate.setAttribute("aria-keyshortcuts", "ArrowUp ArrowDown ArrowLeft ArrowRight + - 0");
  element.dataset.live = "moving"; // which gives the map its size
  for (const cell of plate.querySelectorAll(".cells [data-column]")) meet(cell);
  plate.querySelector(".cells").replaceChildren(); // else each product would have two links
  const { x, y, zoom } = dataset;
  const isAll = "whole" in dataset;
  const aim = isAll ? whole() : held({ x: Number(x), y: Number(y), zoom: Number(zoom) });
  drawn = "";
  if (isNew || !view) jump(aim, isAll);
  else glide(aim, isAll);
}

function prepare(element, plate) {
  const plane = document.createElement("ul");
  plane.className = "plane";
  own.add(plane);
  const title = document.createElement("p");
  title.className = "name";
  title.ariaHidden = "true"; // the photo says it too
  title.dir = "auto";
  title.hidden = true;
  own.add(title);
  plate.append(plane, title);
  map = { element, plate, plane, title, tile: element.querySelector("template").content };
  room.disconnect();
  room.observe(plate);
  plate.addEventListener("pointerdown", press);
  plate.addEventListener("pointermove", drag);
  for (const name of ["pointerup", "pointercancel"]) plate.addEventListener(name, lift);
  plate.addEventListener("click", (event) => hasSlipped && event.preventDefault(), true);
  plate.addEventListener("dragstart", (event) => event.preventDefault());
  plate.addEventListener("wheel", turn, { passive: false });
  plate.addEventListener("keydown", key);
  plate.addEventListener("pointerover", ({ target, pointerType }) => {
    name(pointerType === "mouse" ? target.closest(".spot") : null);
  });
  plate.addEventListener("pointerleave", () => name(null));
  plate.addEventListener("focusin", ({ target }) => {
    reveal(target);
    name(target.matches(".spot:focus-visible") ? target : null);
  });
  plate.addEventListener("focusout", () => name(null));
  // Only the map moves, and never what it is drawn on.
  plate.addEventListener("scroll", () => plate.scrollTo(0, 0));
  element.querySelector(".compass").addEventListener("click", (event) => {
    const way = event.target.closest("a, span[class]");
    const name = way?.closest(".compass > *")?.className;
    if (!(name in WAYS) || !isPlain(event)) return;
    event.preventDefault();
    WAYS[name]();
  });
}

const WAYS = {
  north: () => move(0, -1),
  south: () => move(0, 1),
  west: () => move(-1, 0),
  east: () => move(1, 0),
  closer: () => zoomTo(Math.floor(goal.zoom + 1.01)),
  farther: () => zoomTo(Math.ceil(goal.zoom - 1.01)),
  whole: () => {
    glide(whole(), true);
  },
};
const KEYS = {
  ArrowUp: "north",
  ArrowDown: "south",
  ArrowLeft: "west",
  ArrowRight: "east",
  "+": "closer",
  "=": "closer",
  "-": "farther",
  _: "farther",
  0: "whole",
};

// Where one is

function sizeOf({ zoom }) {
  return TILE * 2 ** zoom; // pixels that the map is wide
}

function levelOf({ zoom }) {
  return Math.min(Math.floor(zoom + 1e-6), map.deepest);
}

/** The view in which all that passes the filters is in the window. */
function whole() {
  const [left, top, right, bottom] = map.bounds;
  const { clientWidth: width, clientHeight: height } = map.plate;
  // The deepest zoom whose tiles, which begin and end at whole columns and rows, have room.
  for (let level = map.deepest; ; level--) {
    const count = 2 ** level;
    const [west, north] = [left, top].map((edge) => Math.floor(edge * count) / count);
    const [east, south] = [right, bottom].map((edge) => Math.ceil(edge * count) / count);
    const size = Math.min((width * EDGE) / (east - west), (height * EDGE) / (south - north));
    const zoom = Math.min(Math.log2(size / TILE), level + 0.99);
    if (zoom >= level || !level) return held({ x: (west + east) / 2, y: (north + south) / 2, zoom });
  }
}

/** The nearest view that there is: not beyond where products lie. */
function held({ x, y, zoom }) {
  const within = (number, least, most) => Math.min(Math.max(number, least), most);
  const [left, top, right, bottom] = map.bounds;
  const deepest = map.deepest + 0.99;
  return { x: within(x, left, right), y: within(y, top, bottom), zoom: within(zoom, 0, deepest) };
}

function move(columns, rows) {
  const size = sizeOf(goal);
  const { clientWidth: width, clientHeight: height } = map.plate;
  const x = goal.x + (columns * STEP * width) / size;
  glide({ x, y: goal.y + (rows * STEP * height) / size, zoom: goal.zoom });
}

function zoomTo(zoom) {
  glide({ ...goal, zoom });
}

/** The view `zooms` deeper in which what was at a point of the window is still there. */
function zoomedAt(from, zooms, { x: left, y: top }) {
  const box = map.plate.getBoundingClientRect();
  const right = left - box.left - box.width / 2;
  const down = top - box.top - box.height / 2;
  const { zoom } = held({ ...from, zoom: from.zoom + zooms });
  const change = 1 / sizeOf(from) - 1 / sizeOf({ zoom });
  return held({ x: from.x + right * change, y: from.y + down * change, zoom });
}

function glide(to, isAll = false) {
  isWhole = isAll;
  goal = held(to);
  if (still.matches) view = goal;
  start();
}

function jump(to, isAll = false) {
  isWhole = isAll;
  view = goal = held(to);
  start();
}

function start() {
  map.element.dataset.live = "moving";
  clearTimeout(resting);
  if (!frame) frame = requestAnimationFrame(advance);
}

function advance() {
  frame = 0;
  if (!map) return;
  const size = sizeOf(view);
  const far = Math.hypot(goal.x - view.x, goal.y - view.y) * size;
  if (far < 0.5 && Math.abs(goal.zoom - view.zoom) < 0.002) view = goal;
  else {
    const mixed = (name) => view[name] + (goal[name] - view[name]) * GLIDE;
    const zoom = mixed("zoom");
    // The point that both views have in the same place of the window stays there.
    const done = goal.zoom === view.zoom ? GLIDE : shareOf(size, sizeOf({ zoom }), sizeOf(goal));
    const at = (name) => view[name] + (goal[name] - view[name]) * done;
    view = { x: at("x"), y: at("y"), zoom };
    frame = requestAnimationFrame(advance);
  }
  draw();
}

function shareOf(from, now, to) {
  return (1 / from - 1 / now) / (1 / from - 1 / to);
}

// Fingers, wheel, keys

function press(event) {
  if (event.button || event.target.closest(".compass")) return;
  if (!fingers.size) hasSlipped = false;
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  goal = view;
}

function drag(event) {
  const was = fingers.get(event.pointerId);
  if (!was) return;
  if (!event.buttons) {
    lift(event);
    return;
  }
  const is = { x: event.clientX, y: event.clientY };
  if (!hasSlipped && fingers.size < 2 && Math.hypot(is.x - was.x, is.y - was.y) < SLIP) return;
  hasSlipped = true;
  for (const id of fingers.keys()) map.plate.setPointerCapture(id);
  const before = grip();
  fingers.set(event.pointerId, is);
  const after = grip();
  const zooms = before.apart && after.apart ? Math.log2(after.apart / before.apart) : 0;
  const zoomed = zooms ? zoomedAt(view, zooms, before) : view;
  const size = sizeOf(zoomed);
  const x = zoomed.x - (after.x - before.x) / size;
  jump({ x, y: zoomed.y - (after.y - before.y) / size, zoom: zoomed.zoom });
}

function lift({ pointerId }) {
  fingers.delete(pointerId);
}

/** The middle of the fingers, and how far apart they are. */
function grip() {
  const [one, other = one] = [...fingers.values()];
  const apart = Math.hypot(one.x - other.x, one.y - other.y);
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, apart };
}

function turn(event) {
  event.preventDefault();
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
  const zooms = -event.deltaY * lines * (event.ctrlKey ? PINCH : WHEEL);
  const at = { x: event.clientX, y: event.clientY };
  const to = zoomedAt(goal, Math.max(-1, Math.min(1, zooms)), at);
  if (event.ctrlKey) jump(to);
  else glide(to);
}

function key(event) {
  const name = KEYS[event.key];
  if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  WAYS[name]();
}

/** Show a tile's title beside it, within the window. */
function name(spot) {
  const { title, plate } = map;
  named = spot;
  title.hidden = !spot?.isConnected;
  if (title.hidden) return;
  title.textContent = spot.querySelector("img").alt;
  const [box, tile] = [plate, spot].map((element) => element.getBoundingClientRect());
  const most = box.width - title.offsetWidth - SLIP;
  const middle = (tile.left + tile.right) / 2 - box.left - title.offsetWidth / 2;
  const isLow = tile.bottom + title.offsetHeight > box.bottom;
  const top = isLow ? tile.top - box.top - title.offsetHeight : tile.bottom - box.top;
  title.style.transform = `translate(${Math.max(SLIP, Math.min(middle, most))}px, ${top}px)`;
}

/** Bring a tile that the focus has come to into the window. */
function reveal(target) {
  const spot = target.closest(".plane li");
  if (!spot || fingers.size) return;
  map.plate.scrollTo(0, 0); // the browser has brought it into view in its own way
  const [box, tile] = [map.plate, spot].map((element) => element.getBoundingClientRect());
  const isIn =
    tile.left >= box.left && tile.right <= box.right && tile.top >= box.top && tile.bottom <= box.bottom;
  if (isIn) return;
  const { x, y } = known.get(target.dataset.look) ?? goal;
  glide({ x, y, zoom: goal.zoom });
}

// What is drawn

/** The tiles that are in the window, at the zoom that they are of. */
function seen() {
  const level = levelOf(view);
  const count = 2 ** level;
  const width = sizeOf(view) / count;
  const part = (middle, length) => {
    const first = Math.floor(middle * count - length / 2 / width);
    const last = Math.floor(middle * count + length / 2 / width);
    return [Math.max(first, 0), Math.min(last, count - 1)];
  };
  const { clientWidth, clientHeight } = map.plate;
  const [left, right] = part(view.x, clientWidth);
  const [top, bottom] = part(view.y, clientHeight);
  return { level, width, left, right, top, bottom };
}

function draw() {
  const { plane, plate } = map;
  const now = seen();
  const size = sizeOf(view);
  const right = plate.clientWidth / 2 - view.x * size;
  const down = plate.clientHeight / 2 - view.y * size;
  plane.style.transform = `translate(${right}px, ${down}px)`;
  plane.style.setProperty("--tile", `${now.width}px`);
  const { level, left, top } = now;
  const state = [level, left, now.right, top, now.bottom, blocks.size, known.size].join(" ");
  if (state !== drawn) {
    drawn = state;
    drawTiles(now);
  }
  if (named) name(named);
  markWays();
  clearTimeout(resting);
  if (!frame) resting = setTimeout(rest, REST_MS);
}

function drawTiles(now) {
  const wanted = tilesOf(now);
  const { plane } = map;
  const focused = document.activeElement;
  const old = new Map([...plane.children].map((spot) => [spot.firstElementChild.dataset.look, spot]));
  const spots = wanted.map(([product, column, row]) => {
    const spot = old.get(product.id) ?? made(product);
    old.delete(product.id);
    spot.style.setProperty("--column", column);
    spot.style.setProperty("--row", row);
    return spot;
  });
  for (const gone of old.values()) gone.remove();
  let at = plane.firstElementChild;
  for (const spot of spots) {
    if (spot === at) at = at.nextElementSibling;
    else plane.insertBefore(spot, at);
  }
  if (document.activeElement === focused || !focused.matches?.(".spot")) return;
  // It has changed its place in the list, or has left the window.
  (focused.isConnected ? focused : map.plate).focus({ preventScroll: true });
}

/** Products with their columns and rows, in reading order; blocks not there yet are asked for. */
function tilesOf({ level, left, right, top, bottom }) {
  const found = new Map();
  const isIn = (column, row) => column >= left && column <= right && row >= top && row <= bottom;
  const put = (product, column, row) => {
    const cell = row * 2 ** level + column;
    if (isIn(column, row) && !found.has(cell)) found.set(cell, [product, column, row]);
  };
  let isWaiting = false;
  const side = Math.min(BLOCK, 2 ** level);
  for (let row = Math.floor(top / side); row <= Math.floor(bottom / side); row++) {
    for (let column = Math.floor(left / side); column <= Math.floor(right / side); column++) {
      const tiles = blockAt(level, column, row, side);
      if (!tiles) isWaiting = true;
      for (const { id, column, row } of tiles ?? []) put(known.get(id), column, row);
    }
  }
  const shown = new Set([...found.values()].map(([product]) => product));
  // Until they come, what is known already stands where it belongs.
  for (const product of isWaiting ? known.values() : []) {
    const { x, y } = product;
    if (!shown.has(product)) put(product, Math.floor(x * 2 ** level), Math.floor(y * 2 ** level));
  }
  map.plate.ariaBusy = String(isWaiting);
  const inOrder = [...found].sort(([one], [other]) => one - other);
  return inOrder.map(([, tile]) => tile);
}

/** The tiles of a block; null until they have come. */
function blockAt(level, column, row, side) {
  const key = `${level} ${column} ${row}`;
  if (!blocks.has(key)) {
    blocks.set(key, null);
    ask(key, level, (column + 0.5) * side, (row + 0.5) * side, side);
  }
  const block = blocks.get(key);
  return block === FAILED ? null : block;
}

async function ask(key, level, column, row, side) {
  const { api } = map;
  const asked = blocks;
  const url = new URL(api);
  const query = { x: column / 2 ** level, y: row / 2 ** level, zoom: level, across: side, down: side };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  let tiles;
  try {
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(response.statusText);
    ({ tiles } = await response.json());
  } catch {
    asked.set(key, FAILED);
    if (asked === blocks) tell("failed", askAgain, "map");
    return;
  }
  if (asked !== blocks || !map) return;
  for (const product of tiles) if (!known.has(product.id)) known.set(product.id, product);
  blocks.delete(key); // and so the youngest
  blocks.set(key, tiles);
  for (const old of blocks.keys()) {
    if (blocks.size <= KEPT_BLOCKS) break;
    if (blocks.get(old) !== null) blocks.delete(old);
  }
  redraw();
}

function redraw() {
  drawn = "";
  if (map) draw();
}

function askAgain() {
  for (const [key, block] of blocks) if (block === FAILED) blocks.delete(key);
  redraw();
}

/** Know a product that the server has drawn. */
function meet(cell) {
  const link = cell.firstElementChild;
  const photo = link.querySelector("img");
  const id = link.dataset.look;
  const [x, y] = [Number(cell.dataset.x), Number(cell.dataset.y)];
  const { width, height } = Object.fromEntries(
    ["width", "height"].map((name) => [name, Number(photo.getAttribute(name))]),
  );
  const urls = { page_url: link.getAttribute("href"), small_url: photo.getAttribute("src") };
  if (!known.has(id)) known.set(id, { id, title: photo.alt, x, y, width, height, ...urls });
}

function made(product) {
  const spot = map.tile.cloneNode(true).querySelector("li");
  const link = spot.querySelector("a");
  const photo = spot.querySelector("img");
  link.href = product.page_url;
  link.dataset.look = product.id;
  const ratio = product.width / product.height;
  spot.querySelector(".frame").classList.toggle("fills", ratio >= 0.6 && ratio <= 1);
  photo.alt = product.title;
  photo.src = product.small_url;
  return spot;
}

function markWays() {
  const state = { closer: goal.zoom >= map.deepest, farther: goal.zoom <= 0 };
  for (const [name, isAtEnd] of Object.entries(state)) {
    const way = map.element.querySelector(`.compass .${name}`);
    way.toggleAttribute("data-end", isAtEnd);
  }
}

/** Be where it was going to be. */
function settle() {
  if (!map) return;
  cancelAnimationFrame(frame);
  frame = 0;
  view = goal;
  draw();
  rest();
}

// The address

/** Say where one is, in the address, to whoever can't see it, and in the links that lead on. */
function rest() {
  clearTimeout(resting);
  if (!map || frame) return;
  map.element.dataset.live = "still";
  if (main.isBusy || here() !== main.shown) return;
  const url = placed(location.href);
  if (url !== here()) {
    history.replaceState(history.state, "", url);
    main.shown = here();
    for (const link of main.root.querySelectorAll(".browse .facets a, .browse .chips a")) {
      if (link.pathname === location.pathname) link.href = placed(link.href);
    }
  }
  const number = new Intl.NumberFormat(root.lang);
  const words = map.element.dataset.range.replace("#", number.format(map.plane.children.length));
  if (map.range.textContent !== words) map.range.textContent = words;
}

/** An address with the part of the map that is in the window now. */
function placed(url) {
  const { pathname, searchParams } = new URL(url, location);
  for (const name of ["x", "y", "zoom", "across", "down"]) searchParams.delete(name);
  if (!isWhole) {
    searchParams.set("x", Number(goal.x.toFixed(5)));
    searchParams.set("y", Number(goal.y.toFixed(5)));
    searchParams.set("zoom", Number(goal.zoom.toFixed(2)));
  }
  return pathname + (searchParams.size ? `?${searchParams}` : "");
}

startMap();
