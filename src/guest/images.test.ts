import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { GuestImageError, type GuestImageReader, type GuestProgress, loadGuestImages } from "./images.ts";
import { GUEST_IMAGE_NAMES, type GuestImageName } from "./manifest.ts";
import { manifestOf, TOOLS, TOOLS_TAR } from "./testkit/manifest.ts";

// Not Buffer.from: the slices of a Buffer share its memory.
const bytes = (text: string) => new TextEncoder().encode(text);
const contents: Record<GuestImageName, Uint8Array> = {
  bios: bytes("bios".repeat(100)),
  vgaBios: bytes("v"),
  rom: bytes("rom"),
  kernel: bytes("kernel".repeat(1000)),
  initrd: bytes("initrd".repeat(2000)),
};
const manifest = manifestOf(contents);

/** Reads from `contents`, or from what a test puts in the place of an image. */
function reader(
  replaced: Partial<Record<GuestImageName, Uint8Array | ReadableStream<Uint8Array>>> = {},
): GuestImageReader {
  return async ({ file }) => {
    const name = file.replace(".img", "") as GuestImageName;
    return replaced[name] ?? contents[name];
  };
}

function streamOf(...pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

async function failure(promise: Promise<unknown>): Promise<GuestImageError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GuestImageError);
  return error as GuestImageError;
}

afterEach(() => vi.unstubAllGlobals());

describe("loadGuestImages", () => {
  it("returns every image as an ArrayBuffer of its own, and the command line", async () => {
    const images = await loadGuestImages({ read: reader(), manifest });
    for (const name of GUEST_IMAGE_NAMES) {
      expect(images[name]).toBeInstanceOf(ArrayBuffer);
      expect(Buffer.from(images[name])).toEqual(Buffer.from(contents[name]));
    }
    expect(images.cmdline).toBe("console=ttyS0");
  });

  it("reads a stream in any pieces and reports each", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(contents.kernel.length), { maxLength: 8 }), async (cuts) => {
        const borders = [0, ...cuts.sort((a, b) => a - b), contents.kernel.length];
        const pieces = borders.slice(1).map((end, index) => contents.kernel.slice(borders[index], end));
        const progress: GuestProgress[] = [];
        const images = await loadGuestImages({
          read: reader({ kernel: streamOf(...pieces) }),
          manifest,
          onProgress: (step) => progress.push(step),
        });
        expect(Buffer.compare(Buffer.from(images.kernel), contents.kernel)).toBe(0);
        expect(progress.filter(({ name }) => name === "kernel")).toEqual(
          borders.map((loaded) => ({ name: "kernel", loaded, total: contents.kernel.length })),
        );
      }),
    );
  });

  it("finds any changed byte, and says which image, both hashes and what to do", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...GUEST_IMAGE_NAMES),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (name, position, change) => {
          const damaged = contents[name].slice();
          const at = position % damaged.length;
          damaged[at] = (damaged[at] ?? 0) ^ change;
          const error = await failure(loadGuestImages({ read: reader({ [name]: damaged }), manifest }));
          expect(error).toMatchObject({ image: name, problem: "damaged" });
          expect(error.message).toContain(`guest/images/${name}.img`);
          expect(error.message).toContain(manifest.images[name].sha256);
          expect(error.message).toContain(manifestOf({ ...contents, [name]: damaged }).images[name].sha256);
          expect(error.message).toMatch(
            /Install the package again; in a clone .*git checkout guest.*npm run guest:build/,
          );
        },
      ),
    );
  });

  it("says how short a short image is", async () => {
    const error = await failure(loadGuestImages({ read: reader({ kernel: contents.kernel.slice(0, 17) }), manifest }));
    expect(error).toMatchObject({ image: "kernel", problem: "size" });
    expect(error.message).toContain("ends after 17 of 6000 bytes");
  });

  it("stops reading a long image", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(5000)),
      cancel: () => {
        cancelled = true;
      },
    });
    const error = await failure(loadGuestImages({ read: reader({ kernel: endless }), manifest }));
    expect(error).toMatchObject({ image: "kernel", problem: "size" });
    expect(error.message).toContain("is longer than 6000 bytes");
    expect(cancelled).toBe(true);
  });

  it("says which image is missing and why", async () => {
    const read: GuestImageReader = async (image) => {
      if (image.file === "initrd.img") throw new Error("no such file");
      return contents.bios;
    };
    const only = manifestOf({ ...contents, vgaBios: contents.bios, kernel: contents.bios });
    const error = await failure(loadGuestImages({ read, manifest: only }));
    expect(error).toMatchObject({ image: "initrd", problem: "missing", cause: new Error("no such file") });
    expect(error.message).toContain("initrd image (guest/images/initrd.img) cannot be read: no such file");
  });

  it("says which image broke off", async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(contents.kernel.slice(0, 9)),
      pull: (controller) => controller.error(new TypeError("network error")),
    });
    const error = await failure(loadGuestImages({ read: reader({ kernel: broken }), manifest }));
    expect(error).toMatchObject({ image: "kernel", problem: "missing" });
    expect(error.message).toContain("network error");
  });

  it("gives up the other images when one fails", async () => {
    let signalled: AbortSignal | undefined;
    const read: GuestImageReader = async (image, { signal }) => {
      if (image.file === "bios.img") throw new Error("gone");
      signalled = signal;
      return new Promise(() => {});
    };
    expect(await failure(loadGuestImages({ read, manifest }))).toMatchObject({ image: "bios" });
    expect(signalled?.aborted).toBe(true);
  });

  it("rejects with the reason of the signal that stopped it", async () => {
    const abort = new AbortController();
    const read: GuestImageReader = (_image, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const loading = loadGuestImages({ read, manifest, signal: abort.signal });
    abort.abort(new Error("the user went away"));
    await expect(loading).rejects.toThrow("the user went away");
    await expect(loadGuestImages({ read, manifest, signal: abort.signal })).rejects.toThrow("the user went away");
  });

  it("unpacks a gzip file that the manifest calls one", async () => {
    const packed = gzipSync(contents.initrd);
    const packedManifest = manifestOf({ ...contents, initrd: packed }, { initrd: contents.initrd.length });
    const images = await loadGuestImages({ read: reader({ initrd: packed }), manifest: packedManifest });
    expect(Buffer.from(images.initrd)).toEqual(Buffer.from(contents.initrd));
  });

  it("refuses a gzip file that is none, or that holds another size than the manifest says", async () => {
    const none = manifestOf(contents, { initrd: 10 });
    const notPacked = await failure(loadGuestImages({ read: reader(), manifest: none }));
    expect(notPacked).toMatchObject({ image: "initrd", problem: "damaged" });
    expect(notPacked.message).toContain("is no gzip file");

    const packed = gzipSync(contents.initrd);
    const other = manifestOf({ ...contents, initrd: packed }, { initrd: contents.initrd.length + 1 });
    const wrongSize = await failure(loadGuestImages({ read: reader({ initrd: packed }), manifest: other }));
    expect(wrongSize).toMatchObject({ image: "initrd", problem: "size" });
    expect(wrongSize.message).toContain("unpacks to 12000 bytes, not 12001");
  });

  it("explains an insecure context", async () => {
    vi.stubGlobal("crypto", {});
    const error = await failure(loadGuestImages({ read: reader(), manifest }));
    expect(error.problem).toBe("unchecked");
    expect(error.message).toMatch(/secure context.*https.*localhost/);
  });
});

