/** The machine of the page. A machine can't be rebuilt: where another one is wanted, the old one goes and a new one comes. */
import type { Machine } from "../../src/index.ts";

/** As much of the consoles of machines that are gone is kept as a machine keeps of its own, in characters. */
const TEXT_LIMIT = 1 << 20;

export interface ComputerOptions<Plan> {
  /** Makes a machine without power. */
  readonly make: (plan: Plan) => Promise<Machine>;
  /** Whether a machine that was made by one plan is what another one asks for. */
  readonly isSame: (a: Plan, b: Plan) => boolean;
  /** Told of each machine before it gets power. */
  readonly onMachine: (machine: Machine) => void;
}

export class Computer<Plan> {
  readonly #options: ComputerOptions<Plan>;
  #machine: Machine | null = null;
  #plan: Plan | null = null;
  #text = "";
  #size: readonly [rows: number, columns: number] | null = null;
  /** What was begun before is done. */
  #turn: Promise<unknown> = Promise.resolve();
  #running: () => void = () => {};
  /** The first machine has power. Never rejects. */
  readonly running = new Promise<void>((resolve) => {
    this.#running = resolve;
  });

  constructor(options: ComputerOptions<Plan>) {
    this.#options = options;
  }

  /** Null before the first, and after one that could not be made. */
  get machine(): Machine | null {
    return this.#machine;
  }

  /** By what the machine was made. */
  get plan(): Plan | null {
    return this.#plan;
  }

  /** What the consoles have shown, those of machines that are gone first. */
  text(): string {
    return this.#text + (this.#machine?.serial.text() ?? "");
  }

  /** Types into the console of the machine that is there once there is one with power. */
  async type(text: string): Promise<void> {
    await this.running;
    this.#machine?.serial.send(text);
  }

  resizeTerminal(rows: number, columns: number): void {
    this.#size = [rows, columns];
    this.#machine?.resizeTerminal(rows, columns);
  }

  /**
   * Gives power to a machine that is as planned; one that is otherwise is switched off, and made anew. Does nothing to one
   * that is so and has power.
   * @throws what keeps it from being made; there is no machine then.
   */
  powerOn(plan: Plan): Promise<void> {
    return this.#inTurn(() => this.#powerOn(plan));
  }

  /**
   * A machine that is as planned goes on where `restore` puts it; one that is otherwise is switched off, and made anew.
   * @throws what keeps it from being made; what `restore` throws, which leaves a machine as it was.
   */
  resume(plan: Plan, restore: (machine: Machine) => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      await restore(await this.#planned(plan));
      this.#running();
    });
  }

  /** Switches the machine off, if there is one; the one that is being made at the time is there then. */
  powerOff(): Promise<void> {
    return this.#inTurn(async () => this.#machine?.powerOff());
  }

  /** Two at once, of a button that is pressed twice, would make two machines for one TPM. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #powerOn(plan: Plan): Promise<void> {
    const machine = await this.#planned(plan);
    await machine.powerOn();
    this.#running();
  }

  async #planned(plan: Plan): Promise<Machine> {
    if (this.#plan !== null && !this.#options.isSame(this.#plan, plan)) await this.#discard();
    if (this.#machine === null) {
      const machine = await this.#options.make(plan);
      this.#machine = machine;
      this.#plan = plan;
      if (this.#size !== null) machine.resizeTerminal(...this.#size);
      this.#options.onMachine(machine);
    }
    return this.#machine;
  }

  async #discard(): Promise<void> {
    const machine = this.#machine;
    this.#text = this.text().slice(-TEXT_LIMIT);
    this.#machine = null;
    this.#plan = null;
    await machine?.destroy();
  }
}
