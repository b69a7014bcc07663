// Small tools for making and updating nodes. An update touches only what has changed, so a refresh never flickers.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes (`class`, `aria-*`, `data-*`, listeners as `onclick`) and children (nodes or text). */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else attr(node, name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Sets an attribute if it differs; null and false remove it. */
export function attr(node, name, value) {
  if (value === null || value === false || value === undefined) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

/** Sets a node's text if it differs. */
export function put(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}

/** Sets a node's text in which `backticks` mark commands and code. */
export function putRich(node, text) {
  if (node.dataset.rich === text) return;
  node.dataset.rich = text;
  node.replaceChildren(...text.split("`").map((part, at) => (at % 2 ? el("code", {}, part) : part)));
}

/** Shows or hides a node. */
export function show(node, visible) {
  if (node.hidden === Boolean(visible)) node.hidden = !visible;
}

/**
 * Keeps one view per item, in the items' order; a view is `{node, update(item)}` and lives as long as its key does.
 */
export function keyed(parent, keyOf, make) {
  const views = new Map();
  return (items) => {
    const wanted = new Map(items.map((item) => [keyOf(item), item]));
    for (const [key, view] of views) {
      if (!wanted.has(key)) {
        view.node.remove();
        views.delete(key);
      }
    }
    let at = 0;
    for (const [key, item] of wanted) {
      if (!views.has(key)) views.set(key, make(item));
      const view = views.get(key);
      if (parent.children[at] !== view.node) parent.insertBefore(view.node, parent.children[at] ?? null);
      view.update(item);
      at += 1;
    }
  };
}

const PATHS = {
  ok: "M4 8.5 7 11.5 12.5 5",
  idle: "M5 8h6",
  attention: "M8 4v5M8 11.6v.4",
  sun: "M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1M8 5.2A2.8 2.8 0 1 1 8 10.8 2.8 2.8 0 1 1 8 5.2",
  moon: "M13.2 9.6A5.6 5.6 0 1 1 6.4 2.8a4.6 4.6 0 0 0 6.8 6.8Z",
  leave: "M6.5 2.5H3.5v11h3M6.5 8H13.5M10.5 5 13.5 8 10.5 11",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8Z",
  done: "M3.5 8.5 6.5 11.5 12.5 4.5",
  again: "M13 8A5 5 0 1 1 11.3 4.2M11.5 1.8V4.5H8.8",
  import: "M8 2.5V10M5 7 8 10 11 7M3 13h10",
  segment: "M8 2a6 6 0 1 0 6 6H8Z M10.5 1.6A6 6 0 0 1 14.4 5.5H10.5Z",
  campaign: "M2 8 14 2.5 11.5 13.5 7.5 10Z M7.5 10V13.5",
};

/** A decorative line icon. */
export function icon(name) {
  const path = svg("path", { d: PATHS[name] });
  const node = svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, path);
  return { node, use: (other) => attr(path, "d", PATHS[other]) };
}
