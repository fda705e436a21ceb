import { describe, expect, it } from "vitest";
import { fetchGuest } from "./browser.ts";
import { GuestImageError } from "./images.ts";
import { GuestManifestError } from "./manifest.ts";
import { manifestOf } from "./testkit/manifest.ts";

const contents = { bios: "bios", vgaBios: "vga", rom: "rom", kernel: "kernel", initrd: "initrd" };
const manifest = manifestOf(contents);

/** A server with a manifest and images below /app/guest/, and a list of what was asked for. */
function server(files: Record<string, string | undefined>) {
  const asked: string[] = [];
  const fetch = async (input: RequestInfo | URL): Promise<Response> => {
    const url = new URL(String(input));
    asked.push(url.pathname + url.search);
    const body = files[url.pathname.replace("/app/guest/", "")];
    return body === undefined ? new Response("", { status: 404, statusText: "Not Found" }) : new Response(body);
  };
  return { fetch, asked };
}

const complete = {
  "manifest.json": JSON.stringify(manifest),
  ...Object.fromEntries(Object.entries(contents).map(([name, text]) => [`images/${name}.img`, text])),
};
const base = "http://127.0.0.1:8000/app/guest/";

describe("fetchGuest", () => {
  it("fetches the manifest and each image once, below the base", async () => {
    const { fetch, asked } = server(complete);
    const images = await fetchGuest({ base, fetch });
    expect(Buffer.from(images.initrd).toString()).toBe("initrd");
    expect(asked.map((path) => path.split("?")[0]).sort()).toEqual(
      Object.keys(complete)
        .map((path) => `/app/guest/${path}`)
        .sort(),
    );
  });

  it("asks for an image by its hash, so that no cache serves another version", async () => {
    const { fetch, asked } = server(complete);
    await fetchGuest({ base, fetch });
    expect(asked).toContain(`/app/guest/images/kernel.img?sha256=${manifest.images.kernel.sha256}`);
  });

  it("reports bytes as they come", async () => {
    const loaded: Record<string, number> = {};
    await fetchGuest({
      base,
      fetch: server(complete).fetch,
      onProgress: (step) => {
        loaded[step.name] = step.loaded / step.total;
      },
    });
    expect(loaded).toEqual({ bios: 1, vgaBios: 1, rom: 1, kernel: 1, initrd: 1 });
  });

  it("names the image that the server does not have", async () => {
    const loading = fetchGuest({ base, fetch: server({ ...complete, "images/kernel.img": undefined }).fetch });
    await expect(loading).rejects.toThrow(GuestImageError);
    await expect(loading).rejects.toThrow("kernel.img: the server says 404 Not Found");
  });

  it.each([undefined, "<!doctype html>", "{}"])("explains the manifest %j", async (body) => {
    const loading = fetchGuest({ base, fetch: server({ ...complete, "manifest.json": body }).fetch });
    await expect(loading).rejects.toThrow(GuestManifestError);
    await expect(loading).rejects.toThrow(/manifest\.json/);
  });

  it("rejects with the reason of the signal", async () => {
    const fetch: typeof globalThis.fetch = (_input, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
    const abort = new AbortController();
    const loading = fetchGuest({ base, fetch, signal: abort.signal });
    abort.abort(new Error("closed"));
    await expect(loading).rejects.toThrow("closed");
  });
});
