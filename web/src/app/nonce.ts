// The page allows only styles that carry the word the server made for it. Ant Design gives it to most of what it makes;
// a few of its helpers (locking the scroll behind a dialog) do not, so every new style element gets it here.

export const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";

const create = document.createElement.bind(document);

document.createElement = (name: string, options?: ElementCreationOptions) => {
  const element = create(name, options);
  if (nonce && element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};
