import type { Machine } from "../../src/index.ts";
import type { Session } from "./session.ts";

/** Makes `window.tabtpm`; its shape is declared in web/global.d.ts. */
export function scriptingInterface(session: Session): TabTpm {
  let machine: Machine | null = null;
  const running = (): Machine => {
    if (machine === null) throw new Error("The PC is not running yet: await tabtpm.ready first.");
    return machine;
  };
  const ready = session.running.then((started) => {
    machine = started;
  });
  return {
    ready,
    get emulator() {
      return running().emulator;
    },
    tpm: {
      execute: (command, options) => session.execute(command, options),
      state: () => session.tpm.state(),
      on: (event, listener) => session.tpm.on(event, listener),
    },
    serial: {
      send: (text) => running().serial.send(text),
      text: () => machine?.serial.text() ?? "",
    },
  };
}
