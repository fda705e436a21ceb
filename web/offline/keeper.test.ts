import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { type KeepError, Keeper } from "./keeper.ts";
import { addressOf, type CoreBuild, cachePrefix, fileAsked, type Release, type ReleaseFile } from "./release.ts";

const SCOPE = "https://tpm.example/some/where/";
/** The cache of a release. */
const cacheOf = (version: string) => cachePrefix(SCOPE) + version;
const bytes = (text: string) => new TextEncoder().encode(text);

/** A host's files by their paths. */
type Files = Readonly<Record<string, string>>;

const fileOf = (path: string, text: string): ReleaseFile => ({
  path,
  size: bytes(text).length,
  sha256: createHash("sha256").update(text).digest("hex"),
  isNeeded: !path.includes("tools"),
  ...(path.endsWith(".wasm") && { build: path.includes("relaxed") ? "relaxed" : "plain" }),
});
const releaseOf = (version: string, files: Files): Release => ({
  version,
  files: Object.entries(files).map(([path, text]) => fileOf(path, text)),
});

/** The browser's caches, in memory. */
class FakeCaches {
  readonly all = new Map<string, Map<string, Response>>();
  /** Octets of a file for which there is no room. */
  limit = Number.POSITIVE_INFINITY;
  keys = async () => [...this.all.keys()];
  delete = async (name: string) => this.all.delete(name);
  open = async (name: string) => {
    const cache = this.all.get(name) ?? new Map<string, Response>();
    this.all.set(name, cache);
    return {
      match: async (url: string) => cache.get(url)?.clone(),
      put: async (url: string, response: Response) => {
        const body = await response.arrayBuffer();
        if (body.byteLength >= this.limit) throw new DOMException("full", "QuotaExceededError");
        cache.set(url, new Response(body, { headers: response.headers }));
      },
    };
  };
}

let store: FakeCaches;
/** What was fetched, with the cache mode. */
let fetched: string[];
beforeEach(() => {
  store = new FakeCaches();
  fetched = [];
});

type Host = (path: string, mode: string) => Response;
const hostOf =
  (files: Files): Host =>
  (path) =>
    files[path] === undefined
      ? new Response("", { status: 404 })
      : new Response(files[path], { headers: { "Content-Type": "text/x", "Content-Encoding": "br" } });
const offline: Host = () => {
  throw new TypeError("Failed to fetch");
};

function keeperOf(release: Release, host: Host, scope = SCOPE, build: CoreBuild = "plain"): Keeper {
  return new Keeper({
    release,
    build,
    scope,
    caches: store as unknown as CacheStorage,
    fetch: async (input, init) => {
      const path = new URL(typeof input === "object" && "url" in input ? input.url : input).pathname.slice(
        new URL(scope).pathname.length,
      );
      fetched.push(`${path} ${init?.cache ?? ""}`.trim());
      return host(path, init?.cache ?? "");
    },
  });
}

const FILES = { "": "page", "assets/a-1.js": "code", "guest/images/k": "kernel", "guest/images/tools": "tools" };
const ONE = releaseOf("1", FILES);
const asked = (path: string, mode = "cors") => ({ method: "GET", url: SCOPE + path, mode });
const text = async (answer: Promise<Response> | null) => (await answer)?.text();
const kind = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: KeepError) => `${error.kind} ${error.file}`.trim(),
  );

