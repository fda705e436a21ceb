/** OVMF, the firmware that UEFI guests have under QEMU, with our TPM: it asks what the TPM is, and measures only into a TPM 2.0. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROFILES } from "../../engine/core.ts";
import { bootInQemu } from "../../guest/testkit/qemu.ts";
import { commandWithCode, TPM_CC } from "../../spec/commands.ts";
import { isInstalled } from "../testkit/installed.ts";
import { type SocketServer, startSocketServer } from "../testkit/socketServer.ts";

/** Of the Debian package ovmf. */
const OVMF = "/usr/share/ovmf/OVMF.fd";
/** TPM2_PCR_Read of PCR 0 in the bank of SHA-256. */
const READ_PCR_0 = Buffer.from("8001000000140000017e00000001000b03010000", "hex");
/** TPM_ORD_GetTicks of TPM 1.2. */
const GET_TICKS = "00c10000000a000000f1";
const ZERO = Buffer.alloc(32);

const codeOf = (command: Uint8Array) => Buffer.from(command).readUInt32BE(6);
const nameOf = (command: Uint8Array) => {
  const name = commandWithCode(codeOf(command))?.name;
  return name ?? Buffer.from(command).toString("hex");
};

/** Boots OVMF until it has measured. @returns the commands that it has sent until then, and PCR 0. */
async function measuredBy(device: "tpm-tis" | "tpm-crb", profile: string) {
  let server: SocketServer | undefined;
  const commands: Uint8Array[] = [];
  let extended = () => {};
  const measured = new Promise<void>((resolve) => {
    extended = resolve;
  });
  const guest = await bootInQemu(device, {
    program: "qemu-system-x86_64",
    software: ["-bios", OVMF],
    startTpm: async (socket, dir) => {
      const options = ["--ctrl", `type=unixio,path=${socket}`, "--profile", profile];
      server = await startSocketServer(options, join(dir, "tpm"));
      server.tpm.on("command", ({ command }) => {
        commands.push(command);
        if (commands.length >= 10 && commands.some((each) => codeOf(each) === TPM_CC.TPM_CC_PCR_Extend)) extended();
      });
      return server;
    },
  });
  try {
    await Promise.race([
      measured,
      guest.exited.then((code) =>
        Promise.reject(new Error(`QEMU ended with ${code}; OVMF sent ${commands.map(nameOf)}`)),
      ),
    ]);
    const first = commands.slice(0, 10).map(nameOf);
    const response = await server!.tpm.execute(READ_PCR_0);
    return { first, pcr0: Buffer.from(response.slice(-32)) };
  } finally {
    await guest.close();
  }
}

describe.runIf(isInstalled("qemu-system-x86_64", OVMF))("OVMF with our TPM", () => {
  for (const device of ["tpm-tis", "tpm-crb"] as const) {
    it.each(PROFILES)(`measures into it as ${device}, in profile %s`, { timeout: 600_000 }, async (profile) => {
      const { first, pcr0 } = await measuredBy(device, profile);
      // What it asks a TIS first is a command of TPM 1.2.
      if (device === "tpm-tis") expect(first[0]).toBe(GET_TICKS);
      expect(first).toContain("PCR_Extend");
      expect(pcr0).not.toEqual(ZERO);
    });
  }
});
