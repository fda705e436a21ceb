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
 * @param {any} report of Playwright's reporter `json`; an empty object when it wrote none
 * @returns {Counts}
 */
export function ofPlaywright({ stats: { expected = 0, unexpected = 0, flaky = 0 } = {}, suites = [] }) {
  const skipped = suites.flatMap((suite) => skippedIn(suite, []));
  return { passed: expected + flaky, failed: unexpected, skipped };
}

function skippedIn({ title, specs = [], suites = [] }, above) {
  const titles = [...above, title];
  const own = specs.filter(({ tests }) => tests.every(({ status }) => status === "skipped"));
  return [
    ...own.map((spec) => `${titles[0]}: ${[...titles.slice(1), spec.title].join(" ")}`),
    ...suites.flatMap((suite) => skippedIn(suite, titles)),
  ];
}
