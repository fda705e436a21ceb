/** `tabtpm boot`: the guest with its TPM in the user's terminal. */
import {
  BootWatch,
  ClockNotice,
  durationInWords,
  setClockCommand,
  unmeasuredBy,
  type WatchedMachine,
} from "../boot/index.ts";
import { MAX_PRESENCE_SECONDS } from "../firmware/presence.ts";
import type { Tpm, TpmInterface, TpmProfile } from "../public.ts";
import { createMachine, MACHINE_SERIAL_PORTS, type Machine } from "../v86/machine.ts";
import { checkIrq } from "../v86/tpmOptions.ts";
import {
  BOOT_FILE_HELP,
  BOOT_FILE_OPTIONS,
  type BootFileOptions,
  type OpenBootFiles,
  openBootFiles,
  parseBootFiles,
} from "./bootFiles.ts";
import { CAPTURE_HELP, CAPTURE_OPTIONS, type CaptureOptions, parseCapture, recordTpm } from "./captureFile.ts";
import { UsageError } from "./errors.ts";
import {
  type CommandSource,
  foreignTpm,
  GUEST_TPM_OPTIONS,
  type GuestTpm,
  type GuestTpmOptions,
  ownTpm,
  parseGuestTpm,
} from "./guestTpm.ts";
import type { HostFolder } from "./hostFolder/index.ts";
import { openShare } from "./hostFolder/share.ts";
import { loadGuestFromDirectory } from "./index.ts";
import { parseOptions, parseProfile, parseState } from "./parse.ts";
import { type KeyOption, parseStateKey, STATE_KEY_HELP, STATE_KEY_OPTIONS } from "./stateKey.ts";
import { type Streams, Terminal } from "./terminal.ts";
import { readV86Wasm } from "./v86Wasm.ts";

export const BOOT_HELP = `Usage: tabtpm boot [options]

Boots the Linux guest with its TPM 2.0 in this terminal. The TPM is at /dev/tpm0 and /dev/tpmrm0.
Ctrl-] switches off and quits; so does \`poweroff -f\` in the guest.
Input that is no terminal is typed when the shell's prompt appears.

Options:
  --tpm PLACE      the TPM of somebody else: swtpm:HOST:PORT, mssim:HOST:PORT, device:/dev/tpm0 (this machine's own) or
                   bridge:ws://... (of tabtpm bridge); PLACE as tabtpm bridge --help has it. One that can't be reached is
                   said to be so, and the guest boots without; a reset tries again
  --shared, --allow NAME, --token-file FILE
                   (with --tpm) as of tabtpm bridge
  --state DIR      keep the TPM's state in this folder (made when missing); without it the TPM is forgotten at the end
${STATE_KEY_HELP}  --memory N       the guest's memory in MiB, 96 to 2047 (default 128, 192 with a CD)
  --profile NAME   what a new TPM is made with: full (default) or libtpms-0.9
  --interface NAME the TPM's registers: tis (default) or crb
  --irq N          the TPM's interrupt, with tis: 7, the one that is free; without it Linux polls
  --boot-menu      ESC within 2.5 s shows SeaBIOS's menu, with "t. TPM Configuration": clear the TPM, choose PCR banks
  --presence-timeout N
                   seconds that the firmware waits for an answer where a request needs a present user (default 60)
  --append ARGS    more arguments for the kernel's command line
  --share DIR      this folder is the guest's /mnt: what the guest changes there changes here. Files and folders only:
                   links are not shown and not followed, the guest makes none, and permissions stay yours
${CAPTURE_HELP}${BOOT_FILE_HELP}  -h, --help       this text
`;

export interface BootOptions {
  /** Undefined: the guest has a TPM of its own. */
  tpm: GuestTpmOptions | undefined;
  /** Folder of the TPM's state; undefined = in memory only. */
  state: string | undefined;
  /** Encrypts it. */
  key: KeyOption | undefined;
  memoryMiB: number | undefined;
  profile: TpmProfile | undefined;
  interface: TpmInterface | undefined;
  irq: number | undefined;
  bootMenu: boolean | undefined;
  /** Seconds, 0 to 65535. */
  presenceTimeout: number | undefined;
  append: string | undefined;
  files: BootFileOptions;
  /** Folder of the host that is the guest's /mnt; undefined = the guest has none of the host's files. */
  share: string | undefined;
  /** Undefined: no capture. */
  pcap: CaptureOptions | undefined;
}

