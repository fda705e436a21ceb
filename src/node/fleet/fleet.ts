/** Many TPMs in one process: which there are, and which of them are in memory. */
import { UsageError } from "../errors.ts";
import type { ServerLog } from "../socket/log.ts";
import { FleetTpm, type FleetTpmStatus } from "./fleetTpm.ts";
import type { FleetHouse, FleetSettings } from "./house.ts";
import { Tidying } from "./memory.ts";
import { checkFleetName } from "./names.ts";
import { Slots } from "./slots.ts";
import { isThereAlready, noSuchTpm } from "./states.ts";

/** Sockets that are opened, and TPMs that are ended, at once. */
const AT_ONCE = 16;

export interface FleetStatus {
  /** TPMs. */
  count: number;
  inMemory: number;
  maxInMemory: number;
  /** Of the process, bytes. */
  memory: number;
  store: string;
  tpms: FleetTpmStatus[];
}

export class Fleet {
  readonly #settings: FleetSettings;
  readonly #tpms = new Map<string, FleetTpm>();
  readonly #house: FleetHouse;
  /** Names that are being made or moved aside. */
  readonly #changing = new Set<string>();
  readonly #tidying = new Tidying();
  #isClosed = false;

  private constructor(settings: FleetSettings, log: ServerLog) {
    this.#settings = settings;
    const slots = new Slots(settings.maxInMemory);
    this.#house = {
      settings,
      admit: () => slots.take(() => void this.#longestIdle()?.sleep()),
      leave: () => {
        slots.give();
        this.#tidying.left();
      },
      get isFull() {
        return slots.isWanted;
      },
      log: log.line,
      logs: (level) => log.logs(level),
    };
  }

  /** Listens for all TPMs that the store has; none is loaded. @throws Error about a socket; nothing listens then. */
  static async open(settings: FleetSettings, log: ServerLog): Promise<Fleet> {
    const fleet = new Fleet(settings, log);
    try {
      const names = await settings.states.names();
      for (const name of names) checkFleetName(name, settings.listen);
      await inTurns(names, (name) => fleet.#listen(name));
    } catch (error) {
      await fleet.#closeAll();
      throw error;
    }
    return fleet;
  }

  get status(): FleetStatus {
    const { maxInMemory, states } = this.#settings;
    const tpms = [...this.#tpms.values()]
      .map(({ status }) => status)
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const inMemory = tpms.filter(({ state }) => state === "on" || state === "starting" || state === "ending").length;
    return {
      ...{ count: tpms.length, inMemory, maxInMemory },
      ...{ memory: process.memoryUsage.rss(), store: states.where, tpms },
    };
  }

  /**
   * A place for a TPM, which is made when somebody connects first; or the one that the store has got since the fleet began.
   * @throws UsageError; Error when the fleet has it.
   */
  async create(name: string): Promise<void> {
    const { listen, states } = this.#settings;
    checkFleetName(name, listen);
    await this.#changes(name, async () => {
      if (this.#tpms.has(name)) throw isThereAlready(name, states.where);
      if (!(await states.names()).includes(name)) await states.create(name);
      await this.#listen(name);
    });
  }

  /**
   * Moves a TPM aside that nobody speaks with.
   * @returns where its state is kept. @throws Error when there is no such TPM, or it is in use.
   */
  async remove(name: string): Promise<string> {
    const tpm = this.#tpms.get(name);
    if (tpm === undefined) throw noSuchTpm(name, this.#settings.states.where);
    return this.#changes(name, async () => {
      const { clients } = tpm.status;
      if (clients > 0) {
        throw new Error(
          `The TPM "${name}" is in use by ${clients} connection${clients === 1 ? "" : "s"}: end them first.`,
        );
      }
      await tpm.close();
      this.#tpms.delete(name);
      try {
        return await this.#settings.states.remove(name);
      } catch (error) {
        // It is still there, and can be used.
        await this.#listen(name);
        throw error;
      }
    });
  }

  /** Ends all TPMs in good order and removes the sockets. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#closeAll();
  }

  async #changes<T>(name: string, change: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Error("The fleet is about to end.");
    if (this.#changing.has(name)) throw new UsageError(`The TPM "${name}" is just being made or removed.`);
    this.#changing.add(name);
    try {
      return await change();
    } finally {
      this.#changing.delete(name);
    }
  }

  async #listen(name: string): Promise<void> {
    const tpm = await FleetTpm.listen(name, this.#house);
    if (this.#isClosed) await tpm.close();
    else this.#tpms.set(name, tpm);
  }

  #longestIdle(): FleetTpm | undefined {
    let found: FleetTpm | undefined;
    for (const tpm of this.#tpms.values()) {
      if (tpm.isIdle && (found === undefined || tpm.idleSince < found.idleSince)) found = tpm;
    }
    return found;
  }

  async #closeAll(): Promise<void> {
    await inTurns([...this.#tpms.values()], (tpm) => tpm.close());
    this.#tpms.clear();
    this.#tidying.end();
  }
}

/** @throws the first error, when none is at work any more. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const errors: unknown[] = [];
  const worker = async () => {
    for (const item of queue) {
      if (errors.length > 0) return;
      await work(item).catch((error) => void errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (errors.length > 0) throw errors[0];
}
