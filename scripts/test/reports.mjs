/** What the test runners' JSON reports say. */

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} skipped names of tests that did not run, with their file
 */

/**
 * @param {any} report of Vitest's reporter `json`; an empty object when it wrote none
 * @param {(file: string) => string} shorten
 * @returns {Counts}
 */
export function ofVitest({ numPassedTests = 0, numFailedTests = 0, testResults = [] }, shorten = (file) => file) {
  const skipped = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== "passed" && status !== "failed")
      .map(({ fullName }) => `${shorten(name)}: ${fullName}`),
  );
  return { passed: numPassedTests, failed: numFailedTests, skipped };
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
  const named = (status) => suites.flatMap((suite) => testsWith(status, suite, []));
  return { passed: expected + flaky, failed: unexpected, skipped: named("skipped"), flaky: named("flaky") };
}

function testsWith(status, { title, specs = [], suites = [] }, above) {
  const titles = [...above, title];
  const own = specs.filter(({ tests }) => tests.every((test) => test.status === status));
  return [
    ...own.map((spec) => `${titles[0]}: ${[...titles.slice(1), spec.title].join(" ")}`),
    ...suites.flatMap((suite) => testsWith(status, suite, titles)),
  ];
}
