// A look: a product beside what is like it, over the page where it was clicked on, or, on
// a product's own page, in its place. Each has the address of the product's own page.

import { choose, settleChoices } from "./choices.js";
import { carry } from "./notices.js";
import { addressOf, here, root } from "./pages.js";
import { main, Place } from "./places.js";
import { isPlain, leave, visit } from "./visits.js";

const dialog = document.querySelector("dialog.look");
const look = new Place(dialog.querySelector(".content"));
let opener = null; // the tile that the focus comes back to

export function startLooks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-look], .looked a[href]");
    if (!link || !isPlain(event) || link.origin !== location.origin) return;
    const from = dialog.contains(link) ? look : main;
    const isOnward = "look" in link.dataset;
    if (!isOnward && link.pathname !== from.subject) return; // leads out of the look
    event.preventDefault();
    const isOver = isOnward && from === main && main.root.querySelector(".browse, .asked");
    const place = isOver ? look : from;
    const ground = history.state?.ground ?? (isOver ? here() : undefined);
    const moving = link.querySelector(".frame");
    const url = choose(link, place);
    visit(place, url, { ground, meanwhile: loading(place, url, link, moving) });
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.matches(".looked :is([name=colour], [name=hex])")) return;
    const place = dialog.contains(target) ? look : main;
    visit(place, addressOf(target.form), { replaces: target.type === "range" });
  });
  for (const place of [look, main]) place.root.addEventListener("shown", settleSliders);
  look.root.addEventListener("shown", settleChoices);
  // Esc closes a dialog by itself; the address then goes back to where it was opened. This
  // event comes a moment later, when a quick Forward may have opened the next look.
  dialog.addEventListener("close", () => {
    if (dialog.open || !look.subject) return;
    leave();
    closeLook();
  });
  // The second click of a double click on a tile lands on whatever lies over it by then.
  dialog.addEventListener("click", ({ target, detail }) => {
    if (detail < 2 && (target === dialog || target.closest(".close"))) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    const isFree = !event.defaultPrevented && !dialog.open && !event.target.matches("input");
    if (event.key === "Escape" && isFree) leave(); // of a look that was reloaded
  });
}

/** Where a slider has been moved by hand, the page no longer says where it stands. */
function settleSliders({ currentTarget }) {
  for (const slider of currentTarget.querySelectorAll("[type=range]")) {
    slider.value = slider.getAttribute("value");
  }
}

/** Show the look that the address says, over the page that is there. */
export function showLook() {
  const url = here();
  if (dialog.open && url === look.shown) {
    look.drop();
    return;
  }
  look.load(url, loading(look, url, linkTo(location.pathname)));
}

export function closeLook() {
  look.drop();
  const wasShown = look.subject !== null;
  look.subject = look.shown = null;
  look.root.replaceChildren();
  document.title = main.title;
  if (dialog.open) dialog.close();
  carry();
  if (!wasShown) return;
  const tile = opener?.isConnected ? opener : linkTo(opener?.pathname);
  opener = null;
  if (tile) tile.focus({ preventScroll: true });
  else main.focusHeading();
}

/** Shows at once what is known of a product: its photo and title, from a link to it. */
function loading(place, url, link, moving) {
  const wasOpen = dialog.open;
  const { pathname: path, searchParams } = new URL(url, location);
  return (isWanted) => {
    if (place.subject === path) return undefined;
    return withPhotoMoving(moving, place.root, () => {
      if (!isWanted() || (wasOpen && !dialog.open)) return; // Esc has been quicker
      place.root.replaceChildren(shell(link, trailOf(searchParams, place)));
      place.subject = path;
      place.shown = null;
      if (place === look) open(link);
      else scrollTo(0, 0);
      place.root.scrollTop = 0;
      place.focusHeading();
    });
  };
}

function open(link) {
  if (dialog.open) return;
  opener = link ?? null;
  dialog.showModal();
  carry();
}

/** The photos of the looks before, of which the address has the ids. */
function trailOf(searchParams, place) {
  const tiles = [...document.querySelectorAll("[data-look]")];
  return searchParams.getAll("trail").map((id) => {
    const tile = tiles.find(({ dataset }) => dataset.look === id);
    return (tile ?? place.root.querySelector(".item"))?.querySelector(".frame");
  });
}

function shell(link, trail) {
  const copy = document.getElementById("look-loading").content.cloneNode(true);
  const steps = copy.querySelector(".trail");
  if (!trail.length) steps.remove();
  for (const photo of [...trail, link?.querySelector(".frame")]) {
    const step = document.createElement("li");
    if (photo) step.append(photo.cloneNode(true));
    steps.firstElementChild.append(step);
  }
  const frame = link?.querySelector(".frame").cloneNode(true);
  const photo = frame?.querySelector("img");
  if (!photo) return copy;
  photo.loading = "eager";
  photo.decoding = "sync";
  const title = link.querySelector(".title")?.textContent ?? photo.alt;
  copy.querySelector("h1").textContent = title.trim();
  copy.querySelector(".item > .frame").replaceWith(frame);
  return copy;
}

/** Change the page; a photo moves from where it was to where it is then. */
function withPhotoMoving(from, place, change) {
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!from || isStill || !document.startViewTransition) return change();
  let to = null;
  // The rest of the page takes no part, as what does can't be clicked on until it is over.
  root.style.viewTransitionName = "none";
  from.style.viewTransitionName = "photo";
  const transition = document.startViewTransition(() => {
    from.style.viewTransitionName = "";
    change();
    to = place.querySelector(".item > .frame");
    if (to) to.style.viewTransitionName = "photo";
  });
  transition.ready.catch(() => {}); // a newer one has taken its place
  transition.finished.finally(() => {
    root.style.viewTransitionName = "";
    if (to) to.style.viewTransitionName = "";
  });
  return transition.updateCallbackDone;
}

/** The tile of the page that leads to a path, if there is one. */
export function linkTo(path) {
  const links = [...main.root.querySelectorAll("a[data-look]")];
  return links.find((link) => link.pathname === path) ?? null;
}
