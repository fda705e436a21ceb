/** The service worker of the built page: a script of its own (scripts/page/offline.ts), which has its release in its first line. */
import { fusesProducts } from "../../src/engine/relaxedSimd.ts";
import { KeepError, Keeper } from "./keeper.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import type { Release } from "./release.ts";

/** As much of a service worker's global scope as is used here: TypeScript has it in a library that can't stand beside the DOM's. */
interface Scope {
  readonly tabtpmRelease: Release;
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: {
      includeUncontrolled: boolean;
      type: "window";
    }): Promise<readonly { postMessage(message: FromWorker): void }[]>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install", listener: (event: Lasting) => void): void;
  addEventListener(name: "fetch", listener: (event: Asking) => void): void;
  addEventListener(name: "message", listener: (event: Lasting & MessageEvent<ToWorker>) => void): void;
}
interface Lasting {
  waitUntil(work: Promise<unknown>): void;
}
interface Asking {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const scope = globalThis as unknown as Scope;
const { tabtpmRelease: release, registration, clients } = scope;
const keeper = new Keeper({
  release,
  build: fusesProducts() ? "relaxed" : "plain",
  scope: registration.scope,
  caches,
  fetch: fetch.bind(globalThis),
});
const pages = () => clients.matchAll({ includeUncontrolled: true, type: "window" });

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("fetch", (event) => {
  const answer = keeper.answer(event.request);
  if (answer !== null) event.respondWith(answer);
});
scope.addEventListener("message", (event) => {
  const { kind } = event.data;
  if (kind === "version") event.ports[0]?.postMessage(release.version);
  else if (kind === "take") event.waitUntil(scope.skipWaiting());
  else if (kind === "claim") event.waitUntil(clients.claim());
  else if (kind === "started") event.waitUntil(tidy());
});

/** A new release waits then, until the user takes it or no page of the old one is open. */
async function install(): Promise<void> {
  try {
    await keeper.take();
  } catch (error) {
    const { kind, file } = error instanceof KeepError ? error : { kind: "unreachable" as const, file: "" };
    for (const page of await pages()) page.postMessage({ kind: "not-kept", problem: kind, file });
    throw error;
  }
}

/** Another page may be of a release before, and one that is on its way has taken its files already. */
async function tidy(): Promise<void> {
  const { waiting, installing } = registration;
  if (waiting === null && installing === null && (await pages()).length <= 1) await keeper.forgetOthers();
}
