/** Makes a WebAssembly module smaller that does the same, by passes of Binaryen, which comes with the AssemblyScript compiler. */

/** Only such as leave each computation as it is: no code twice, none that is never reached, few locals, no branches to nowhere. */
const PASSES = [
  ...["duplicate-function-elimination", "remove-unused-module-elements", "vacuum"],
  ...["simplify-locals", "coalesce-locals", "reorder-locals", "vacuum"],
  ...["merge-blocks", "remove-unused-brs", "remove-unused-names", "vacuum"],
];

/**
 * @param wasm a valid module
 * @returns one with the same imports and exports
 */
export async function shrinkWasm(wasm: Uint8Array): Promise<Uint8Array> {
  // It takes a second to load.
  const { default: binaryen } = await import("binaryen");
  const module = binaryen.readBinary(wasm);
  try {
    module.setFeatures(binaryen.Features.All);
    binaryen.setOptimizeLevel(2);
    binaryen.setShrinkLevel(1);
    module.runPasses(PASSES);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}
