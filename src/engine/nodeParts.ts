import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { FileStore } from "../store/file.ts";
import { MemoryStore } from "../store/memory.ts";
import { PassphraseSeal } from "../store/passphraseSeal.ts";
import type { StoreSpec, TpmStore } from "../store/store.ts";
import { compileCore, compileOnce, REPAIR, TpmPlatformError, type WasmSource } from "./wasm.ts";

/** Opens what a specification says, in Node. */
export function makeNodeStore(spec: StoreSpec): TpmStore {
  switch (spec.kind) {
    case "file":
      return new FileStore({
        dir: spec.dir,
        seal: spec.passphrase === undefined ? undefined : new PassphraseSeal(spec.passphrase),
      });
    case "memory":
      return new MemoryStore();
    case "indexeddb":
      throw new TypeError('There are no "indexeddb" stores in Node.');
  }
}

/** As `compileCore`, and from files, which Node's fetch does not read: one that is the same as before is not compiled again. */
export async function compileInNode(source: WasmSource): Promise<WebAssembly.Module> {
  if (!(source instanceof URL) || source.protocol !== "file:") return compileCore(source);
  try {
    // At once: the way to another thread and back takes longer than the file system does.
    const { ino, size, mtimeNs } = statSync(source, { bigint: true });
    return await compileOnce(source, `${ino} ${size} ${mtimeNs}`, async () => compileCore(await readFile(source)));
  } catch (error) {
    if (error instanceof TpmPlatformError) throw error;
    throw new TpmPlatformError(`The TPM core ${source.href} could not be read. ${REPAIR}`, { cause: error });
  }
}
