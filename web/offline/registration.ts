import type { KeepProblem, Kept } from "../state/model.ts";
import { type FromWorker, isFromWorker, type ToWorker } from "./messages.ts";

export interface OfflineNews {
  readonly kept?: Kept;
  /** A new release is there, whole, and waits. */
  readonly hasUpdate?: boolean;
  readonly keepProblem?: KeepProblem | null;
}

export interface OfflineOptions {
  /** Undefined where the browser has none: a private window of Firefox, a host without HTTPS. */
  readonly container: ServiceWorkerContainer | undefined;
  /** The service worker's script. */
  readonly script: URL;
  /** Of the page that is open; null for one that is not built. */
  readonly version: string | null;
  readonly onNews: (news: OfflineNews) => void;
  readonly reload: () => void;
}

/** How often a page that stays open looks for a new release. Milliseconds. */
const LOOK_MS = 3_600_000;
/** A worker that does not tell its version by then is one of a release that could not. Milliseconds. */
const PATIENCE_MS = 5000;

/** The page's side of the service worker. */
export class Offline {
  readonly #options: OfflineOptions;
  #registration: ServiceWorkerRegistration | null = null;

  constructor(options: OfflineOptions) {
    this.#options = options;
    options.container?.addEventListener("message", ({ data }) => {
      if (isFromWorker(data)) this.#onNotKept(data);
    });
  }

  /** Has the browser keep the page, once it is of use: it costs the host and the guest something. Never rejects. */
  async begin(): Promise<void> {
    const { container, script, version, onNews } = this.#options;
    if (version === null) return;
    if (container === undefined) {
      onNews({ kept: "unsupported" });
      return;
    }
    try {
      this.#registration = await container.register(script, { updateViaCache: "none" });
    } catch {
      // The browser does not allow it, or the script did not come.
      onNews({ kept: "unsupported" });
      return;
    }
    this.#follow(this.#registration);
    setInterval(() => void this.#registration?.update().catch(() => {}), LOOK_MS);
  }

  /** The user wants the release that waits: the page is loaded anew when it has taken over. */
  takeUpdate(): void {
    const waiting = this.#registration?.waiting;
    if (waiting) this.#take(waiting);
    // It waits no more: no page of the old one was left, or another tab has taken it.
    else this.#options.reload();
  }

  /** Loads the page anew, in the newest release that can be had: what is kept may be what is wrong. */
  async reloadNewest(): Promise<void> {
    const { container, reload } = this.#options;
    const registration = await container?.getRegistration().catch(() => undefined);
    try {
      await registration?.update();
      const waiting = registration && (await newestOf(registration));
      if (!waiting) return reload();
      this.#take(waiting);
    } catch {
      // Without a network there is nothing newer.
      reload();
    }
  }

  /** Other tabs go on with what they have. */
  #take(worker: ServiceWorker): void {
    worker.addEventListener("statechange", () => {
      if (worker.state === "activated" || worker.state === "redundant") this.#options.reload();
    });
    tell(worker, { kind: "take" });
  }

  #follow(registration: ServiceWorkerRegistration): void {
    const { active, waiting, installing } = registration;
    if (active) {
      this.#options.onNews({ kept: "kept" });
      tell(active, { kind: "started" });
      void this.#claimedBy(active);
    }
    if (waiting) void this.#onWaiting(waiting);
    if (installing) this.#followInstalling(registration, installing);
    registration.addEventListener("updatefound", () => {
      if (registration.installing) this.#followInstalling(registration, registration.installing);
    });
    // The browser looks by itself only where the page came from what is kept.
    if (active) registration.update().catch(() => {});
  }

  #followInstalling(registration: ServiceWorkerRegistration, worker: ServiceWorker): void {
    const look = () => {
      if (worker.state === "installed" && registration.active) void this.#onWaiting(worker);
      if (worker.state !== "activated") return;
      this.#options.onNews({ kept: "kept", hasUpdate: false });
      void this.#claimedBy(worker);
    };
    worker.addEventListener("statechange", look);
    look();
  }

  /** Never by one of another release. */
  async #claimedBy(worker: ServiceWorker): Promise<void> {
    const { container, version } = this.#options;
    if (container?.controller) return;
    if ((await versionOf(worker)) === version) tell(worker, { kind: "claim" });
  }

  async #onWaiting(worker: ServiceWorker): Promise<void> {
    const version = await versionOf(worker);
    // The page came from the host and not from what is kept, which is older: nothing is to be asked.
    if (version === this.#options.version) tell(worker, { kind: "take" });
    else this.#options.onNews({ hasUpdate: true });
  }

  #onNotKept({ problem, file }: FromWorker): void {
    const isKept = this.#registration?.active != null;
    this.#options.onNews({ keepProblem: { problem, file }, ...(isKept ? {} : { kept: "not kept" }) });
  }
}

const tell = (worker: ServiceWorker, message: ToWorker, ports: Transferable[] = []) =>
  worker.postMessage(message, ports);

/** @returns undefined for a worker that does not answer */
function versionOf(worker: ServiceWorker): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
    port1.onmessage = ({ data }) => {
      clearTimeout(timer);
      port1.close();
      resolve(typeof data === "string" ? data : undefined);
    };
    tell(worker, { kind: "version" }, [port2]);
  });
}

/** The worker that waits, or will when it has taken its release; null where there is none, or it can't take it. */
async function newestOf({ waiting, installing }: ServiceWorkerRegistration): Promise<ServiceWorker | null> {
  if (installing === null) return waiting;
  return new Promise((resolve) => {
    const look = () => {
      if (installing.state === "installed") resolve(installing);
      else if (installing.state !== "installing") resolve(null);
    };
    installing.addEventListener("statechange", look);
    look();
  });
}
