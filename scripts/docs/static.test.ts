import { describe, expect, it } from "vitest";
import { staticPage } from "./static.mjs";

const page = (html: string, depth = 0) => staticPage(html, depth, new Map<string, string>());

describe("a page without scripts", () => {
  it("has addresses from where it lies", () => {
    expect(
      page('<link href="/assets/style.css"><a href="/">a</a><a href="/guide/embed.html#an-element">b</a>', 1),
    ).toBe(
      '<link href="../assets/style.css"><a href="../index.html">a</a><a href="../guide/embed.html#an-element">b</a>',
    );
    expect(page('<a href="/api/">a</a><a href="/api/#b">b</a><a href="embed.html">c</a>')).toBe(
      '<a href="api/index.html">a</a><a href="api/index.html#b">b</a><a href="embed.html">c</a>',
    );
  });

  it("keeps addresses of others, and of files beside it", () => {
    const html = '<a href="https://example.org/">a</a><a href="//example.org/">b</a><a href="#c">c</a>';
    expect(page(html, 2)).toBe(html);
  });

  it("keeps the words of a link that leads out of the site", () => {
    expect(page('<a href="../asm/a.ts">a <b>b</b></a> <a href="../embed.html">c</a>', 0)).toBe("a <b>b</b> c");
    expect(page('<a href="../embed.html">a</a>, <a href="../../asm/a.ts" target="_blank">b</a>', 1)).toBe(
      '<a href="../embed.html">a</a>, b',
    );
  });

  it("has no script", () => {
    expect(page('<p>a</p><script id="b">c\n</script><script src="/d.js"></script>')).toBe("<p>a</p>");
  });

  it("has a class in place of each style", () => {
    const styles = new Map<string, string>();
    const html =
      '<td style="text-align:right;">1</td><td class="a" style="text-align:right;">2</td><i style="color:red">3</i>';
    expect(staticPage(html, 0, styles)).toBe('<td class="i0">1</td><td class="a i0">2</td><i class="i1">3</i>');
    expect([...styles]).toEqual([
      ["text-align:right;", "i0"],
      ["color:red", "i1"],
    ]);
  });

  it("leaves what is written about such things", () => {
    const html = "<code>&lt;a href=&quot;/b&quot; style=&quot;c&quot;&gt;</code>";
    expect(page(html)).toBe(html);
  });
});
