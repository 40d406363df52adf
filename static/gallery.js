// A click on a product opens it, beside what looks like it, in place. Each look has
// the address of the product's own page, so Back, Forward, reload and sharing work;
// without this script, or where it fails, the link itself leads there.

const look = document.querySelector(".look");
const similar = look.querySelector(".grid");
const home = here();
const homeTitle = document.title;
const WENT_BACK = "went back";
let asked = null; // aborts the question that a newer one has made idle

history.replaceState(null, ""); // a reloaded look is a page of its own

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-look]");
  const plain = !(event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  if (!link || !plain) return;
  event.preventDefault();
  // Without a fragment: going back to #main would move the focus and the page.
  if (!history.state) history.replaceState(null, "", here());
  const depth = (history.state?.depth ?? 0) + 1;
  history.pushState({ id: link.dataset.look, depth }, "", link.href);
  show(link.dataset.look);
});

addEventListener("popstate", ({ state }) => {
  if (state) show(state.id);
  else if (here() !== home) location.reload();
  else hide();
});

// Esc closes a dialog by itself; the address then goes back to where it was opened.
// Not where the address has gone back already: this event comes a moment later, when
// a quick Forward may have opened the next look.
look.addEventListener("close", () => {
  if (look.returnValue !== WENT_BACK && history.state) history.go(-history.state.depth);
});
look.querySelector(".close").addEventListener("click", () => look.close());
look.addEventListener("click", (event) => {
  if (event.target === look) look.close(); // beside it
});

// What a details element unfolds over the page, folds again as any menu does.
const byPhoto = document.querySelector(".by-photo");
document.addEventListener("click", ({ target }) => {
  if (!byPhoto.contains(target)) byPhoto.open = false;
});
byPhoto.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || !byPhoto.open) return;
  byPhoto.open = false;
  byPhoto.firstElementChild.focus();
});

async function show(id) {
  asked?.abort();
  asked = new AbortController();
  look.setAttribute("aria-busy", "true");
  try {
    const question = new URL(look.dataset.endpoint, location.href);
    question.searchParams.set("id", id);
    const response = await fetch(question, { signal: asked.signal });
    if (!response.ok) throw new Error(response.statusText);
    fill(await response.json());
  } catch (error) {
    if (error.name !== "AbortError") location.reload(); // the product's page says what is wrong
    return;
  }
  look.removeAttribute("aria-busy");
  look.returnValue = "";
  if (!look.open) look.showModal();
  look.querySelector("h2").focus();
}

function hide() {
  asked?.abort();
  document.title = homeTitle;
  if (look.open) look.close(WENT_BACK);
}

function fill({ query, results }) {
  document.title = `${query.title} · Vitrine`;
  fillFrame(look.querySelector(".item > .frame"), query, "(min-width: 64rem) 34rem, 100vw");
  look.querySelector("h2").textContent = query.title;
  look.querySelector(".subtitle").textContent = query.tile.subtitle;
  look.querySelector("dl").replaceChildren(...Object.entries(query.facts).map(factRow));
  look.querySelector("a.page").href = query.page_url;
  similar.replaceChildren(...results.map(tile));
  for (const part of look.querySelectorAll(".sheet, .item, .similar")) part.scrollTop = 0;
}

function tile(product) {
  const item = copy("look-tile");
  const link = item.querySelector("a");
  link.href = product.page_url;
  link.dataset.look = product.id;
  fillFrame(item.querySelector(".frame"), product, "(min-width: 40rem) 20vw, 46vw");
  item.querySelector(".title").textContent = product.title;
  item.querySelector(".facts").textContent = product.tile.subtitle;
  item.querySelector(".fill").setAttribute("width", Math.max(0, product.score) * 100);
  item.querySelector(".score").lastChild.data = product.score.toFixed(2);
  return item;
}

function fillFrame(frame, { title, thumbnail_url, tile: photo }, sizes) {
  frame.classList.toggle("fills", photo.fills_frame);
  frame.replaceChildren(...copy("look-frame", true));
  const [placeholder, image] = frame.children;
  placeholder.setAttribute("viewBox", `0 0 ${photo.width} ${photo.height}`);
  placeholder.firstElementChild.setAttribute("fill", photo.colour);
  const { width, height, srcset } = photo;
  Object.assign(image, { width, height, sizes, srcset, src: thumbnail_url, alt: title });
}

function factRow([name, value]) {
  const row = copy("look-fact");
  row.querySelector("dt").textContent = words(name);
  row.querySelector("dd").textContent = value;
  return row;
}

// "ProductType" → "Product Type", as on the product's own page.
function words(name) {
  const spaced = name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function copy(template, whole = false) {
  const content = document.getElementById(template).content.cloneNode(true);
  return whole ? content.children : content.firstElementChild;
}

function here() {
  return location.pathname + location.search;
}