/** @returns undefined when help is asked for. @throws UsageError */
export function parseBootOptions(argv: readonly string[]): BootOptions | undefined {
  const values = parseOptions("boot", argv, {
    ...GUEST_TPM_OPTIONS,
    state: { type: "string" },
    ...STATE_KEY_OPTIONS,
    memory: { type: "string" },
    profile: { type: "string" },
    interface: { type: "string" },
    irq: { type: "string" },
    "boot-menu": { type: "boolean" },
    "presence-timeout": { type: "string" },
    append: { type: "string" },
    ...BOOT_FILE_OPTIONS,
    share: { type: "string" },
    ...CAPTURE_OPTIONS,
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return undefined;
  const { memory, append, interface: kind } = values;
  if (memory !== undefined && !/^\d+$/.test(memory)) {
    throw new UsageError(`--memory needs a number of MiB, such as 128; "${memory}" is none.`);
  }
  if (kind !== undefined && kind !== "tis" && kind !== "crb") {
    throw new UsageError(`--interface needs tis or crb; "${kind}" is neither.`);
  }
  const tpm = parseGuestTpm(values);
  for (const other of ["state", "profile"] as const) {
    if (tpm !== undefined && values[other] !== undefined)
      throw new UsageError(`--${other} is of a TPM of the guest's own; leave it or --tpm out.`);
  }
  const key = parseStateKey(values);
  if (tpm !== undefined && key !== undefined) {
    throw new UsageError("A key encrypts the state of a TPM of the guest's own; leave it or --tpm out.");
  }
  return {
    tpm,
    state: parseState(values.state),
    key,
    memoryMiB: memory === undefined ? undefined : Number(memory),
    profile: parseProfile(values.profile),
    interface: kind,
    irq: parseIrq(values.irq, kind),
    bootMenu: values["boot-menu"],
    presenceTimeout: parsePresenceTimeout(values["presence-timeout"]),
    append,
    files: parseBootFiles(values, append),
    share: parseShare(values.share),
    pcap: parseCapture(values),
  };
}

/** @throws UsageError */
function parsePresenceTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MAX_PRESENCE_SECONDS) return seconds;
  throw new UsageError(
    `--presence-timeout needs a number of seconds, 0 to ${MAX_PRESENCE_SECONDS}; "${text}" is none.`,
  );
}

function parseShare(dir: string | undefined): string | undefined {
  if (dir === "") throw new UsageError("--share needs the name of a folder.");
  return dir;
}

/** @throws UsageError for what the PC that `tabtpm boot` makes can't give the TPM. */
function parseIrq(text: string | undefined, kind: TpmInterface | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (kind === "crb") throw new UsageError(`--irq goes with --interface tis; crb has no interrupt.`);
  if (!/^\d{1,2}$/.test(text))
    throw new UsageError(`--irq needs the number of an interrupt, such as 7; "${text}" is none.`);
  const irq = Number(text);
  try {
    checkIrq(irq, MACHINE_SERIAL_PORTS);
  } catch (error) {
    throw new UsageError(`--irq: ${(error as Error).message}`);
  }
  return irq;
}

/**
 * Boots, and runs until the guest powers off, the user quits or `signal` aborts. The terminal is as before then, the
 * TPM's power off and its folder given back.
 * @throws what loading the images, opening the TPM's state or making the machine throws, for the user to read.
 */
export async function boot(options: BootOptions, streams: Streams, signal?: AbortSignal): Promise<void> {
  const say = (text: string) => void streams.stderr.write(`tabtpm: ${text}\r\n`);
  const tpm = options.tpm === undefined ? ownTpm(options) : foreignTpm(options.tpm, say);
  const capture = recordTpm(tpm, options.pcap, say);
  let machine: Machine | undefined;
  let files: OpenBootFiles | undefined;
  let share: HostFolder | undefined;
  try {
    files = await openBootFiles(options.files);
    share = options.share === undefined ? undefined : await openShare(options.share, options.state);
    const images = await loadImages(streams);
    await tpm.begin();
    signal?.throwIfAborted();
    machine = await createMachine({
      images,
      wasm: await readV86Wasm(),
      tpm: tpm.backend,
      ...(options.interface === undefined ? {} : { interface: options.interface }),
      ...(share === undefined ? {} : { files: share }),
      ...(options.irq === undefined ? {} : { irq: options.irq }),
      ...(options.bootMenu === undefined ? {} : { bootMenu: options.bootMenu }),
      ...(options.presenceTimeout === undefined ? {} : { presence: { timeoutSeconds: options.presenceTimeout } }),
      ...(options.memoryMiB === undefined ? {} : { memoryMiB: options.memoryMiB }),
      ...(options.append === undefined ? {} : { cmdline: [images.cmdline, options.append].filter(Boolean).join(" ") }),
      ...files.options,
      onUntestedV86: (warning) => streams.stderr.write(`tabtpm: ${warning}\n`),
    });
    await run(machine, tpm, streams, signal);
  } finally {
    await machine?.destroy();
    await files?.close();
    await tpm.close();
    capture.close();
    await share?.close();
  }
}