describe("the archive of rare tools", () => {
  const signal = new AbortController().signal;
  /** What is read of it; each reading is noted. */
  async function archive(content: Uint8Array | Error) {
    let readings = 0;
    const read: GuestImageReader = async (image, options) => {
      if (image.file !== "tools.img") return reader()(image, options);
      readings++;
      if (content instanceof Error) throw content;
      return content;
    };
    const { tools } = await loadGuestImages({ read, manifest });
    return { tools: tools!, readings: () => readings };
  }

  it("is not read with the images, but when it is asked for, and then unpacked", async () => {
    const { tools, readings } = await archive(TOOLS);
    expect(readings()).toBe(0);
    expect(tools).toMatchObject({ size: TOOLS.length, unpackedSize: TOOLS_TAR.length });
    expect(Buffer.from(await tools.load(signal))).toEqual(TOOLS_TAR);
    expect(readings()).toBe(1);
  });

  it("is checked as they are", async () => {
    const damaged = Uint8Array.from(TOOLS);
    damaged[20]! ^= 1;
    const { tools } = await archive(damaged);
    expect(await failure(tools.load(signal))).toMatchObject({ image: "tools", problem: "damaged" });
    const missing = await archive(new Error("404"));
    expect((await failure(missing.tools.load(signal))).message).toMatch(/tools image .* cannot be read: 404/);
  });

  it("is given up when nobody waits for it any more", async () => {
    const { tools } = await archive(TOOLS);
    await expect(tools.load(AbortSignal.abort(new Error("given up")))).rejects.toThrow("given up");
  });
});
