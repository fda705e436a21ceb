/**
 * One TPM of a fleet: two sockets that listen, and behind them a TPM that is there while somebody speaks with it. A TPM
 * that nobody speaks with gives its memory back; one that has power then goes on where it was.
 */
import type { AtOnceTpm } from "../../engine/api.ts";
import { createTpm } from "../entries/tpm.ts";
import type { Connection } from "../net/connection.ts";
import { Reception } from "../socket/reception.ts";
import { withoutTpm } from "../socket/serve.ts";
import type { SleepingTpm } from "../socket/servedTpm.ts";
import { type ServerReception, SwtpmServer } from "../socket/server.ts";
import type { FleetHouse } from "./house.ts";
import { controlSocket, dataSocket } from "./names.ts";

/**
 * - `off`: it has no power and takes no memory.
 * - `asleep`: the same, but with its power's state kept: it goes on when somebody speaks with it.
 * - `starting`, `ending`: on the way.
 * - `on`: it is in memory.
 * - `failed`: it could not be started, or was taken away; whoever connects next tries it again.
 */
export type FleetTpmState = "off" | "asleep" | "starting" | "on" | "ending" | "failed";

export interface FleetTpmStatus {
  name: string;
  state: FleetTpmState;
  /** Connections, on both channels. */
  clients: number;
  /** Why it failed. */
  reason?: string;
}

interface Running {
  tpm: AtOnceTpm;
  server: SwtpmServer;
}

export class FleetTpm {
  readonly name: string;
  readonly #house: FleetHouse;
  #reception!: Reception;
  #state: FleetTpmState = "off";
  #reason: string | undefined;
  #clients = 0;
  #running: Promise<Running> | undefined;
  /** Of the stay in memory before. */
  #ended: Promise<void> = Promise.resolve();
  #sleeping: SleepingTpm | null = null;
  #idleTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** When the last client left: milliseconds of a clock that never goes back. */
  idleSince = 0;

  private constructor(name: string, house: FleetHouse) {
    this.name = name;
    this.#house = house;
  }

