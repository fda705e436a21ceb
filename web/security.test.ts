import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BRIDGE_PAGE, bridgeHeaders, bridgePolicy, metaPolicy, securityHeaders } from "./security.ts";

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

  it("differ for the page that is opened for a bridge in what it may connect to, and the usual page connects to nobody", () => {
    const loopback = "connect-src 'self' ws://127.0.0.1:* ws://localhost:*";
    expect(bridgeHeaders).toEqual({
      ...securityHeaders,
      "Content-Security-Policy": securityHeaders["Content-Security-Policy"]!.replace("connect-src 'self'", loopback),
    });
    expect(bridgePolicy).toBe(metaPolicy.replace("connect-src 'self'", loopback));
    expect(metaPolicy).toContain("connect-src 'self';");
    const document = readFileSync(new URL(`../${BRIDGE_PAGE}`, import.meta.url), "utf8");
    expect(document).toContain(`<meta name="referrer" content="${bridgeHeaders["Referrer-Policy"]}" />`);
  });
});
