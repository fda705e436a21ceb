import { describe, expect, it } from "vitest";
import { filesOfVitest, ofPlaywright, ofVitest } from "./reports.mjs";

describe("a report of Vitest", () => {
  it("names what did not run", () => {
    const result = (fullName: string, status: string) => ({ fullName, status, title: fullName });
    const report = {
      numPassedTests: 1,
      numFailedTests: 1,
      numPendingTests: 2,
      testResults: [
        { name: "/clone/a.test.ts", assertionResults: [result("works", "passed"), result("breaks", "failed")] },
        { name: "/clone/b.test.ts", assertionResults: [result("on QEMU", "skipped"), result("later", "todo")] },
      ],
    };
    const expected = { passed: 1, failed: 1, skipped: ["b.test.ts: on QEMU", "b.test.ts: later"] };
    expect(ofVitest(report, (file) => file.replace("/clone/", ""))).toMatchObject(expected);
    expect(ofVitest({})).toEqual({ passed: 0, failed: 0, skipped: [], flaky: [], broken: [] });
  });

  it("names what failed with the first line of why, and files that can't be loaded", () => {
    const failureMessages = ["AssertionError: \u001b[31mexpected 1 to be 2\u001b[39m\n    at a.test.ts:3:1"];
    const report = {
      testResults: [
        { name: "a.test.ts", assertionResults: [{ fullName: "a breaks", status: "failed", failureMessages }] },
        { name: "b.test.ts", message: "Cannot find module './c.js'\nRequire stack", assertionResults: [] },
        { name: "d.test.ts", message: "", assertionResults: [{ fullName: "d works", status: "passed" }] },
      ],
    };
    expect(ofVitest(report).broken).toEqual([
      "a.test.ts: a breaks: AssertionError: expected 1 to be 2",
      "b.test.ts: Cannot find module './c.js'",
    ]);
  });

  it("names what passed when it was tried again, and what did not end", () => {
    const failureMessages = ["Error: STACK_TRACE_ERROR\n    at a.test.ts:3:1"];
    const result = (fullName: string, status: string) => ({ fullName, status, failureMessages });
    const assertionResults = [
      result("a hangs", "failed"),
      result("a hung", "passed"),
      { fullName: "a works", status: "passed", failureMessages: [] },
    ];
    expect(ofVitest({ testResults: [{ name: "a.test.ts", assertionResults }] })).toMatchObject({
      flaky: ["a.test.ts: a hung: did not end in time"],
      broken: ["a.test.ts: a hangs: did not end in time"],
    });
  });

  it("says how long each file took", () => {
    const testResults = [{ name: "/clone/a.test.ts", startTime: 1000, endTime: 3500.5, assertionResults: [] }];
    const shorten = (file: string) => file.replace("/clone/", "");
    expect(filesOfVitest({ testResults }, shorten)).toEqual([{ file: "a.test.ts", seconds: 2.5005 }]);
    expect(filesOfVitest({})).toEqual([]);
  });
});

describe("a report of Playwright", () => {
  it("names what did not run, however deep, and counts as passed what passed at last", () => {
    const results = [{ errors: [{ message: "Error: first" }] }, { errors: [{ message: "Error: then\n\nCall log" }] }];
    const spec = (title: string, status: string) => ({ title, tests: [{ status, results }] });
    const report = {
      stats: { expected: 3, unexpected: 1, flaky: 1, skipped: 2 },
      suites: [
        {
          title: "page.spec.ts",
          specs: [spec("loads", "expected"), spec("prints", "skipped"), spec("breaks", "unexpected")],
          suites: [{ title: "in two tabs", specs: [spec("locks", "skipped"), spec("waits", "flaky")] }],
        },
      ],
    };
    const skipped = ["page.spec.ts: prints", "page.spec.ts: in two tabs locks"];
    const broken = ["page.spec.ts: breaks: Error: then"];
    const flaky = ["page.spec.ts: in two tabs waits"];
    expect(ofPlaywright(report)).toEqual({ passed: 4, failed: 1, skipped, flaky, broken });
    expect(ofPlaywright({})).toEqual({ passed: 0, failed: 0, skipped: [], flaky: [], broken: [] });
  });
});
