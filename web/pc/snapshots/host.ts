/** The PC as snapshots have to do with it: what of it is kept, and how it goes on with what was kept. */
import {
  DamagedMachineFileError,
  describeSnapshot,
  freeTpmName,
  type GuestImages,
  type Machine,
  type MachineHead,
  SnapshotRefusedError,
  tpmInSnapshot,
} from "../../../src/index.ts";
import type { Plan } from "../../state/choices.ts";
import { noMedia } from "../../state/media.ts";
import type { PageState } from "../../state/model.ts";
import type { SnapshotsProblem } from "../../state/snapshots.ts";
import type { Store } from "../../state/store.ts";
import type { Computer } from "../computer.ts";
import { RESET_TERMINAL, type Screen } from "../follower.ts";
import { guestDigest } from "../guestDigest.ts";
import { arrivals, type openArrivals } from "../migration/arrivals.ts";
import type { TpmDesk } from "../tpms/desk.ts";
import { type SavedPc, type SnapshotHost, Snapshots } from "./manager.ts";
import { pictureOf } from "./picture.ts";
import { Refusal, refusalOf } from "./refusals.ts";
import { noteStart } from "./startNote.ts";

/** What is kept of what the console has shown, in characters. */
const CONSOLE_LIMIT = 1 << 16;

export interface PcParts {
  readonly store: Store<PageState>;
  readonly computer: Computer<Plan>;
  readonly screen: Screen;
  readonly images: () => Promise<GuestImages>;
  readonly tpms: Pick<TpmDesk, "named" | "use">;
}

/** The snapshots of a TPM, and the one that is offered before the PC boots. */
export class Offering {
  readonly snapshots: Snapshots;
  readonly #page: Store<PageState>;
  readonly #tpm: string;
  readonly #arrivals: ReturnType<typeof openArrivals>;
  #answer: ((isResumed: boolean) => void) | null = null;
  /** What came and went on nowhere is kept, and may be offered yet. */
  #waits = false;

