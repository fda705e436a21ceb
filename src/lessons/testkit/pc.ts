/** A PC in Node as a lesson has one: a TPM of its own, fresh at first, a folder at /mnt, the project's guest. */
import type { GuestImages } from "../../guest/images.ts";
import { loadGuestFromDirectory } from "../../guest/node.ts";
import { createTpm, KeptFolder, MemoryDatabase, type Tpm } from "../../node/index.ts";
import { readV86Wasm } from "../../node/v86Wasm.ts";
import { createMachine, type Machine } from "../../v86/machine.ts";
import { GuestShell } from "../../v86/testkit/guestShell.ts";
import { FactKeeper } from "../facts.ts";
import type { LessonHost } from "../host.ts";
import type { Act } from "../lesson.ts";

/** Read, checked and compiled once for all boots. */
let parts: Promise<[GuestImages, WebAssembly.Module]> | null = null;

export class LessonPc implements LessonHost {
  readonly tpm: Tpm;
  readonly facts: FactKeeper;
  readonly #folder: KeptFolder;
  #running: { machine: Machine; shell: GuestShell } | null = null;

  private constructor(tpm: Tpm, folder: KeptFolder) {
    this.tpm = tpm;
    this.#folder = folder;
    this.facts = new FactKeeper({ tpm, readFile: (path) => folder.readFile(path) });
  }

  /** Boots it to the prompt. @param permanent the TPM's state; without it, it is a new one */
  static async boot(permanent?: Uint8Array): Promise<LessonPc> {
    const tpm = createTpm({ store: { kind: "memory" } });
    await tpm.ready;
    if (permanent !== undefined) await tpm.importState(permanent);
    const pc = new LessonPc(tpm, await KeptFolder.open(new MemoryDatabase()));
    await pc.#boot("");
    return pc;
  }

  get shell(): GuestShell {
    return this.#running!.shell;
  }

  /** What the guest has written to its console. */
  get console(): string {
    return this.#running?.machine.serial.text() ?? "";
  }

  type(line: string): void {
    this.shell.type(line);
  }

  async act(act: Act): Promise<void> {
    const { machine, shell } = this.#running!;
    switch (act.kind) {
      case "failure-mode":
        await this.tpm.enterFailureMode();
        return;
      case "boot":
        await machine.destroy();
        await this.#boot(act.append);
        return;
      case "reset":
        machine.reset();
        break;
      case "power-cut":
        await machine.pullPlug();
        await machine.powerOn();
        break;
      case "power-cycle":
        await machine.powerOff();
        await machine.powerOn();
        break;
    }
    await shell.stage("shell");
  }

  /** As the lesson found it: another TPM, a boot to the prompt. @param permanent as in {@link LessonPc.boot} */
  async renew(permanent?: Uint8Array): Promise<void> {
    await this.#running!.machine.destroy();
    await this.tpm.newTpm(permanent === undefined ? {} : { permanent });
    await this.#boot("");
  }

  async close(): Promise<void> {
    this.facts.close();
    await this.#running?.machine.destroy();
    await this.tpm.close();
    this.#folder.close();
  }

  async #boot(append: string): Promise<void> {
    parts ??= Promise.all([loadGuestFromDirectory(), readV86Wasm().then((bytes) => WebAssembly.compile(bytes))]);
    const [images, wasm] = await parts;
    const machine = await createMachine({
      images,
      wasm,
      tpm: this.tpm,
      files: this.#folder,
      ...(append === "" ? {} : { cmdline: `${images.cmdline} ${append}` }),
    });
    const shell = new GuestShell(machine);
    this.#running = { machine, shell };
    this.facts.follow(machine);
    await machine.powerOn();
    await shell.stage("shell");
  }
}
