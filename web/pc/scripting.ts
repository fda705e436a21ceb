import type { Machine } from "../../src/index.ts";
import type { Pc } from "./pc.ts";

/** Makes `window.tabtpm`; its shape is declared in web/global.d.ts. */
export function scriptingInterface(pc: Pc): TabTpm {
  let isReady = false;
  const running = (): Machine => {
    const { machine } = pc.computer;
    if (!isReady || machine === null) throw new Error("The PC is not running yet: await tabtpm.ready first.");
    return machine;
  };
  const ready = pc.computer.running.then(() => {
    isReady = true;
  });
  return {
    ready,
    get emulator() {
      return running().emulator;
    },
    pause: () => running().pause(),
    resume: () => running().resume(),
    tpm: {
      call: (name, input, options) => pc.client.call(name, input, options),
      execute: (command, options) => pc.execute(command, options),
      state: () => pc.tpm.state(),
      inspect: () => pc.tpm.inspect(),
      enterFailureMode: () => pc.tpm.enterFailureMode(),
      on: (event, listener) => pc.tpm.on(event, listener),
    },
    serial: {
      send: (text) => running().serial.send(text),
      text: () => pc.computer.text(),
    },
  };
}
