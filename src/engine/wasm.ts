/** Compiling the core's WASM and giving it what it imports. */
import { Core, type CoreExports, TpmCoreError } from "./core.ts";

/** Where the core comes from: compiled, as bytes, or an address (a build beside this module by default). */
export type WasmSource = WebAssembly.Module | Uint8Array | URL;

/** There is no WebAssembly, or none with SIMD, or the core's file can't be had. */
export class TpmPlatformError extends Error {
  override name = "TpmPlatformError";
}

/** A module whose one function splats a v128: it validates only where WASM SIMD works. */
const SIMD_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b],
);

/** Of a file that is missing or damaged. */
export const REPAIR = "Install the package again; in a clone, run `npm run build`.";

const NEEDED = "Use Chrome or Edge 91, Firefox 89, Safari 16.4, Node 20.19, or newer";

/** @throws TpmPlatformError that says which versions will do. */
export function requireSimd(wasm: Pick<typeof WebAssembly, "validate"> | undefined = globalThis.WebAssembly): void {
  if (!wasm) {
    throw new TpmPlatformError(
      `This browser has no WebAssembly (it may be switched off, as in some lockdown modes). ${NEEDED}.`,
    );
  }
  if (!wasm.validate(SIMD_PROBE)) {
    throw new TpmPlatformError(`The TPM needs WebAssembly SIMD, which is missing here. ${NEEDED}.`);
  }
}

/** What an address had when it was compiled. */
interface Compiled {
  version: string;
  module: Promise<WebAssembly.Module>;
}
const compiled = new Map<string, Compiled>();

/**
 * Compiles what an address has once for all TPMs of this thread; again after a failure, and when there is something else.
 * @param version of its content, which other content of this address does not have; null when nobody can tell: then it is
 *   compiled each time.
 */
export function compileOnce(
  { href }: URL,
  version: string | null,
  compile: () => Promise<WebAssembly.Module>,
): Promise<WebAssembly.Module> {
  const known = compiled.get(href);
  if (known && known.version === version) return known.module;
  const module = compile();
  if (version === null) return module;
  const entry = { version, module };
  compiled.set(href, entry);
  module.catch(() => {
    if (compiled.get(href) === entry) compiled.delete(href);
  });
  return module;
}

/**
 * Compiles the core: from an address that has an ETag once for all TPMs of this thread. Streams when the server says
 * `application/wasm`. @throws TpmPlatformError
 */
export async function compileCore(source: WasmSource): Promise<WebAssembly.Module> {
  requireSimd();
  try {
    if (source instanceof WebAssembly.Module) return source;
    if (source instanceof URL) return await compileFrom(source);
    return await WebAssembly.compile(source as BufferSource);
  } catch (error) {
    if (error instanceof TpmPlatformError) throw error;
    const remedy = source instanceof URL ? "Reload the page." : REPAIR;
    const isBlocked = /Content Security Policy|unsafe-eval/i.test(String(error));
    throw new TpmPlatformError(
      isBlocked
        ? "The page's Content-Security-Policy forbids WebAssembly: allow 'wasm-unsafe-eval' in script-src."
        : `The TPM core could not be compiled (${error instanceof Error ? error.message : String(error)}). ${remedy}`,
      { cause: error },
    );
  }
}

async function compileFrom(url: URL): Promise<WebAssembly.Module> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin" });
  } catch (error) {
    throw new TpmPlatformError(`The TPM core ${url.href} could not be fetched; check the connection and reload.`, {
      cause: error,
    });
  }
  if (!response.ok) {
    throw new TpmPlatformError(
      `The TPM core ${url.href} could not be fetched: HTTP ${response.status}. Is the page's build complete?`,
    );
  }
  const isWasm = /^application\/wasm\b/.test(response.headers.get("Content-Type") ?? "");
  let isNew = false;
  const module = compileOnce(url, response.headers.get("ETag"), async () => {
    isNew = true;
    return isWasm ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
  });
  if (!isNew) await response.body?.cancel();
  return module;
}

/** getRandomValues refuses more at a time. */
const ENTROPY_CHUNK = 65536;

/** A new instance of the core: without power, and without state yet. */
export async function instantiateCore(module: WebAssembly.Module): Promise<Core> {
  let memory: WebAssembly.Memory | undefined;
  const instance = await WebAssembly.instantiate(module, {
    host: {
      entropy(pointer: number, size: number) {
        if (!memory) throw new TpmCoreError("The core asked for entropy before it was instantiated.");
        for (let offset = 0; offset < size; offset += ENTROPY_CHUNK) {
          const length = Math.min(ENTROPY_CHUNK, size - offset);
          crypto.getRandomValues(new Uint8Array(memory.buffer, (pointer >>> 0) + offset, length));
        }
      },
      now: () => performance.now(),
    },
  });
  const exports = instance.exports as unknown as CoreExports & { memory: WebAssembly.Memory };
  memory = exports.memory;
  return new Core(exports);
}

/** Compiles once and instantiates as often as it is called. A failed compilation is tried again at the next call. */
export function coreFactory(
  source: WasmSource,
  compile: (source: WasmSource) => Promise<WebAssembly.Module> = compileCore,
): () => Promise<Core> {
  let compiled: Promise<WebAssembly.Module> | undefined;
  return async () => {
    compiled ??= compile(source);
    let module: WebAssembly.Module;
    try {
      module = await compiled;
    } catch (error) {
      compiled = undefined;
      throw error;
    }
    return instantiateCore(module);
  };
}