async function run(machine: Machine, tpm: GuestTpm, streams: Streams, signal: AbortSignal | undefined): Promise<void> {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  // A pipe is faster than the boot, and the kernel drops what arrives before it is there.
  let early: Uint8Array[] | undefined = streams.stdin.isTTY ? undefined : [];
  const terminal = new Terminal(
    streams,
    (bytes) => (early === undefined ? machine.serial.send(bytes) : void early.push(bytes)),
    end,
    (rows, columns) => machine.resizeTerminal(rows, columns),
  );
  machine.serial.on("output", (bytes) => terminal.write(bytes));
  machine.on("stage", (stage) => {
    if (stage === "kernel") terminal.wrapLines();
    if (stage !== "shell" || early === undefined) return;
    for (const bytes of early) machine.serial.send(bytes);
    early = undefined;
  });
  machine.on("powered-off", end);
  sayWhatHappens(machine, tpm.isWatched ? tpm : null, terminal);
  machine.on("variables-failed", (error) => terminal.say(`tabtpm: ${(error as Error).message}`));
  machine.on("tpm-failed", (error) => terminal.say(`tabtpm: the TPM has failed: ${(error as Error).message}`));
  tpm.onNotice((text) => terminal.say(`tabtpm: ${text}`));
  machine.on("disk-failed", ({ message }) => terminal.say(`tabtpm: ${message}`));
  signal?.addEventListener("abort", end);
  terminal.open();
  for (const note of [unmeasuredBy(machine.bootsFrom), ...machine.notes]) if (note) terminal.say(`tabtpm: ${note}`);
  try {
    await machine.powerOn();
    await ended;
  } finally {
    signal?.removeEventListener("abort", end);
    terminal.close();
  }
}

/**
 * Tells the user in lines of ours what the guest's console does not.
 * @param tpm null for one that is shared, which the firmware is not to measure into.
 */
export function sayWhatHappens(
  machine: WatchedMachine,
  tpm: (Pick<Tpm, "inspect"> & CommandSource) | null,
  terminal: Pick<Terminal, "say" | "interactive">,
): void {
  const say = (text: string) => terminal.say(`tabtpm: ${text}`);
  machine.on("tpm-waiting", (waiting) => say(waiting ? "waiting for the TPM" : "no longer waiting for the TPM"));
  const clock = new ClockNotice();
  machine.on("clock-behind", (behind) => {
    if (!clock.isNews(behind)) return;
    const words = durationInWords(behind);
    const command = setClockCommand(Date.now());
    say(`the PC's clock is ${words} behind: it stood still for that long. \`${command}\` sets it.`);
  });
  if (tpm === null) return;
  let said = new Set<string>();
  const watch = new BootWatch({
    machine,
    tpm,
    onJudgement: ({ findings }) => {
      const news = findings.filter(({ kind }) => !said.has(kind));
      said = new Set(findings.map(({ kind }) => kind));
      for (const { sentence } of news) say(sentence);
      if (news.length === 0) return;
      const quit = terminal.interactive ? "; Ctrl-] quits" : "";
      say(`\`reboot -f\` in the guest starts the TPM, the firmware and Linux afresh${quit}.`);
    },
  });
  tpm.on("command", (event) => watch.observe(event));
}

/** Shows progress on a terminal: from a slow disk the images take a while. */
async function loadImages({ stderr }: Streams) {
  const loaded = new Map<string, { loaded: number; total: number }>();
  const show = (text: string) => stderr.isTTY && stderr.write(`\r\x1b[K${text}`);
  try {
    return await loadGuestFromDirectory({
      onProgress: (progress) => {
        loaded.set(progress.name, progress);
        const sum = (field: "loaded" | "total") => [...loaded.values()].reduce((total, each) => total + each[field], 0);
        show(`Loading the guest: ${Math.floor((100 * sum("loaded")) / sum("total"))} %`);
      },
    });
  } finally {
    show("");
  }
}
