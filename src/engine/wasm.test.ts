import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type OutgoingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { errorOf } from "../store/testkit/errorOf.ts";
import { MAX_COMMAND_SIZE } from "./core.ts";
import { createTpmOn } from "./create.ts";
import { nodePlatform } from "./node.ts";
import { changeOwnerAuth, getRandom, responseCode, startup } from "./testkit/commands.ts";
import { compileCore, coreFactory, instantiateCore, requireSimd, TpmPlatformError } from "./wasm.ts";

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
  vi.restoreAllMocks();
});

/** @param headers read at each request. */
async function serve(status: number, headers: OutgoingHttpHeaders, body: Uint8Array): Promise<URL> {
  server = createServer((_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/tabtpm.wasm`);
}

describe("the WASM core", () => {
  it("is refused without WebAssembly or SIMD, with the versions that have them", () => {
    for (const wasm of [undefined, { validate: () => false }]) {
      if (wasm === undefined) vi.stubGlobal("WebAssembly", undefined);
      expect(() => requireSimd(wasm)).toThrow(/Chrome or Edge 91, Firefox 89, Safari 16\.4, Node 20\.19/);
      vi.unstubAllGlobals();
    }
    expect(() => requireSimd()).not.toThrow();
  });

  it("is probed for SIMD with a module that needs it", () => {
    const seen: BufferSource[] = [];
    const validate = (bytes: BufferSource) => {
      seen.push(bytes);
      return WebAssembly.validate(bytes);
    };
    requireSimd({ validate });
    // The probe's one interesting instruction has the SIMD prefix: with an opcode that nobody knows it is no module.
    const probe = new Uint8Array(seen[0] as ArrayBuffer);
    expect(WebAssembly.validate(probe.map((byte) => (byte === 0xfd ? 0xff : byte)))).toBe(false);
  });

  it("compiles from bytes, a module, a file and over HTTP with either content type", async () => {
    const bytes = await readFile(nodePlatform.wasm);
    const module = await compileCore(bytes);
    const modules = [
      await compileCore(module),
      await nodePlatform.compile(nodePlatform.wasm),
      await compileCore(await serve(200, { "Content-Type": "application/wasm" }, bytes)),
      await compileCore(await serve(200, { "Content-Type": "application/octet-stream" }, bytes)),
    ];
    for (const compiled of modules) {
      const core = await instantiateCore(compiled);
      core.manufacture("full");
      expect(core.profile).toBe("full");
    }
  });

  it("says what is wrong when it can't be had", async () => {
    const missing = await errorOf(compileCore(await serve(404, { "Content-Type": "text/plain" }, new Uint8Array())));
    expect([missing.constructor, missing.message]).toEqual([TpmPlatformError, expect.stringContaining("HTTP 404")]);
    const html = await errorOf(
      compileCore(await serve(200, { "Content-Type": "text/html" }, new TextEncoder().encode("<!doctype html>"))),
    );
    expect([html.constructor, html.message]).toEqual([
      TpmPlatformError,
      expect.stringMatching(/could not be compiled \(.+\)\. Reload the page\.$/),
    ]);
    const bytes = (await readFile(nodePlatform.wasm)).subarray(0, 1000);
    const damaged = await errorOf(compileCore(bytes));
    expect([damaged.constructor, damaged.message]).toEqual([
      TpmPlatformError,
      expect.stringMatching(
        /could not be compiled \(.+\)\. Install the package again; in a clone, run `npm run build`\.$/,
      ),
    ]);
    server?.close();
    const gone = await errorOf(compileCore(new URL("http://127.0.0.1:9/tabtpm.wasm")));
    expect([gone.constructor, gone.message]).toEqual([TpmPlatformError, expect.stringContaining("connection")]);
    const file = await errorOf(nodePlatform.compile(new URL("./absent.wasm", import.meta.url)));
    expect([file.constructor, file.message]).toEqual([
      TpmPlatformError,
      expect.stringMatching(/Install the package again; in a clone, run `npm run build`/),
    ]);
  });

  it("names the policy when it is forbidden", async () => {
    vi.spyOn(WebAssembly, "compile").mockRejectedValueOnce(
      new WebAssembly.CompileError("Wasm code generation disallowed by Content Security Policy"),
    );
    expect((await errorOf(compileCore(new Uint8Array(8)))).message).toContain("'wasm-unsafe-eval'");
  });

  it("is compiled once for all TPMs that have it from one file, and again when another file is there", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tabtpm-core-"));
    try {
      const file = join(folder, "tabtpm.wasm");
      const wasm = pathToFileURL(file);
      const bytes = await readFile(nodePlatform.wasm);
      const compile = vi.spyOn(WebAssembly, "compile");
      const start = async () => {
        const tpm = createTpmOn(nodePlatform, { store: { kind: "memory" }, wasm });
        await tpm.powerOn();
        await tpm.close();
      };
      await expect(start()).rejects.toThrow("could not be read");
      await writeFile(file, bytes.subarray(0, 1000));
      await expect(start()).rejects.toThrow("could not be compiled");
      await expect(start()).rejects.toThrow("could not be compiled");
      expect(compile).toHaveBeenCalledTimes(2);
      await writeFile(file, bytes);
      await Promise.all([start(), start(), start()]);
      await start();
      expect(compile).toHaveBeenCalledTimes(3);
      await writeFile(`${file}.new`, bytes);
      await rename(`${file}.new`, file);
      await Promise.all([start(), start()]);
      expect(compile).toHaveBeenCalledTimes(4);
      const module = await WebAssembly.compile(bytes);
      const tpm = createTpmOn(nodePlatform, { store: { kind: "memory" }, wasm: module });
      await tpm.powerOn();
      await tpm.close();
      expect(compile).toHaveBeenCalledTimes(5);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is compiled once for what a server calls the same, and each time where it does not say", async () => {
    const bytes = await readFile(nodePlatform.wasm);
    const compile = vi.spyOn(WebAssembly, "compile");
    const streaming = vi.spyOn(WebAssembly, "compileStreaming");
    const compilations = () => compile.mock.calls.length + streaming.mock.calls.length;
    for (const type of ["application/wasm", "application/octet-stream"]) {
      const headers: OutgoingHttpHeaders = { "Content-Type": type };
      const url = await serve(200, headers, bytes);
      const before = compilations();
      const first = await compileCore(url);
      expect(await compileCore(url)).not.toBe(first);
      expect(compilations() - before).toBe(2);
      headers.etag = '"one"';
      const one = await compileCore(url);
      for (const same of await Promise.all([compileCore(url), compileCore(url)])) expect(same).toBe(one);
      expect(await compileCore(url)).toBe(one);
      expect(compilations() - before).toBe(3);
      headers.etag = '"two"';
      const two = await compileCore(url);
      expect(two).not.toBe(one);
      expect(await compileCore(url)).toBe(two);
      expect(compilations() - before).toBe(4);
      server?.close();
    }
  });

  it("is compiled once for all instances, and again after a failure", async () => {
    const module = await nodePlatform.compile(nodePlatform.wasm);
    const compile = vi.fn(async () => module);
    compile.mockRejectedValueOnce(new TpmPlatformError("offline"));
    const newCore = coreFactory(nodePlatform.wasm, compile);
    await expect(newCore()).rejects.toThrow("offline");
    await newCore();
    await newCore();
    expect(compile).toHaveBeenCalledTimes(2);
  });

  it("keeps its ABI: state in and out, commands, profile, memory that is wiped", async () => {
    const newCore = coreFactory(nodePlatform.wasm, nodePlatform.compile);
    const first = await newCore();
    first.manufacture("libtpms-0.9");
    expect(first.commitPending).toBe(true);
    const blob = first.saveState();
    first.committed();
    expect(first.commitPending).toBe(false);

    const second = await newCore();
    expect(second.loadState(blob)).toBe("loaded");
    expect([second.profile, second.saveState()]).toEqual(["libtpms-0.9", blob]);
    expect(second.loadState(blob.map((byte, i) => (i === 60 ? byte ^ 1 : byte)))).toBe("damaged");
    expect(second.loadState(new Uint8Array())).toBe("damaged");
    expect(second.loadState(new Uint8Array(1 << 20))).toBe("too-large");

    second.powerOn();
    expect(responseCode(second.execute(getRandom(8), 0)!)).toBe(0x100);
    expect(responseCode(second.execute(startup(), 0)!)).toBe(0);
    second.committed();
    const [one, two] = [second.execute(getRandom(32), 0)!, second.execute(getRandom(32), 0)!];
    expect([one.length, responseCode(one)]).toEqual([44, 0]);
    expect(one).not.toEqual(two);
    // No tag: TPM_RC_VALUE in this profile.
    expect(responseCode(second.execute(new Uint8Array(MAX_COMMAND_SIZE), 0)!)).toBe(0x084);
    second.wipe({ hasTrapped: false });
  });

  it("keeps nothing of a command in its memory when it has answered", async () => {
    const instantiate = vi.spyOn(WebAssembly, "instantiate");
    const core = await coreFactory(nodePlatform.wasm, nodePlatform.compile)();
    const { exports } = (await instantiate.mock.results[0]!.value) as { exports: { memory: WebAssembly.Memory } };
    const memory = Buffer.from(exports.memory.buffer);
    core.manufacture("full");
    core.committed();
    core.powerOn();
    const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32)));
    const badTag = Uint8Array.of(...[0x12, 0x34], ...secret);
    const commands: [bytes: Uint8Array, expected: number][] = [
      [changeOwnerAuth(secret, secret), 0x100],
      [startup(), 0],
      [changeOwnerAuth(secret, new Uint8Array(8)), 0x9a2],
      [changeOwnerAuth(secret, secret).subarray(0, -8), 0x142],
      [badTag, 0x01e],
    ];
    for (const [bytes, expected] of commands) {
      expect(responseCode(core.execute(bytes, 0)!)).toBe(expected);
      core.committed();
      expect(memory.includes(secret)).toBe(false);
    }
    // The search would find it: an authValue that was set stays.
    expect(responseCode(core.execute(changeOwnerAuth(new Uint8Array(0), secret), 0)!)).toBe(0);
    expect(memory.includes(secret)).toBe(true);
    core.wipe({ hasTrapped: false });
    expect(memory.includes(secret)).toBe(false);
  });

  it("asks the platform for entropy, never for more than 65536 bytes at a time", async () => {
    const getRandomValues = vi.spyOn(crypto, "getRandomValues");
    const core = await coreFactory(nodePlatform.wasm, nodePlatform.compile)();
    core.manufacture("full");
    const sizes = getRandomValues.mock.calls.map(([array]) => (array as Uint8Array).length);
    expect(sizes.length).toBeGreaterThan(0);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65536);
  });
});
