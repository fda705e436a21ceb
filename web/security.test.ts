import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { metaPolicy, securityHeaders } from "./security.ts";

const page = readFileSync(new URL("../docs/security.md", import.meta.url), "utf8");

describe("the headers that a static host should send", () => {
  it("are in docs/security.md as the preview server sends them", () => {
    const listed = /A static host should send.*?```\n(.*?)\n```/s.exec(page)?.[1];
    expect(listed?.split("\n")).toEqual(Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`));
  });

  it("are the policy of the built page and what an element can't say", () => {
    expect(securityHeaders["Content-Security-Policy"]).toBe(`${metaPolicy}; frame-ancestors 'self'`);
    const index = readFileSync(new URL("../index.html", import.meta.url), "utf8");
    expect(index).toContain(`<meta name="referrer" content="${securityHeaders["Referrer-Policy"]}" />`);
  });
});
