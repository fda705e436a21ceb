import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compressFolder } from "./compress.ts";
import { acceptedEncodings, readRange, serveFiles } from "./serve.ts";

const TEXT = Buffer.from("The PC in this tab has a TPM. ".repeat(200));
/** Hashes: nothing compresses them. */
const NOISE = Buffer.concat(
  Array.from({ length: 128 }, (_, index) => createHash("sha256").update(String(index)).digest()),
);

let root: string;
let server: Server;
let written: string[];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "tabtpm-serve-"));
  for (const folder of ["assets", "guest/images", ".hidden"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "index.html"), TEXT);
  writeFileSync(join(root, "assets/v86-0a1b.wasm"), TEXT);
  writeFileSync(join(root, "assets/index.js.map"), TEXT);
  writeFileSync(join(root, "guest/images/initrd-0a1b.img"), NOISE);
  writeFileSync(join(root, "small.txt"), "small");
  writeFileSync(join(root, "other.html"), "other");
  writeFileSync(join(root, ".hidden/secret.txt"), "secret");
  writeFileSync(join(root, "..outside.txt"), "outside");
  written = compressFolder(root);
  const serve = serveFiles({
    root,
    headers: { "X-Content-Type-Options": "nosniff" },
    own: { "other.html": { "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer" } },
  });
  server = createServer((incoming, response) => serve(incoming, response, () => response.writeHead(404).end("none")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", path, method, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces) }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

const WASM = "/assets/v86-0a1b.wasm";

describe("a file that compresses", () => {
  it.each([
    ["br, gzip", "br", brotliDecompressSync],
    ["gzip, deflate, br, zstd", "br", brotliDecompressSync],
    ["gzip;q=0.5", "gzip", gunzipSync],
    ["br;q=0, *", "gzip", gunzipSync],
  ] as const)("goes to who accepts %s as %s, with its own type and length", async (accept, encoding, unpack) => {
    const { status, headers, body } = await get(WASM, { "Accept-Encoding": accept });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-encoding": encoding,
      "content-type": "application/wasm",
      vary: "Accept-Encoding",
      "content-length": String(body.length),
    });
    expect(body.length).toBeLessThan(TEXT.length / 2);
    expect(unpack(body).equals(TEXT)).toBe(true);
  });

  it.each([undefined, "", "identity", "br;q=0, gzip;q=0.0", "deflate"])(
    "goes as it is to who accepts %j",
    async (accept) => {
      const { headers, body } = await get(WASM, accept === undefined ? {} : { "Accept-Encoding": accept });
      expect(headers["content-encoding"]).toBeUndefined();
      expect(headers.vary).toBe("Accept-Encoding");
      expect(body.equals(TEXT)).toBe(true);
    },
  );

  it("has a tag for each form, which spares the bytes", async () => {
    const packed = await get(WASM, { "Accept-Encoding": "br" });
    const plain = await get(WASM);
    expect(packed.headers.etag).not.toBe(plain.headers.etag);
    const again = await get(WASM, { "Accept-Encoding": "br", "If-None-Match": packed.headers.etag! });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    const other = await get(WASM, { "Accept-Encoding": "br", "If-None-Match": plain.headers.etag! });
    expect(other.status).toBe(200);
  });

  it("is named by HEAD without a body", async () => {
    const { status, headers, body } = await get(WASM, { "Accept-Encoding": "gzip" }, "HEAD");
    expect([status, body.length, headers["content-encoding"]]).toEqual([200, 0, "gzip"]);
    expect(Number(headers["content-length"])).toBeGreaterThan(0);
  });
});