  /** @param tpm the identifier of the TPM that the PC has. */
  constructor(tpm: string, parts: PcParts, moves: ReturnType<typeof openArrivals> = arrivals) {
    this.#arrivals = moves;
    const page = parts.store;
    this.#page = page;
    this.#tpm = tpm;
    this.snapshots = new Snapshots({
      tpm,
      host: new PcHost(parts),
      onStart: (isThere) => noteStart(tpm, isThere || this.#waits),
      onResumed: () => {
        page.set({ asking: null });
        this.#answer?.(true);
      },
      announce: (announcement) => page.set({ announcement }),
    });
  }

  /** @returns whether the PC goes on with it. */
  async offer(): Promise<boolean> {
    const loss = await this.#adoptArrival();
    const isOffered = await this.snapshots.findOffered();
    if (!isOffered && loss === null) return false;
    if (loss !== null) this.snapshots.sayLost(loss);
    const isResumed = await new Promise<boolean>((resolve) => {
      this.#answer = resolve;
      this.#page.set({ asking: "snapshots" });
    });
    this.#answer = null;
    // It was said, and comes to nothing ever.
    if (loss !== null && isForGood(loss)) await this.#arrivals.forget(this.#tpm).catch(() => {});
    return isResumed;
  }

  /**
   * The TPM is this page's. A tab that was closed before what had come there went on has left it, and nobody else will take it.
   * @returns why it can't be offered; null: it is, or there is none.
   */
  async #adoptArrival(): Promise<SnapshotsProblem | null> {
    try {
      const arrival = await this.#arrivals.read(this.#tpm);
      if (arrival === null) return null;
      const { machine } = arrival as { readonly machine?: unknown };
      if (!(machine instanceof ArrayBuffer)) throw new DamagedMachineFileError("Nothing is kept of the machine.");
      if (!(await this.snapshots.adopt(machine))) {
        const { problem } = this.snapshots.store.value;
        this.#waits = problem !== null && !isForGood(problem) && problem.kind !== "passphrase";
        return problem;
      }
      await this.#arrivals.forget(this.#tpm);
      return null;
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** The dialog was closed. */
  closed(): void {
    this.snapshots.endOffer();
    this.#answer?.(false);
  }
}

/** What is damaged is never whole again; a passphrase, room, a newer release may come yet. */
const isForGood = ({ kind }: SnapshotsProblem): boolean => kind === "none" || kind === "damaged";

const isProfile = (name: string): name is "full" | "libtpms-0.9" => name === "full" || name === "libtpms-0.9";

class PcHost implements SnapshotHost {
  readonly #pc: PcParts;
  #guest: Promise<string> | null = null;

  constructor(pc: PcParts) {
    this.#pc = pc;
  }

  guest(): Promise<string> {
    this.#guest ??= this.#pc.images().then(guestDigest);
    return this.#guest;
  }

  async save(): Promise<SavedPc> {
    const { computer, screen, store } = this.#pc;
    const { machine, plan } = computer;
    if (machine === null || plan === null || machine.stage === "off") throw new Refusal("off");
    if (Object.keys(plan.media.files).length > 0) throw new Refusal("drives");
    const { stage } = machine;
    const state = await machine.saveState();
    // In one turn with the answer, or nearly: the guest has hardly gone on.
    const picture = await pictureOf(screen.lines?.() ?? []);
    const console = new TextEncoder().encode(computer.text().slice(-CONSOLE_LIMIT));
    const {
      v86Release,
      profile,
      interface: registerInterface,
      memorySize,
      identity,
      savedAt,
    } = describeSnapshot(state);
    const eventLog = eventLogOf(machine);
    return {
      head: {
        ...{ savedAt, v86Release, profile, registerInterface, memorySize },
        tpmIdentity: identity,
        boot: { stage, log: logOf(store.value) },
        pictureType: picture?.type ?? null,
        machine: { settings: plan.settings },
      },
      parts: {
        state: new Uint8Array(state),
        console,
        ...(picture === null ? {} : { picture: new Uint8Array(await picture.arrayBuffer()) }),
        ...(eventLog === null ? {} : { eventLog }),
      },
    };
  }

  async check({ registerInterface, memorySize, profile }: MachineHead, state: ArrayBuffer): Promise<void> {
    const refuse = (what: string, code: SnapshotRefusedError["code"]) => {
      throw new SnapshotRefusedError(`This page has no PC with ${what}.`, code);
    };
    if (!isProfile(profile)) return refuse(`the TPM profile ${profile}`, "profile");
    if (registerInterface !== "tis" && registerInterface !== "crb") {
      return refuse(`the TPM interface ${registerInterface}`, "interface");
    }
    if (memorySize > MEMORY_LIMIT) refuse(`memory of ${memorySize} bytes`, "memory");
    const { tryState } = await import("../tpms/making.ts");
    await tryState(profile, await tpmInSnapshot(state));
  }

  async addTpm(wanted: string, state: ArrayBuffer): Promise<string> {
    const { named } = this.#pc.tpms;
    const { permanent, variables, snapshot } = await tpmInSnapshot(state);
    const name = freeTpmName(
      wanted.trim(),
      (await named.list()).map((tpm) => tpm.name),
    );
    const facts = { profile: snapshot.profile, certificates: null };
    return named.add(name, { state: permanent, variables, facts });
  }

  async removeTpm(id: string): Promise<void> {
    await this.#pc.tpms.named.remove(id);
  }

  async useTpm(id: string): Promise<void> {
    noteStart(id, true);
    const name = (await this.#pc.tpms.named.list()).find((tpm) => tpm.id === id)?.name ?? id;
    await this.#pc.tpms.use(id, name);
  }

  async resume(
    saved: Parameters<SnapshotHost["resume"]>[0],
    onMovedOn: Parameters<SnapshotHost["resume"]>[1],
  ): Promise<void> {
    const { computer, screen, store } = this.#pc;
    const { state, console, settings } = saved;
    const wasBusy = store.value.busy;
    store.set({ busy: true });
    try {
      await computer.resume({ settings, media: noMedia }, async (machine) => {
        await machine.restoreState(state, { onMovedOn, hold: true });
        screen.write(RESET_TERMINAL);
        screen.write(console);
        machine.release();
      });
      store.set({ running: computer.plan });
    } finally {
      store.set({ busy: wasBusy });
    }
    screen.focus();
  }
}

/** Guest RAM that a page can have beside all else, in octets. */
const MEMORY_LIMIT = 2047 << 20;

function logOf({ tpm, findings }: PageState): "good" | "bad" | "unknown" {
  if (findings.length > 0) return "bad";
  return tpm === "ready" ? "good" : "unknown";
}

function eventLogOf(machine: Machine): Uint8Array | null {
  return machine.log === undefined ? null : machine.readPhysical(machine.log.address, machine.log.size);
}
