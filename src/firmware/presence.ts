/**
 * How the option ROM (guest/rom) asks whether a user is present: a file of the firmware's configuration device, UINT16 seconds,
 * little-endian, and UINT8 flags. Without the file it waits for a minute, at the firmware's console.
 */
import type { FwCfgFile } from "./fwCfg.ts";

/** The name under which the ROM looks for it. */
export const PRESENCE_FILE = "opt/tabtpm/presence";

const DEFAULT_SECONDS = 60;
export const MAX_PRESENCE_SECONDS = 0xffff;
/** Flag: nobody sees what the firmware asks, so that it need not wait before it takes that for a refusal. */
const NO_CONSOLE = 1 << 0;

export interface PresenceOptions {
  /** Whole seconds, 0 to 65535, after which no answer is a refusal; 60 by default. It is the guest's clock that counts them. */
  timeoutSeconds?: number;
  /** False: the machine has neither screen nor serial console, and whatever takes a user is refused at once. True by default. */
  console?: boolean;
}

/** @throws RangeError for a time that is none. */
export function presenceFile({ timeoutSeconds = DEFAULT_SECONDS, console = true }: PresenceOptions): FwCfgFile {
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 0 || timeoutSeconds > MAX_PRESENCE_SECONDS) {
    throw new RangeError(
      `presence.timeoutSeconds must be a whole number from 0 to ${MAX_PRESENCE_SECONDS}, not ${timeoutSeconds}`,
    );
  }
  const flags = console ? 0 : NO_CONSOLE;
  return { name: PRESENCE_FILE, data: Uint8Array.of(timeoutSeconds & 0xff, timeoutSeconds >>> 8, flags) };
}
