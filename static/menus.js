// What unfolds over the page folds again as any menu does: by Esc, by a click beside it,
// and when the focus goes elsewhere.

import { tell } from "./notices.js";

export function startMenus() {
  const settings = document.querySelector(".settings form");
  // In place of a redirect, which would add to the history: the page stays where it is.
  settings.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { action, method } = settings;
    const body = new URLSearchParams(new FormData(settings, event.submitter));
    try {
      await fetch(action, { method, body, redirect: "manual" });
      location.reload();
    } catch {
      tell("failed", () => settings.requestSubmit(event.submitter), "settings");
    }
  });

  document.addEventListener("click", ({ target }) => {
    for (const menu of unfolded()) {
      if (!menu.contains(target)) menu.open = false;
      else if (target.closest(".done")) fold(menu);
    }
  });
  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    if (!relatedTarget) return; // to another window, or nowhere
    for (const menu of unfolded()) {
      if (menu.contains(target) && !menu.contains(relatedTarget)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = unfolded().at(-1);
    if (event.key !== "Escape" || !menu) return;
    event.preventDefault();
    fold(menu);
  });
}

export function foldMenus() {
  for (const menu of unfolded()) {
    if (menu.contains(document.activeElement)) fold(menu);
    else menu.open = false;
  }
}

function fold(menu) {
  menu.open = false;
  menu.querySelector("summary").focus();
}

/** The menus that are open now, and the filters where they are a sheet over the page. */
function unfolded() {
  const open = [...document.querySelectorAll(".menu[open], .browse > .facets[open]")];
  const isSheet = (filters) => getComputedStyle(filters).position === "fixed";
  return open.filter((menu) => menu.matches(".menu") || isSheet(menu));
}
