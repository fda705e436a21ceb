import type { Machine } from "../../src/index.ts";
import type { Pc } from "./pc.ts";

/** Makes `window.tabtpm`; its shape is declared in web/global.d.ts. */
export function scriptingInterface(pc: Pc): TabTpm {
  let machine: Machine | null = null;
  const running = (): Machine => {
    if (machine === null) throw new Error("The PC is not running yet: await tabtpm.ready first.");
    return machine;
  };
  const ready = pc.running.then((started) => {
    machine = started;
  });
  return {
    ready,
    get emulator() {
      return running().emulator;
    },
    tpm: {
      call: (name, input, options) => pc.client.call(name, input, options),
      execute: (command, options) => pc.execute(command, options),
      state: () => pc.tpm.state(),
      on: (event, listener) => pc.tpm.on(event, listener),
    },
    serial: {
      send: (text) => running().serial.send(text),
      text: () => machine?.serial.text() ?? "",
    },
  };
}
