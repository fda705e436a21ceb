/**
 * Lets xterm.js work under `style-src 'self'`.
 *
 * xterm.js writes its theme into `<style>` elements and colours cells with `setAttribute("style", …)`; a policy without
 * 'unsafe-inline' blocks both. The CSSOM (constructed style sheets, `element.style`) is not inline style and stays
 * allowed, so elements made by `document.createElement` take those two roads instead. xterm's `documentOverride`
 * option would be the narrower place, but its row factory and its scroll bar ask the global document all the same.
 * Nothing else in the page calls `document.createElement` (Preact makes its elements with `createElementNS`).
 */

type CreateElement = (tag: string, options?: ElementCreationOptions) => HTMLElement;

/** Stands in for a `<style>` element: its text goes to a constructed sheet that the document adopts. */
function createStyle(owner: Document, create: CreateElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  owner.adoptedStyleSheets.push(sheet);
  // Any element that takes no part in rendering would do: it marks the place and carries remove().
  const element = create("template");
  Object.defineProperty(element, "textContent", { set: (text: string) => sheet.replaceSync(text) });
  element.remove = () => {
    Element.prototype.remove.call(element);
    owner.adoptedStyleSheets = owner.adoptedStyleSheets.filter((other) => other !== sheet);
  };
  return element;
}

/** A `style` attribute set through the CSSOM. */
function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

/** To be called once, before the first terminal opens. */
export function keepStylesStrict(owner: Document): void {
  const create: CreateElement = owner.createElement.bind(owner);
  Object.defineProperty(owner, "createElement", {
    configurable: true,
    writable: true,
    value: (tag: string, options?: ElementCreationOptions): HTMLElement => {
      if (tag === "style") return createStyle(owner, create);
      const element = create(tag, options);
      if (tag === "span") element.setAttribute = setAttribute;
      return element;
    },
  });
}
