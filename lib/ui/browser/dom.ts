/** `dom.js`: makes elements. Data gets in as text alone, never as markup. */
export const DOM_JS = /* js */ `
const SVG = 'http://www.w3.org/2000/svg';

/** An element. Properties: attributes by name, listeners as onclick and the like; null and false are left out. */
export function el(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** @returns {any} the element with this id, which the page's markup has */
export function byId(id) {
  const node = document.getElementById(id);
  if (node === null) throw new Error('The page lacks #' + id);
  return node;
}

/** Sets text only where it differs: a live region is not read out again, a selection is not lost. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Puts children in the place of all others. */
export function replace(node, ...children) {
  node.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
}

/**
 * A list that is kept up to date without losing focus: an item's element lives as long as its key.
 * make(item) returns { node, update(item) }. Each item stands for itself: one that cannot be shown says so in its place.
 */
export function keyedList(parent, keyOf, make) {
  let known = new Map();
  return (items) => {
    const next = new Map();
    for (const item of items) next.set(keyOf(item), showItem(known.get(keyOf(item)), item, make));
    for (const [key, entry] of known) if (next.get(key) !== entry) entry.node.remove();
    let place = parent.firstElementChild;
    for (const { node } of next.values()) {
      if (node === place) place = node.nextElementSibling;
      else parent.insertBefore(node, place);
    }
    known = next;
  };
}

function showItem(known, item, make) {
  try {
    const entry = known?.update === undefined ? make(item) : known;
    entry.update(item);
    return entry;
  } catch (error) {
    return { node: el('li', { class: 'card muted' }, 'One entry cannot be shown: ' + String(error)) };
  }
}

/** A button that copies a text. */
export function copyButton(label, text) {
  const button = el('button', { type: 'button', class: 'small' }, label);
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Copying is not allowed here';
    }
    setTimeout(() => {
      button.textContent = label;
    }, 1500);
  });
  return button;
}
`;
