/** What the test runners' JSON reports say. */
import { stripVTControlCharacters } from "node:util";

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} skipped names of tests that did not run, with their file
 * @property {string[]} broken names of tests that failed, with their file and the first line of why
 */

/**
 * @param {any} report of Vitest's reporter `json`; an empty object when it wrote none
 * @param {(file: string) => string} shorten
 * @returns {Counts & { flaky: string[] }} flaky: names of tests that failed and passed when they were tried again
 */
export function ofVitest({ numPassedTests = 0, numFailedTests = 0, testResults = [] }, shorten = (file) => file) {
  const skipped = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== "passed" && status !== "failed")
      .map(({ fullName }) => `${shorten(name)}: ${fullName}`),
  );
  const broken = testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === "failed");
    // A file that can't even be loaded has no tests, and why it can't is said of the file.
    if (failed.length === 0) return message ? [`${shorten(name)}: ${firstLine(message)}`] : [];
    return failed.map(
      ({ fullName, failureMessages = [] }) => `${shorten(name)}: ${fullName}: ${firstLine(failureMessages[0])}`,
    );
  });
  const flaky = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages = [] }) => status === "passed" && failureMessages.length > 0)
      .map(({ fullName, failureMessages }) => `${shorten(name)}: ${fullName}: ${firstLine(failureMessages[0])}`),
  );
  return { passed: numPassedTests, failed: numFailedTests, skipped, flaky, broken };
}

/** Of what a runner says, which may be coloured. */
function firstLine(message = "") {
  const line = stripVTControlCharacters(message).trim().split("\n", 1)[0];
  // The stack of Vitest's error about a test that did not end is from before the error knew what to say.
  return line === "Error: STACK_TRACE_ERROR" ? "did not end in time" : line;
}

/**
 * @param {any} report of Vitest's reporter `json`; an empty object when it wrote none
 * @param {(file: string) => string} shorten
 * @returns {{ file: string, seconds: number }[]} how long each file took, while whatever ran beside it did
 */
export function filesOfVitest({ testResults = [] }, shorten = (file) => file) {
  return testResults.map(({ name, startTime, endTime }) => ({
    file: shorten(name),
    seconds: (endTime - startTime) / 1000,
  }));
}

/**
 * @param {any} report of Playwright's reporter `json`; an empty object when it wrote none
 * @returns {Counts & { flaky: string[] }} flaky: names of tests that failed and passed when they were tried again
 */
export function ofPlaywright({ stats: { expected = 0, unexpected = 0, flaky = 0 } = {}, suites = [] }) {
  const specs = suites.flatMap((suite) => specsOf(suite, []));
  const named = (status) => specs.filter(({ tests }) => tests.every((test) => test.status === status));
  const names = (status) => named(status).map(({ name }) => name);
  const broken = named("unexpected").map(({ name, tests }) => `${name}: ${firstLine(whyFailed(tests))}`);
  return { passed: expected + flaky, failed: unexpected, skipped: names("skipped"), flaky: names("flaky"), broken };
}

/** The message of the last try that has one. */
function whyFailed(tests) {
  const errors = tests.flatMap(({ results = [] }) => results.flatMap(({ errors: ofOne = [] }) => ofOne));
  return errors.at(-1)?.message;
}

function specsOf({ title, specs = [], suites = [] }, above) {
  const titles = [...above, title];
  return [
    ...specs.map(({ title: own, tests }) => ({
      name: `${titles[0]}: ${[...titles.slice(1), own].join(" ")}`,
      tests,
    })),
    ...suites.flatMap((suite) => specsOf(suite, titles)),
  ];
}
