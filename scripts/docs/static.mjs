/**
 * Makes of VitePress's pages what works below any path of any static host, under the page's own policy: no script, no inline
 * style, only relative addresses.
 */
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Names of addresses that begin at the site's root. */
const ADDRESS = /\b(href|src)="\/(?!\/)([^"]*)"/g;
const SCRIPT = /<script\b[^>]*>.*?<\/script>/gs;
const STYLED = /<([a-z][\w-]*)((?:\s[^<>]*?)?) style="([^"]*)"([^<>]*)>/g;
/** To a source or a test, which have no page: the words stay. */
const OUTWARD = /<a href="((?:\.\.\/)+)[^"]*"[^>]*>(.*?)<\/a>/gs;
const CLASS = / class="([^"]*)"/;

/** Of VitePress, for its scripts and for hosts that have one site only: a page for whatever is not there can't know where it is. */
const UNNEEDED = ["404.html", "hashmap.json", "package.json", "vp-icons.css"];
const ICONS = /\s*<link\b[^>]*vp-icons[^>]*>/g;

/** @param {string} folder the site as VitePress made it; it is changed in place */
export function makeStatic(folder) {
  for (const name of UNNEEDED) rmSync(join(folder, name), { force: true });
  const styles = new Map();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of files.filter(({ name }) => name.endsWith(".html"))) {
    const path = join(entry.parentPath, entry.name);
    const depth = relative(folder, path).split(/[\\/]/).length - 1;
    writeFileSync(path, staticPage(readFileSync(path, "utf8"), depth, styles));
  }
  const sheet = files.find(({ name }) => /^style\..*\.css$/.test(name));
  if (sheet === undefined) throw new Error("VitePress has made no style sheet.");
  const rules = [...styles].map(([style, name]) => `.${name}{${style}}`);
  appendFileSync(join(sheet.parentPath, sheet.name), rules.join("\n"));
}

/**
 * @param {string} html
 * @param {number} depth of the page's folder below the site's
 * @param {Map<string, string>} styles what stood in style attributes -> the class that stands for it
 */
export function staticPage(html, depth, styles) {
  const up = "../".repeat(depth);
  return html
    .replace(SCRIPT, "")
    .replace(ICONS, "")
    .replace(STYLED, (_, tag, before, style, after) => {
      const name = styles.get(style) ?? `i${styles.size}`;
      styles.set(style, name);
      const others = before + after;
      const classes = CLASS.exec(others);
      return classes
        ? `<${tag}${others.replace(CLASS, () => ` class="${classes[1]} ${name}"`)}>`
        : `<${tag} class="${name}"${others}>`;
    })
    .replace(OUTWARD, (link, ups, text) => (ups.length / 3 > depth ? text : link))
    .replace(ADDRESS, (_, name, path) => {
      const [file, hash = ""] = path.split(/(?=#)/);
      // A host may have no page for a folder, and a folder of files certainly has none.
      const page = file === "" || file.endsWith("/") ? `${file}index.html` : file;
      return `${name}="${up}${page}${hash}"`;
    });
}