describe("a release that is taken", () => {
  test("answers without a network, but for what is rarely asked for", async () => {
    await keeperOf(ONE, hostOf(FILES)).take();
    expect(fetched).toEqual(["default", "assets/a-1.js default", "guest/images/k default"]);
    const keeper = keeperOf(ONE, offline);
    const page = (await keeper.answer(asked("?lang=de#x", "navigate")))!;
    expect([
      page.status,
      page.headers.get("Content-Type"),
      page.headers.get("Content-Encoding"),
      await page.text(),
    ]).toEqual([200, "text/x", null, "page"]);
    expect(await text(keeper.answer(asked("assets/a-1.js")))).toBe("code");
    expect(await text(keeper.answer(asked(`guest/images/k?sha256=${ONE.files[2]!.sha256}`)))).toBe("kernel");
    expect((await keeper.answer(asked("guest/images/tools")))!.status).toBe(504);
  });

  test("has what was asked for once, however rare", async () => {
    const online = keeperOf(ONE, hostOf(FILES));
    await online.take();
    expect(await text(online.answer(asked("guest/images/tools")))).toBe("tools");
    expect(await text(keeperOf(ONE, offline).answer(asked("guest/images/tools")))).toBe("tools");
  });

  test.each(["plain", "relaxed"] as const)(
    "has the build of the TPM's core that the browser runs: %s",
    async (build) => {
      const cores = { "assets/tabtpm-0.wasm": "plain core", "assets/tabtpm-relaxed-1.wasm": "relaxed core" };
      const release = releaseOf("1", { ...FILES, ...cores });
      const [mine, other] = Object.keys(cores).sort((name) =>
        name.includes("relaxed") === (build === "relaxed") ? -1 : 1,
      );
      await keeperOf(release, hostOf({ ...FILES, ...cores }), SCOPE, build).take();
      expect(fetched.filter((each) => each.includes(".wasm"))).toEqual([`${mine} default`]);
      const keeper = keeperOf(release, offline, SCOPE, build);
      expect(await text(keeper.answer(asked(mine!)))).toBe(`${build} core`);
      expect((await keeper.answer(asked(other!)))!.status).toBe(504);
      // A newer browser may run the other one: it is asked for then.
      expect((await keeperOf(release, hostOf(cores), SCOPE, build).answer(asked(other!)))!.status).toBe(200);
    },
  );

  test("fetches nothing that the one before has, whole", async () => {
    await keeperOf(ONE, hostOf(FILES)).take();
    fetched = [];
    const files = { ...FILES, "": "new page", "assets/b-2.js": "new code" };
    await keeperOf(releaseOf("2", files), hostOf(files)).take();
    expect(fetched).toEqual(["default", "assets/b-2.js default"]);
  });

  test("gives the pages of the one before what is theirs, until it is forgotten", async () => {
    await keeperOf(ONE, hostOf(FILES)).take();
    const files = { "": "new page", "assets/b-2.js": "new code" };
    const two = keeperOf(releaseOf("2", files), hostOf(files));
    await two.take();
    expect(await text(two.answer(asked("assets/a-1.js")))).toBe("code");
    await two.forgetOthers();
    expect((await two.answer(asked("assets/a-1.js")))!.status).toBe(404);
    expect(await store.keys()).toEqual([cacheOf("2")]);
  });
});

test("pages in other folders of the host have their own: the same release is forgotten in one only", async () => {
  for (const folder of ["", "inner/"]) await keeperOf(ONE, hostOf(FILES), SCOPE + folder).take();
  const files = { ...FILES, "": "new page" };
  const two = keeperOf(releaseOf("2", files), hostOf(files));
  await two.take();
  await two.forgetOthers();
  expect(await store.keys()).toEqual([`${cachePrefix(`${SCOPE}inner/`)}1`, cacheOf("2")]);
});

test("a page of the release before has that one's manifest", async () => {
  const files = { ...FILES, "guest/manifest.json": "old" };
  await keeperOf(releaseOf("1", files), hostOf(files)).take();
  const news = { ...files, "guest/manifest.json": "new" };
  const two = keeperOf(releaseOf("2", news), hostOf(news));
  await two.take();
  for (const [version, content] of [
    ["1", "old"],
    ["2", "new"],
  ])
    expect(await text(two.answer(asked(`guest/manifest.json?version=${version}`)))).toBe(content);
  // One that nobody keeps is the host's.
  fetched = [];
  await two.answer(asked("guest/manifest.json?version=3"));
  expect(fetched).toEqual(["guest/manifest.json"]);
});

