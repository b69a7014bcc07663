// Looks a page over for what keeps people out; returns the list of findings. A small part of what axe would check.
() => {
  const found = [];
  const visible = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: false });
  const all = (selector) => [...document.querySelectorAll(selector)].filter(visible);
  const name = (node) => node.outerHTML.slice(0, 90);

  if (!document.documentElement.lang) found.push("the page has no language");
  if (!document.title.trim()) found.push("the page has no title");
  for (const landmark of ["header", "main"]) {
    if (all(landmark).length !== 1) found.push(`${all(landmark).length} × ${landmark}`);
  }
  const heading = 'h1, [role="heading"][aria-level="1"]';
  if (all(heading).length !== 1) found.push(`${all(heading).length} main headings`);
  let level = 1;
  for (const one of all("h1, h2, h3, h4")) {
    const next = Number(one.tagName[1]);
    if (next > level + 1) found.push(`heading skips a level: ${name(one)}`);
    if (!one.textContent.trim()) found.push(`empty heading: ${name(one)}`);
    level = next;
  }
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of ids.filter((one, at) => ids.indexOf(one) !== at)) found.push(`id twice: ${id}`);
  for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const node of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of node.getAttribute(attribute).split(" ")) {
        if (!document.getElementById(id)) found.push(`${attribute} leads nowhere: ${id}`);
      }
    }
  }
  for (const node of all("button, a[href]")) {
    const label = node.getAttribute("aria-label") ?? node.textContent;
    if (!label.trim()) found.push(`no name: ${name(node)}`);
    const box = node.getBoundingClientRect();
    if (node.matches("button") && Math.min(box.width, box.height) < 24) found.push(`too small to hit: ${name(node)}`);
  }
  for (const node of all("input, progress")) {
    if (!node.labels.length && !node.getAttribute("aria-label")) found.push(`no label: ${name(node)}`);
  }
  for (const node of all("img:not([alt]), [role=img]:not([aria-label])")) found.push(`no words for a picture: ${name(node)}`);
  for (const node of all("[tabindex]")) {
    if (node.tabIndex > 0) found.push(`own tab order: ${name(node)}`);
  }

  // Contrast of text with what is behind it (WCAG 2.2, 1.4.3).
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((one, at) => one * a + under[at] * (1 - a));
  const behind = (node) => {
    if (!node) return rgba(getComputedStyle(document.body).backgroundColor).slice(0, 3);
    const colour = rgba(getComputedStyle(node).backgroundColor);
    return colour[3] === 1 ? colour.slice(0, 3) : over(colour, behind(node.parentElement));
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !visible(node) || node.closest(".unseen, .skip, svg, noscript")) continue;
    const style = getComputedStyle(node);
    const under = behind(node);
    const [one, other] = [light(over(rgba(style.color), under)), light(under)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${name(node)}`);
  }
  return found;
}
