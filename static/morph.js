// What stays the same between two answers stays in the page: so focus, what is unfolded,
// how far a part is scrolled, and photos that are loaded already survive.

/** Elements that scripts have made or filled: no answer knows of them, and they stay. */
export const own = new WeakSet();

const OWN_ATTRIBUTES = new Set(["open", "style", "tabindex"]);

/** Make an element like another of its kind, whose children it may take over. */
export function morph(old, fresh) {
  if (own.has(old) || old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
    return;
  }
  morphAttributes(old, fresh);
  morphChildren(old, fresh);
}

function morphAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!OWN_ATTRIBUTES.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    const isSame = OWN_ATTRIBUTES.has(name) || old.getAttribute(name) === value;
    if (!isSame) old.setAttribute(name, value);
  }
}

function morphChildren(old, fresh) {
  const free = Map.groupBy(old.childNodes, keyOf);
  const pairs = [...fresh.childNodes].map((child) => [child, free.get(keyOf(child))?.shift()]);
  const unlike = new Set([...free.values()].flat());
  for (const gone of unlike) if (!own.has(gone)) gone.remove();
  let at = old.firstChild;
  for (const [child, same] of pairs) {
    while (unlike.has(at)) at = at.nextSibling;
    if (same) morph(same, child);
    if (same && same === at) at = at.nextSibling;
    else old.insertBefore(same ?? child, at);
  }
}

/** Two nodes of one key can become each other: a tile of a product, a facet of a name. */
function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
  const link = node.localName === "li" ? node.firstElementChild : null;
  const words = link?.querySelector(":scope > [dir]")?.textContent;
  const name = link?.dataset.look ?? (link ?? node).ariaLabel ?? words ?? "";
  return `${node.localName}.${node.getAttribute("class")} ${name}`;
}