describe("what is not as the release says", () => {
  test("is asked of the host itself, when the browser's own cache has it so", async () => {
    const host: Host = (path, mode) =>
      hostOf(mode === "default" && path === "assets/a-1.js" ? { ...FILES, [path]: "cod" } : FILES)(path, mode);
    await keeperOf(ONE, host).take();
    expect(fetched).toContain("assets/a-1.js reload");
    expect(await text(keeperOf(ONE, offline).answer(asked("assets/a-1.js")))).toBe("code");
  });

  test.each([
    ["a file of another content", hostOf({ ...FILES, "assets/a-1.js": "cod3" }), "damaged assets/a-1.js"],
    ["a file that is cut short", hostOf({ ...FILES, "guest/images/k": "kern" }), "damaged guest/images/k"],
    ["a file that is not there", hostOf({ "": "page" }), "unreachable assets/a-1.js"],
    ["no network", offline, "unreachable"],
  ])("%s: nothing of it is kept, and what was kept stays", async (_, host, why) => {
    const before = releaseOf("0", { "": "old page" });
    await keeperOf(before, hostOf({ "": "old page" })).take();
    expect(await kind(keeperOf(ONE, host).take())).toBe(why);
    expect(await store.keys()).toEqual([cacheOf("0")]);
    expect(await text(keeperOf(before, offline).answer(asked("", "navigate")))).toBe("old page");
  });

  test("a full disk keeps nothing of it, and says so", async () => {
    store.limit = 5;
    expect(await kind(keeperOf(ONE, hostOf(FILES)).take())).toBe("full guest/images/k");
    expect(await store.keys()).toEqual([]);
  });

  test("in the browser is fetched again, and without a network refused", async () => {
    await keeperOf(ONE, hostOf(FILES)).take();
    const spoil = () => store.all.get(cacheOf("1"))!.set(`${SCOPE}assets/a-1.js`, new Response("c0de"));
    spoil();
    expect((await keeperOf(ONE, offline).answer(asked("assets/a-1.js")))!.status).toBe(504);
    expect(await text(keeperOf(ONE, hostOf(FILES)).answer(asked("assets/a-1.js")))).toBe("code");
    expect(await text(keeperOf(ONE, offline).answer(asked("assets/a-1.js")))).toBe("code");
  });

  test("a page that is lost, where the host has another version by now, is the host's", async () => {
    await keeperOf(ONE, hostOf(FILES)).take();
    store.all.get(cacheOf("1"))!.delete(SCOPE);
    const page = keeperOf(ONE, hostOf({ ...FILES, "": "new page" })).answer(asked("", "navigate"));
    expect(await text(page)).toBe("new page");
  });
});

describe("which file a request is for", () => {
  const release = releaseOf("v", { ...FILES, "guest/manifest.json": "{}" });
  const path = (url: string, mode = "cors", method = "GET") => fileAsked({ url, mode, method }, release, SCOPE)?.path;

  test.each([
    ["the page", SCOPE, "navigate", ""],
    ["the page by its file, with parameters", `${SCOPE}index.html?append=x`, "navigate", ""],
    ["its manifest, of this version", `${SCOPE}guest/manifest.json?version=v`, "cors", "guest/manifest.json"],
    ["an image by its hash", addressOf(release.files[2]!, SCOPE), "cors", "guest/images/k"],
    ["a manifest of another version", `${SCOPE}guest/manifest.json?version=w`, "cors", undefined],
    ["another image of the same name", `${SCOPE}guest/images/k?sha256=00`, "cors", undefined],
    ["the user's own file", `${SCOPE}my.iso`, "cors", undefined],
    ["a page beside it", `${SCOPE}other/`, "navigate", undefined],
    ["a file, in a window", `${SCOPE}assets/a-1.js`, "navigate", undefined],
    ["the page's text, for a script", SCOPE, "cors", ""],
    ["another path of the host", "https://tpm.example/", "navigate", undefined],
    ["another host", "https://elsewhere.example/some/where/", "navigate", undefined],
    ["what is no encoding", `${SCOPE}%ff`, "cors", undefined],
  ])("%s", (_, url, mode, expected) => {
    expect(path(url, mode)).toBe(expected);
  });

  test("none for what is no GET, and never one that is not the release's", () => {
    expect(path(SCOPE, "navigate", "POST")).toBeUndefined();
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom("%ff", "guest/images/k", "../", "//x")),
        fc.string(),
        (tail, query) => {
          const found = path(`${SCOPE}${tail}?${query}`);
          expect(found === undefined || release.files.some((file) => file.path === found)).toBe(true);
        },
      ),
    );
  });
});
