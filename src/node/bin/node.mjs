import { readFileSync } from "node:fs";

/** @returns {string | undefined} what to tell the user when this Node is older than package.json asks for */
export function nodeProblem() {
  const { engines } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
  const numbers = (version) => version.match(/\d+/g).map(Number);
  const [major, minor] = numbers(process.versions.node);
  const [neededMajor, neededMinor] = numbers(engines.node);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return undefined;
  return (
    `Node ${process.versions.node} is too old: version ${neededMajor}.${neededMinor} or newer is needed ` +
    "(https://nodejs.org)."
  );
}