  /** Listens; there is no TPM yet. @throws Error that says what is wrong with the sockets. */
  static async listen(name: string, house: FleetHouse): Promise<FleetTpm> {
    const tpm = new FleetTpm(name, house);
    const { listen, access } = house.settings;
    const address = { kind: "unix" as const, ...access };
    tpm.#reception = await Reception.open(
      {
        server: { ...address, path: dataSocket(listen, name) },
        ctrl: { ...address, path: controlSocket(listen, name) },
        ...{ terminate: false, ctrlTerminate: false, disconnect: false, maxClients: 1 },
      },
      { logs: house.logs, line: (level, text) => tpm.#log(level, text) },
    );
    tpm.#reception.letIn({
      control: (client, descriptors) =>
        tpm.#serve(
          (server) => server.control(client, descriptors),
          () => withoutTpm.control(client, descriptors),
        ),
      data: (client: Connection, disconnect: boolean) =>
        tpm.#serve(
          (server) => server.data(client, disconnect),
          () => withoutTpm.data(client, disconnect),
        ),
    });
    return tpm;
  }

  get status(): FleetTpmStatus {
    const { name } = this;
    const status: FleetTpmStatus = { name, state: this.#state, clients: this.#clients };
    return this.#reason === undefined ? status : { ...status, reason: this.#reason };
  }

  /** It is in memory, and nobody speaks with it. */
  get isIdle(): boolean {
    return this.#state === "on" && this.#clients === 0;
  }

  /** An idle one gives its memory back, and keeps what it needs to go on. Nothing else happens to one that is not idle. */
  async sleep(): Promise<void> {
    if (this.isIdle) await this.#end("sleeps");
  }

  /** Cuts the power, after TPM2_Shutdown, and listens no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reception.close();
    await this.#end("off");
    this.#sleeping = null;
  }

  async #serve(speak: (server: SwtpmServer) => Promise<void>, apologize: () => Promise<void>): Promise<void> {
    this.#clients++;
    clearTimeout(this.#idleTimer);
    try {
      let running: Running;
      try {
        running = await this.#wake();
      } catch {
        // The log and the status say why.
        return await apologize();
      }
      await speak(running.server);
    } finally {
      this.#clients--;
      this.#mayRest();
    }
  }

  #mayRest(): void {
    if (!this.isIdle) return;
    this.idleSince = performance.now();
    if (this.#house.isFull) void this.sleep();
    else this.#idleTimer = setTimeout(() => void this.sleep(), this.#house.settings.idleMs).unref();
  }

  #wake(): Promise<Running> {
    if (this.#running) return this.#running;
    const running = this.#ended.then(() => this.#start());
    this.#running = running;
    running.catch((error: Error) => {
      if (this.#running === running) this.#running = undefined;
      this.#fail(error);
    });
    return running;
  }

  #fail(error: Error): void {
    this.#state = "failed";
    if (this.#reason !== error.message) this.#log(0, error.message);
    this.#reason = error.message;
  }

  async #start(): Promise<Running> {
    const { settings } = this.#house;
    await this.#house.admit();
    this.#state = "starting";
    let tpm: AtOnceTpm | undefined;
    try {
      if (this.#isClosed) throw new Error("The fleet has ended.");
      const { store, dir, volatile, lease } = settings.states.placeOf(this.name);
      const { profile } = settings;
      tpm = createTpm({ store, idleSelfTests: true, ...(profile === undefined ? {} : { profile }) });
      tpm.on("storeError", (error) => this.#log(0, `the state could not be stored: ${error.message}`));
      await tpm.ready;
      const sleeping = this.#sleeping;
      const server = await SwtpmServer.start(
        this.#comingAndGoing(),
        tpm,
        {
          ...{ dir, mode: undefined, volatile, lease, autoShutdown: true },
          ...{ allowSetLocality: false, rejectLocality4: false },
          ...(sleeping ? { powerOn: false, startup: undefined } : settings.power),
        },
        settings.keys,
        { logs: this.#house.logs, line: (level, text) => this.#log(level, text) },
      );
      if (sleeping) await this.#goOn(server, sleeping);
      const running = { tpm, server };
      tpm.on("power", (power) => {
        // Another owner has the state.
        if (power === "failed") this.#lost(running);
      });
      if (tpm.power === "failed") throw tpm.state().error ?? new Error("The TPM has failed.");
      this.#state = "on";
      this.#reason = undefined;
      this.#log(1, "in memory");
      return running;
    } catch (error) {
      await tpm?.close().catch(() => {});
      this.#house.leave();
      throw error;
    }
  }

  /** The power that was cut to save memory is there again, unless the TPM has moved on elsewhere meanwhile. */
  async #goOn(server: SwtpmServer, sleeping: SleepingTpm): Promise<void> {
    this.#sleeping = null;
    try {
      await server.served.wakeUp(sleeping);
    } catch (error) {
      const { power } = this.#house.settings;
      this.#log(0, `its power was cut, because it was in use elsewhere meanwhile: ${(error as Error).message}`);
      if (power.powerOn) await server.served.init(0);
      if (power.startup) await server.served.startUp(power.startup);
    }
  }

  /** What its server may do with the sockets, which outlive it. */
  #comingAndGoing(): ServerReception {
    const reception = this.#reception;
    return {
      letIn() {},
      get ports() {
        return reception.ports;
      },
      get hasDataDescriptor() {
        return reception.hasDataDescriptor;
      },
      serveDescriptor: (socket) => reception.serveDescriptor(socket),
      stopped: new Promise(() => {}),
      // CMD_SHUTDOWN: its answer leaves first.
      stop: () => setImmediate(() => void this.#end("off", true)),
    };
  }

  #lost(running: Running): void {
    const error = running.tpm.state().error ?? new Error("The TPM has failed.");
    void this.#end("off", true).then(() => this.#fail(error));
  }

  #end(as: "off" | "sleeps", disconnects = false): Promise<void> {
    const running = this.#running;
    if (running === undefined) return this.#ended;
    this.#running = undefined;
    clearTimeout(this.#idleTimer);
    if (disconnects) this.#reception.disconnect();
    const stay = running.then(
      (there) => this.#giveUp(there, as),
      // It has not begun.
      () => {},
    );
    this.#ended = stay;
    return stay;
  }

  async #giveUp({ tpm, server }: Running, as: "off" | "sleeps"): Promise<void> {
    this.#state = "ending";
    try {
      // Nothing may change behind what is kept.
      if (as === "sleeps") this.#sleeping = await server.served.sleep();
      else await server.close();
    } catch (error) {
      this.#sleeping = null;
      this.#log(0, `could not be ended in good order: ${(error as Error).message}`);
    }
    await tpm.close().catch((error: Error) => this.#log(0, error.message));
    this.#state = this.#sleeping ? "asleep" : "off";
    this.#house.leave();
    this.#log(1, this.#sleeping ? "asleep" : "off");
  }

  #log(level: number, text: string): void {
    this.#house.log(level, `${this.name}: ${text}`);
  }
}
