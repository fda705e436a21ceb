/**
 * How other people's programs start swtpm, as facts about them: each line is taken, or refused with a reason that helps.
 * S is a socket's path, D a folder, F a file.
 */
import { describe, expect, it } from "vitest";
import { run } from "../cli.ts";
import { TAKEN } from "../testkit/launcherLines.ts";
import { FakeStreams } from "../testkit/streams.ts";
import { parseSocketRequest } from "./options.ts";

/** [who, the line after `tabtpm socket`, the whole reason] */
const REFUSED: [string, string, string][] = [
  [
    "libvirt, for a TPM 1.2",
    "--ctrl type=unixio,path=S,mode=0600 --tpmstate dir=D,mode=0600 --terminate",
    "tabtpm is a TPM 2.0 only: add --tpm2, as for swtpm.",
  ],
  [
    "who changes the root",
    "--chroot D --tpm2 --tpmstate dir=D --ctrl type=unixio,path=S",
    "--chroot is not supported: Node has no chroot, and needs its own files at run time; start tabtpm in a container instead.",
  ],
];

/** [who, the line after `tabtpm`, the whole reason] */
const NO_COMMANDS: [string, string, string][] = [
  [
    "LXD and Incus, for a container",
    "chardev --tpm2 --tpmstate dir=D --vtpm-proxy",
    "tabtpm chardev is not supported: Node can't make ioctl calls, which character devices and /dev/vtpmx need. Use tabtpm socket.",
  ],
  [
    "systemd's vTPM proxy",
    "chardev --vtpm-proxy --tpm2 --tpmstate dir=D --flags startup-clear",
    "tabtpm chardev is not supported: Node can't make ioctl calls, which character devices and /dev/vtpmx need. Use tabtpm socket.",
  ],
  [
    "who wants a device",
    "cuse --tpm2 -n vtpm0 --tpmstate dir=D",
    "tabtpm cuse is not supported: Node can't make ioctl calls, which a character device in userspace has to answer. Use tabtpm socket.",
  ],
];

describe("the command line of", () => {
  it.each(TAKEN)("%s is taken", (_, line, wanted) => {
    const request = parseSocketRequest(line.split(" "), {});
    expect(request).toMatchObject({ kind: "serve", options: wanted });
  });

  it("who asks what there is, is answered", () => {
    expect(parseSocketRequest(["--tpm2", "--print-capabilities"], {})).toEqual({ kind: "print-capabilities" });
    // By who does not know yet whether there is a TPM 2.0.
    expect(parseSocketRequest(["--print-capabilities"], {})).toEqual({ kind: "print-capabilities" });
    const states = ["--tpm2", "--print-states", "--tpmstate", "dir=D"];
    expect(parseSocketRequest(states, {})).toEqual({ kind: "print-states", location: { dir: "D" } });
    expect(parseSocketRequest(["--version"], {})).toEqual({ kind: "version" });
    expect(parseSocketRequest(["--tpm2", "--print-profiles"], {})).toEqual({ kind: "print-profiles" });
    const info = { key: undefined, profile: "full", location: { dir: "D" } };
    for (const [text, flags] of [
      ["1", 1],
      ["0x40", 0x40],
    ] as const) {
      const line = ["--tpm2", "--print-info", text, "--tpmstate", "dir=D"];
      expect(parseSocketRequest(line, {})).toEqual({ kind: "print-info", flags, ...info });
    }
    expect(parseSocketRequest(["--tpm2", "--print-info=7"], {})).toMatchObject({ location: undefined });
  });

  it.each(REFUSED)("%s is refused, with the reason", (_, line, reason) => {
    expect(() => parseSocketRequest(line.split(" "), {})).toThrow(
      expect.objectContaining({ name: "UsageError", message: reason }),
    );
  });

  it.each(NO_COMMANDS)("%s is refused, with the reason", async (_, line, reason) => {
    const streams = new FakeStreams(false);
    expect(await run(line.split(" "), streams)).toBe(2);
    expect(streams.errors).toBe(`tabtpm: ${reason}\n`);
  });
});
