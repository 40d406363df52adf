// Search by photo: chosen, taken, dropped or pasted; and then by a part of it.

import { layCrop, WHOLE } from "./crop.js";
import { waitForEncoder } from "./encoder.js";
import { closeLook } from "./look.js";
import { foldMenus } from "./menus.js";
import { hush, quote, tell } from "./notices.js";
import { Failed, root } from "./pages.js";
import { shrunk } from "./picture.js";
import { main } from "./places.js";
import { enter } from "./visits.js";

const form = document.querySelector(".by-photo form");

// What was searched with, by the token of its results: the server keeps no photo unless
// its owner says so. `blob` or `url` is what to send, `address` a `data:` one to show.
const asked = new Map();

let last = null; // the search that is going on

export function startPhotos() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const inputs = [...form.querySelectorAll("[type=file]")];
    const file = inputs.map((input) => input.files[0]).find(Boolean);
    if (file) searchFile(file);
    else search({ url: form.elements.url?.value ?? "" });
  });
  form.addEventListener("change", ({ target }) => {
    if (target.files?.length) searchFile(target.files[0]);
  });

  let isOwn = false; // what is dragged is a picture of this page
  document.addEventListener("dragstart", () => (isOwn = true));
  document.addEventListener("dragend", () => (isOwn = false));
  document.addEventListener("dragover", (event) => {
    if (isOwn || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    root.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) root.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    if (!root.classList.contains("dropping")) return;
    event.preventDefault();
    root.classList.remove("dropping");
    if (event.dataTransfer.files.length) searchFile(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", ({ clipboardData, target }) => {
    const text = clipboardData.getData("text/plain").trim();
    if (clipboardData.files.length) searchFile(clipboardData.files[0]);
    else if (form.elements.url && !target.matches("input") && /^https?:\S+$/.test(text)) {
      search({ url: text });
    }
  });
  main.root.addEventListener("shown", showOwnPhoto);
  showOwnPhoto();
}

async function searchFile(file) {
  // A file of a kind that the system doesn't know, as HEIC often is, has none.
  if (file.type && !file.type.startsWith("image/")) {
    foldMenus();
    tell("not-a-photo");
    return;
  }
  search((await shrunk(file)) ?? { blob: file });
}

async function search(photo) {
  last = photo;
  foldMenus();
  form.reset();
  tell("searching");
  const stopWaiting = waitForEncoder(new URL("healthz", form.action));
  const body = new FormData();
  if (photo.url !== undefined) body.set("url", photo.url);
  else body.set("image", photo.blob, "photo");
  if (photo.crop) body.set("crop", photo.crop.map((part) => part.toFixed(4)).join());
  try {
    const page = await main.ask(form.action, { method: "POST", body });
    if (page) show(page, photo);
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    tell("failed", () => search(photo), main);
  } finally {
    stopWaiting();
    if (last === photo) hush("searching");
  }
}

function show(page, photo) {
  if (page.refusal) {
    quote(page.refusal);
    return;
  }
  const token = page.main.querySelector("[data-photo]")?.dataset.photo;
  photo.address ??= page.main.querySelector(".photo img")?.src;
  if (token) remember(token, photo);
  closeLook();
  enter(page.url, { ground: null });
  main.show(page);
  scrollTo(0, 0);
  main.focusHeading();
}

/** Beside the results of the visitor's own photo, that photo, and the region of it. */
function showOwnPhoto() {
  const results = main.root.querySelector("[data-photo]");
  const figure = results?.querySelector(".photo");
  if (!figure || figure.querySelector(".crop")) return;
  const photo = recall(results.dataset.photo);
  if (photo?.address) {
    const image = new Image();
    image.src = photo.address;
    image.alt = figure.dataset.alt;
    figure.replaceChildren(image);
  }
  const image = figure.querySelector("img");
  if (!image) return;
  layCrop(figure, results.querySelector("h1"), photo?.crop ?? WHOLE, async (crop) => {
    const whole = photo?.blob || photo?.url ? photo : await shrunk(image);
    const isWhole = crop.every((part, i) => part === WHOLE[i]);
    search({ ...whole, address: image.src, crop: isWhole ? null : crop });
  });
}

function remember(token, photo) {
  asked.set(token, photo);
  const { address, crop, url } = photo;
  const kept = JSON.stringify({ address, crop, url });
  const keep = () => sessionStorage.setItem(`photo ${token}`, kept);
  try {
    keep();
  } catch {
    try {
      sessionStorage.clear(); // of other photos: a browser keeps some five million characters
      keep();
    } catch {
      // Forbidden: the photo is there until the page is left.
    }
  }
}

function recall(token) {
  try {
    return asked.get(token) ?? JSON.parse(sessionStorage.getItem(`photo ${token}`));
  } catch {
    return null;
  }
}
