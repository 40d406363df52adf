// A word from the gallery at the edge of the window: offline, failed, searching, updated.

const notice = document.querySelector(".notice");
const dialog = document.querySelector("dialog.look");
const SETTLING_MS = 300; // a network is said to be there a moment before it is
const told = new Map(); // by what it is about; the last one shows

/**
 * Show `#notice-NAME`, in place of what was told about the same before; `act` is what its
 * button does, if it has one.
 */
export function tell(name, act, about = name) {
  const content = document.getElementById(`notice-${name}`).content.cloneNode(true);
  add(about, [...content.children], act);
}

/** Show a sentence of the server's own. */
export function quote(words) {
  const sentence = document.createElement("p");
  sentence.textContent = words;
  add("quoted", [sentence]);
}

export function hush(...abouts) {
  if (abouts.filter((about) => told.delete(about)).length) draw();
}

/** What lies under a modal dialog can't be seen or heard: the notice goes where one looks. */
export function carry() {
  const shown = dialog.open ? dialog : document.body;
  if (notice.parentNode !== shown) shown.append(notice);
}

function add(about, content, act) {
  const button = content.find((element) => element.localName === "button");
  const press = () => {
    hush(about);
    act();
  };
  button?.addEventListener("click", press);
  const again = button?.matches(".retry") ? press : null;
  told.delete(about);
  told.set(about, { content, again });
  draw();
}

function draw() {
  carry();
  notice.replaceChildren(...([...told.values()].at(-1)?.content ?? []));
}

/** Keep what is told true: whether there is a network, and that no refusal outstays its cause. */
export function startNotices() {
  document.addEventListener("click", () => hush("quoted", "not-a-photo"));
  const look = () => (navigator.onLine ? hush("offline") : tell("offline"));
  addEventListener("offline", look);
  addEventListener("online", () => {
    look();
    setTimeout(() => {
      for (const { again } of [...told.values()]) again?.();
    }, SETTLING_MS);
  });
  look();
}
