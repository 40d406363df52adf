// Makes the gallery quicker and smoother than it is by itself; everything works without.

import { goBackToSpot, startGrid } from "./grid.js";
import { closeLook, linkTo, showLook, startLooks } from "./look.js";
import { startMenus } from "./menus.js";
import { startNotices } from "./notices.js";
import { here, root } from "./pages.js";
import { startPhotos } from "./photo.js";
import { main } from "./places.js";
import { startValues } from "./values.js";

root.classList.add("js");
startNotices();
startMenus(); // first: an Esc that folds a menu does nothing else
startLooks();
startGrid();
startPhotos();
startValues();

addEventListener("popstate", async ({ state }) => {
  if (state?.ground === main.shown) {
    main.drop();
    showLook();
    return;
  }
  closeLook();
  if (here() === main.shown) {
    main.drop();
    return;
  }
  const left = main.subject;
  const shown = await main.load(here());
  if (shown) goBackToSpot();
  // After a reload in a look, too, one comes back to the tile that led to it.
  if (shown && main.subject !== left) linkTo(left)?.focus();
});

// A page that comes without its transition, as after a second click, is none the worse.
for (const name of ["pageswap", "pagereveal"]) {
  addEventListener(name, ({ viewTransition }) => viewTransition?.ready.catch(() => {}));
}