describe("a range", () => {
  it("is of the file itself, whatever encodings are accepted", async () => {
    const { status, headers, body } = await get(WASM, { Range: "bytes=10-19", "Accept-Encoding": "br, gzip" });
    expect(status).toBe(206);
    expect(headers["content-range"]).toBe(`bytes 10-19/${TEXT.length}`);
    expect(headers["content-encoding"]).toBeUndefined();
    expect(body.equals(TEXT.subarray(10, 20))).toBe(true);
  });

  it("that begins behind the end is refused with the size", async () => {
    const { status, headers } = await get(WASM, { Range: `bytes=${TEXT.length}-` });
    expect([status, headers["content-range"]]).toEqual([416, `bytes */${TEXT.length}`]);
  });

  it("counts only while the file is the same", async () => {
    const { etag } = (await get(WASM)).headers;
    expect((await get(WASM, { Range: "bytes=0-0", "If-Range": etag! })).status).toBe(206);
    expect((await get(WASM, { Range: "bytes=0-0", "If-Range": '"older"' })).status).toBe(200);
  });

  it("is read as RFC 9110 says", () => {
    expect(readRange("bytes=0-", 10)).toEqual({ start: 0, end: 9 });
    expect(readRange("bytes=-3", 10)).toEqual({ start: 7, end: 9 });
    expect(readRange("bytes=-30", 10)).toEqual({ start: 0, end: 9 });
    expect(readRange("bytes=-0", 10)).toBe("unsatisfiable");
    expect(readRange("bytes=5-2", 10)).toBeUndefined();
    expect(readRange("bytes=0-1,4-5", 10)).toBeUndefined();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d*-\d*$/)), fc.nat(1000), (header, size) => {
        const range = readRange(header, size);
        if (range === undefined || range === "unsatisfiable") return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(size);
      }),
    );
  });
});

describe("caches", () => {
  it.each([
    [WASM, "public, max-age=31536000, immutable"],
    ["/guest/images/initrd-0a1b.img?sha256=0a1b", "public, max-age=31536000, immutable"],
    ["/", "no-cache"],
    ["/small.txt", "no-cache"],
  ])("of %s are told %s", async (path, control) => {
    const { status, headers } = await get(path);
    expect(status).toBe(200);
    expect(headers["cache-control"]).toBe(control);
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });
});

describe("headers of its own", () => {
  it.each([
    ["/other.html", "no-referrer"],
    ["/other.html?a=b", "no-referrer"],
    ["/assets/../other.html", "no-referrer"],
    ["/", undefined],
    ["/small.txt", undefined],
  ])("has the file that is given some: %s", async (path, policy) => {
    const { status, headers } = await get(path);
    expect(status).toBe(200);
    expect(headers["referrer-policy"]).toBe(policy);
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });
});

describe("what is compressed", () => {
  it("is what becomes smaller, without source maps", () => {
    expect(written.map((path) => path.slice(root.length + 1)).sort()).toEqual([
      "assets/v86-0a1b.wasm.br",
      "assets/v86-0a1b.wasm.gz",
      "index.html.br",
      "index.html.gz",
    ]);
  });

  it("leaves no trace in what is not", async () => {
    const { headers, body } = await get("/guest/images/initrd-0a1b.img", { "Accept-Encoding": "br, gzip" });
    expect([headers["content-encoding"], headers.vary, headers["content-type"]]).toEqual([
      undefined,
      undefined,
      "application/octet-stream",
    ]);
    expect(body.equals(NOISE)).toBe(true);
  });
});

describe("what is no file of the page", () => {
  it.each([
    "/nothing",
    "/assets",
    "/assets/",
    "/.hidden/secret.txt",
    "/..outside.txt",
    "/assets/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/assets/v86-0a1b.wasm.br",
    "/%00",
    "/%zz",
    "/..%5coutside.txt",
  ])("is not served: %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it("is what is not asked for with GET or HEAD", async () => {
    expect((await get("/", {}, "POST")).status).toBe(404);
  });
});

describe("Accept-Encoding", () => {
  it("is read whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        expect(typeof acceptedEncodings(header)("br")).toBe("boolean");
      }),
    );
  });
});
