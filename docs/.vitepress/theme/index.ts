/** Looks like the page (web/style/tokens.css), and is HTML and CSS only. */
import { Content, type Theme, useData } from "vitepress";
import { defineComponent, h } from "vue";
import type { SiteTheme } from "../chapters.ts";
import "./style.css";

const address = (path: string) => `/${path.replace(/(^|\/)index$/, "$1")}${/(^|\/)index$/.test(path) ? "" : ".html"}`;

/** The chapters and their pages; on a narrow screen it lies below the text. */
function contents(chapters: SiteTheme["chapters"], here: string) {
  // A name's page is in the folder of its entry point.
  const folders = chapters.flatMap(({ pages }) => pages.map(({ path }) => path.replace(/(^|\/)index$/, "$1")));
  const inside = folders.filter((path) => path.endsWith("/") && here.startsWith(path));
  const place = inside.reduce((longest, path) => (path.length > longest.length ? path : longest), "");
  const current = (path: string) => (path === here ? "page" : place !== "" && path === `${place}index` ? "true" : null);
  return h(
    "nav",
    { id: "contents", class: "contents", "aria-label": "Contents" },
    chapters.flatMap(({ title, pages }) => [
      h("h2", title),
      h(
        "ul",
        pages.map((page) =>
          h("li", h("a", { href: address(page.path), "aria-current": current(page.path) }, page.title)),
        ),
      ),
    ]),
  );
}

/** The pages before and after this one. */
function neighbours(chapters: SiteTheme["chapters"], here: string) {
  const all = chapters.flatMap(({ pages }) => pages);
  const place = all.findIndex(({ path }) => path === here);
  if (place < 0) return null;
  const [before, after] = [all[place - 1], all[place + 1]];
  return h("footer", { class: "neighbours" }, [
    before && h("a", { href: address(before.path), rel: "prev" }, `← ${before.title}`),
    after && h("a", { href: address(after.path), rel: "next" }, `${after.title} →`),
  ]);
}

const Layout = defineComponent(() => {
  const { page, theme } = useData<SiteTheme>();
  return () => {
    const here = page.value.relativePath.replace(/\.md$/, "");
    const { chapters } = theme.value;
    return h("div", { class: "site" }, [
      h("a", { class: "skip", href: "#text" }, "Skip to the text"),
      h("header", { class: "site-header" }, [
        h("a", { class: "name", href: "/" }, "tabtpm"),
        h("span", "A TPM 2.0 in a browser tab"),
        h("a", { class: "to-contents", href: "#contents" }, "Contents"),
      ]),
      h("div", { class: "columns" }, [
        h("main", { id: "text" }, [h(Content), neighbours(chapters, here)]),
        contents(chapters, here),
      ]),
    ]);
  };
});

export default { Layout } satisfies Theme;
