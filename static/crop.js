// The part of a photo to search with: a region that one drags, or moves with the keyboard.

import { own } from "./morph.js";
import { root } from "./pages.js";

const STEP = 0.02;
const LEAST = 0.05;
export const WHOLE = [0, 0, 1, 1];

/**
 * Lay a region over a figure's photo, with what can be done with it after `heading`.
 * Regions are x, y, width and height as fractions of the photo; `searched` is the one that
 * the results are of, and `search` is called with the one to search with.
 */
export function layCrop(figure, heading, searched, search) {
  const crop = copy("crop");
  const actions = copy("crop-actions");
  const region = crop.querySelector(".region");
  const percent = new Intl.NumberFormat(root.lang, { style: "percent" });
  const searchRegion = actions.querySelector(".search-region");
  const searchWhole = actions.querySelector(".whole");
  let now = searched;

  function put(x, y, width, height) {
    now = [x, y, width, height];
    ["--x", "--y", "--w", "--h"].forEach((name, i) => crop.style.setProperty(name, now[i]));
    // A whole photo can't be moved: a finger on it scrolls the page.
    const isWhole = isSame(now, WHOLE);
    crop.style.touchAction = region.style.touchAction = isWhole ? "pan-y" : "none";
    searchRegion.disabled = isSame(now, searched);
    searchWhole.hidden = isWhole && isSame(searched, WHOLE);
  }
  const move = (x, y, [, , width, height]) =>
    put(between(0, x, 1 - width), between(0, y, 1 - height), width, height);
  const stretch = (x1, y1, x2, y2) =>
    put(Math.min(x1, x2), Math.min(y1, y2), Math.abs(x2 - x1), Math.abs(y2 - y1));

  crop.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    const begin = pointOf(event);
    const [x, y, width, height] = now;
    const edge = event.target.dataset.edge;
    const isMove = event.target === region && !isSame(now, WHOLE);
    if (event.target === region && !isMove && event.pointerType === "touch") return; // scrolls
    event.preventDefault();
    region.focus({ preventScroll: true });
    crop.setPointerCapture(event.pointerId);
    // A handle holds the corner across from it; anywhere else a new region begins.
    const [fixedX, fixedY] = edge
      ? [edge.includes("w") ? x + width : x, edge.includes("n") ? y + height : y]
      : begin;
    const drag = (to) => {
      const [toX, toY] = pointOf(to);
      if (isMove) move(x + toX - begin[0], y + toY - begin[1], now);
      else if (edge || Math.max(Math.abs(toX - fixedX), Math.abs(toY - fixedY)) > STEP)
        stretch(fixedX, fixedY, atLeast(toX, fixedX), atLeast(toY, fixedY));
    };
    crop.addEventListener("pointermove", drag);
    const stop = () => {
      crop.removeEventListener("pointermove", drag);
      say();
    };
    crop.addEventListener("lostpointercapture", stop, { once: true });
  });

  region.addEventListener("keydown", (event) => {
    const [right, down] = ARROWS[event.key] ?? [];
    if (right === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [x, y, width, height] = now;
    if (event.shiftKey) {
      const wider = between(LEAST, width + right * STEP, 1 - x);
      put(x, y, wider, between(LEAST, height + down * STEP, 1 - y));
    } else {
      move(x + right * STEP, y + down * STEP, now);
    }
    say();
  });
  // A drag ends with a click too; Enter is one that no pointer made.
  region.addEventListener("click", (event) => event.detail || search(now));
  searchRegion.addEventListener("click", () => search(now));
  searchWhole.addEventListener("click", () => {
    if (isSame(searched, WHOLE)) put(...WHOLE);
    else search(WHOLE);
  });

  function pointOf({ clientX, clientY }) {
    const { left, top, width, height } = crop.getBoundingClientRect();
    return [between(0, (clientX - left) / width, 1), between(0, (clientY - top) / height, 1)];
  }
  function say() {
    const [, , width, height] = now.map((part) => percent.format(part));
    crop.querySelector("[role=status]").textContent = `${width} × ${height}`;
  }

  put(...searched);
  figure.append(crop);
  heading.after(actions);
  for (const element of [figure, actions]) own.add(element);
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function between(least, value, most) {
  return Math.max(least, Math.min(value, most));
}

/** A coordinate that leaves a region of some size, on the side of `fixed` where it is. */
function atLeast(to, fixed) {
  if (Math.abs(to - fixed) >= LEAST) return to;
  const side = to < fixed || fixed + LEAST > 1 ? -1 : 1;
  return fixed + side * LEAST < 0 ? fixed + LEAST : fixed + side * LEAST;
}

function isSame(one, other) {
  return one.every((part, i) => Math.abs(part - other[i]) < 1e-3);
}

function copy(template) {
  return document.getElementById(template).content.cloneNode(true).firstElementChild;
}
