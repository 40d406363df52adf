// A place shows one page at a time: the main part of the window, or the look over it.

import { morph } from "./morph.js";
import { hush, tell } from "./notices.js";
import { Failed, fetchPage, here } from "./pages.js";

const CHANGING = ".browse, .looked";
const SPACE = "\u00a0";

export class Place {
  /** The address of the page that is shown, and its path: that of one thing looked at. */
  shown = null;
  subject = null;
  title = document.title;
  /** Counts questions, so that each can tell whether it is the last. */
  turn = 0;
  /** Whether it waits for an answer to a question that the visitor has just asked. */
  unseen = false;
  #question = null;

  constructor(element) {
    this.root = element;
  }

  get isBusy() {
    return this.#question !== null;
  }

  /** Give up what was asked. */
  drop() {
    hush(this, "quoted");
    this.turn += 1;
    this.#question?.abort();
    this.unseen = false;
    this.#wait(null);
  }

  /** The page at an address; null where another one has been asked for since. */
  async ask(url, options) {
    this.drop();
    const turn = this.turn;
    const question = new AbortController();
    this.#wait(question);
    try {
      const page = await fetchPage(url, { ...options, signal: question.signal });
      return turn === this.turn ? page : null;
    } catch (error) {
      if (turn === this.turn) throw error;
      return null;
    } finally {
      if (turn === this.turn) this.#wait(null);
    }
  }

  /**
   * Ask for a page and show it; `meanwhile` shows something until it comes, and is told
   * how to find out whether that is still wanted. Resolves to whether the page came.
   */
  async load(url, meanwhile) {
    const answer = this.ask(url);
    answer.catch(() => {}); // that it failed is dealt with below, after `meanwhile`
    const turn = this.turn;
    try {
      await meanwhile?.(() => turn === this.turn);
      const page = await answer;
      if (!page) return false;
      const asked = new URL(url, location);
      const isHere = here() === asked.pathname + asked.search; // and no look lies over it
      if (isHere && here() !== page.url) history.replaceState(history.state, "", page.url);
      this.show(page);
      return true;
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      this.root.querySelector("[aria-busy] .similar")?.remove();
      this.root.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
      tell("failed", () => this.#loadAgain(url), this);
      return false;
    }
  }

  show(page) {
    const was = this.root.querySelector(CHANGING);
    const is = page.main.querySelector(CHANGING);
    const subject = page.url.split("?")[0];
    if (was && is && subject === this.subject) keepingFocus(this.root, () => morph(was, is));
    else this.#replace(page.main);
    Object.assign(this, { shown: page.url, subject, title: page.title, unseen: false });
    if (here() === page.url) document.title = page.title; // else a look lies over it
    this.root.dispatchEvent(new Event("shown"));
  }

  /** Move the focus to what is shown now, and so tell whoever can't see it. */
  focusHeading(selector = "h1") {
    const heading = this.root.querySelector(selector) ?? this.root;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  async #loadAgain(url) {
    const shown = await this.load(url);
    // The button that was pressed is gone.
    if (shown && document.activeElement === document.body) this.focusHeading();
  }

  #replace({ childNodes }) {
    const hadFocus = this.root.contains(document.activeElement);
    this.root.replaceChildren(...childNodes);
    if (hadFocus) this.focusHeading();
  }

  #wait(question) {
    this.#question = question;
    if (question) this.root.setAttribute("aria-busy", "true");
    else this.root.removeAttribute("aria-busy");
  }
}

export const main = new Place(document.getElementById("main"));
main.shown = here();
main.subject = location.pathname;

function keepingFocus(element, change) {
  const focused = document.activeElement;
  const isInside = element.contains(focused);
  const photo = focused.closest("li")?.querySelector("img")?.src;
  const range = element.querySelector(".range");
  const words = range?.textContent;
  const before = element.querySelectorAll(".example a").length;
  change();
  // The same words again are news too: with another space behind they are read out.
  if (words && range.textContent.trim() === words.trim()) {
    range.textContent = words.trim() + (words.endsWith(SPACE) ? "" : SPACE);
  }
  // "More like this" has made the product an example; else whatever had the focus is gone.
  const examples = [...element.querySelectorAll(".example a")];
  if (examples.length > before) show(element.querySelector(".examples"));
  if (!isInside || document.activeElement === focused) return;
  const example = photo && examples.find((link) => link.querySelector("img").src === photo);
  const heading = element.querySelector(".similar h2") ?? element.querySelector("h1");
  if (!focused.isConnected && !example) heading.tabIndex = -1;
  const next = focused.isConnected ? focused : (example ?? heading);
  next.focus({ preventScroll: true });
  if (next !== focused) show(next);
}

function show(element) {
  element.scrollIntoView({ block: "nearest" });
}
