/**
 * The document as xterm.js is given it in an element: it makes the same elements, but no inline styles, so that a policy of
 * `style-src 'self'` holds, and its sheets go to the tree that the terminal is in, since a document's do not reach into a
 * shadow tree. The build of the element puts it in the place of the global `document` in xterm.js and nowhere else: the page's own
 * way, which changes `document.createElement` (terminal/strictStyles.ts), is nothing to do to other people's pages.
 */

/** Stands in for a `<style>` element: its text goes to a constructed sheet, adopted where the element is. */
function createStyle(): HTMLElement {
  const sheet = new CSSStyleSheet();
  const element = document.createElement("template");
  let home: Document | ShadowRoot | null = null;
  const leave = () => {
    if (home !== null) home.adoptedStyleSheets = home.adoptedStyleSheets.filter((other) => other !== sheet);
    home = null;
  };
  const settle = () => {
    const root = element.getRootNode();
    if (root === home || !(root instanceof Document || root instanceof ShadowRoot)) return;
    leave();
    root.adoptedStyleSheets.push(sheet);
    home = root;
  };
  Object.defineProperty(element, "textContent", {
    set: (text: string) => {
      sheet.replaceSync(text);
      settle();
      // It may be put into the tree right after.
      if (home === null) queueMicrotask(settle);
    },
  });
  element.remove = () => {
    Element.prototype.remove.call(element);
    leave();
  };
  return element;
}

/** A `style` attribute set through the CSSOM. */
function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

function createElement(tag: string, options?: ElementCreationOptions): HTMLElement {
  if (tag === "style") return createStyle();
  const element = document.createElement(tag, options);
  if (tag === "span") element.setAttribute = setAttribute;
  return element;
}

export const xtermDocument: Document = new Proxy(document, {
  get(target, name) {
    if (name === "createElement") return createElement;
    const value: unknown = Reflect.get(target, name);
    return typeof value === "function" ? value.bind(target) : value;
  },
});
