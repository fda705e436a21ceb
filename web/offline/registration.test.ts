import { describe, expect, test } from "vitest";
import { Offline, type OfflineNews } from "./registration.ts";

/** A service worker as a page sees it. */
class FakeWorker extends EventTarget {
  readonly told: string[] = [];
  #onTold: () => void = () => {};
  constructor(
    readonly version: string,
    public state: string,
  ) {
    super();
  }
  postMessage({ kind }: { kind: string }, ports: MessagePort[] = []): void {
    this.told.push(kind);
    this.#onTold();
    if (kind === "version") ports[0]?.postMessage(this.version);
    if (kind === "take") this.become("activated");
  }
  async hears(kind: string): Promise<void> {
    while (!this.told.includes(kind)) {
      await new Promise<void>((resolve) => {
        this.#onTold = resolve;
      });
    }
  }
  become(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

class FakeRegistration extends EventTarget {
  active: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  installing: FakeWorker | null = null;
  onUpdate: () => void = () => {};
  update = async () => this.onUpdate();
  finds(worker: FakeWorker): void {
    this.installing = worker;
    this.dispatchEvent(new Event("updatefound"));
  }
  installed(worker: FakeWorker): void {
    this.installing = null;
    this.waiting = worker;
    worker.become("installed");
  }
}

function pageOf(version: string | null, registration: FakeRegistration | null) {
  const news: OfflineNews = {};
  let reloads = 0;
  let next: () => void = () => {};
  const container = Object.assign(new EventTarget(), {
    register: async () => {
      if (registration === null) throw new DOMException("no", "SecurityError");
      return registration;
    },
    getRegistration: async () => registration ?? undefined,
  });
  const offline = new Offline({
    container: container as unknown as ServiceWorkerContainer,
    script: new URL("https://tpm.example/offline.js"),
    version,
    onNews: (latest) => {
      Object.assign(news, latest);
      next();
    },
    reload: () => {
      reloads++;
    },
  });
  const told = () =>
    new Promise<void>((resolve) => {
      next = resolve;
    });
  return { offline, news, told, container, reloads: () => reloads };
}

describe("the page's side of the service worker", () => {
  test("a browser that has none, or allows none, says so; a page that is not built says nothing", async () => {
    const refused = pageOf("1", null);
    await refused.offline.begin();
    expect(refused.news).toEqual({ kept: "unsupported" });
    const unbuilt = pageOf(null, new FakeRegistration());
    await unbuilt.offline.begin();
    expect(unbuilt.news).toEqual({});
  });

  test("the first worker keeps the page, and nothing is offered", async () => {
    const registration = new FakeRegistration();
    const { offline, news, reloads } = pageOf("1", registration);
    const worker = new FakeWorker("1", "installing");
    registration.installing = worker;
    await offline.begin();
    registration.installed(worker);
    worker.become("activated");
    expect([news, reloads()]).toEqual([{ kept: "kept", hasUpdate: false }, 0]);
    // It is the page's own release.
    await worker.hears("claim");
  });

  test("another version is offered, and the page is loaded anew when it has taken over, not before", async () => {
    const registration = new FakeRegistration();
    registration.active = new FakeWorker("1", "activated");
    const { offline, news, told, reloads } = pageOf("1", registration);
    await offline.begin();
    const newer = new FakeWorker("2", "installing");
    registration.finds(newer);
    const offered = told();
    registration.installed(newer);
    await offered;
    expect([news, reloads(), newer.told]).toEqual([{ kept: "kept", hasUpdate: true }, 0, ["version"]]);
    offline.takeUpdate();
    expect([newer.told.slice(0, 2), reloads()]).toEqual([["version", "take"], 1]);
  });

  test("a page that is the version that waits has it take over, without a word", async () => {
    const registration = new FakeRegistration();
    registration.active = new FakeWorker("1", "activated");
    const { offline, news, reloads } = pageOf("2", registration);
    const newer = new FakeWorker("2", "installed");
    registration.waiting = newer;
    const taken = new Promise((resolve) => newer.addEventListener("statechange", resolve));
    await offline.begin();
    await taken;
    expect([newer.told.slice(0, 2), news.hasUpdate, reloads()]).toEqual([["version", "take"], undefined, 0]);
  });

  test("what could not be kept is said; what is kept stays so", async () => {
    const registration = new FakeRegistration();
    const { offline, news, container } = pageOf("1", registration);
    await offline.begin();
    const message = { kind: "not-kept", problem: "full", file: "a" };
    container.dispatchEvent(new MessageEvent("message", { data: message }));
    expect(news).toEqual({ kept: "not kept", keepProblem: { problem: "full", file: "a" } });
    registration.active = new FakeWorker("1", "activated");
    await offline.begin();
    container.dispatchEvent(new MessageEvent("message", { data: message }));
    container.dispatchEvent(new MessageEvent("message", { data: "something else" }));
    expect(news.kept).toBe("kept");
  });

  test("a reload that is to bring the newest takes it first; without a network it is a plain one", async () => {
    const registration = new FakeRegistration();
    registration.active = new FakeWorker("1", "activated");
    const newer = new FakeWorker("2", "installing");
    registration.onUpdate = () => {
      registration.finds(newer);
      queueMicrotask(() => registration.installed(newer));
    };
    const { offline, reloads } = pageOf("1", registration);
    await offline.reloadNewest();
    expect([newer.told, reloads()]).toEqual([["take"], 1]);
    registration.onUpdate = () => {
      throw new TypeError("Failed to fetch");
    };
    await offline.reloadNewest();
    expect(reloads()).toBe(2);
  });
});
