/** Follows the boots: what extends the PCRs, and the boots that are kept to compare with. */
import {
  type BootRecord,
  describeEvent,
  HASH_ALGORITHMS,
  type ImaLog,
  joinEvents,
  MAX_RECORD_SIZE,
  type Machine,
  PcrRecorder,
  parseBootRecord,
  serializeBootRecord,
  type TcgEvent,
  type TpmCommandEvent,
} from "../../src/index.ts";
import { type HistoryActions, type HistoryState, IMA_FILE, initialHistory, type KeptBoot } from "../state/history.ts";
import type { PageState, PcrBank } from "../state/model.ts";
import { Store } from "../state/store.ts";
import { type Sentence, SentenceError, said, sentenceOf, words } from "../words/index.ts";
import type { BootStore } from "./boots.ts";
import { saveFile } from "./download.ts";

const REDRAW_MS = 120;
/** Octets of a list of IMA's that are read. */
const MAX_IMA_SIZE = 8 << 20;
/** A guest that starts a program extends a PCR: its boot is kept anew this long after. */
const KEEP_MS = 1500;

const wallClock = () => performance.timeOrigin + performance.now();

export interface HistoryOptions {
  /** Of the page: its log and PCRs are what the history is held against. */
  readonly page: Store<PageState>;
  readonly tpm: { on(event: "command", listener: (event: TpmCommandEvent) => void): unknown };
  readonly boots: BootStore;
  /** Reads a file of the guest's /mnt. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
}

/** What is known of a boot, before it is put together. */
interface Known extends Pick<BootRecord, "began" | "steps" | "omitted"> {
  readonly events: readonly TcgEvent[];
  readonly ima: ImaLog | null;
  readonly banks: readonly PcrBank[];
}

export class History implements HistoryActions {
  readonly store = new Store<HistoryState>(initialHistory, REDRAW_MS);
  readonly #options: HistoryOptions;
  readonly #recorder = new PcrRecorder();
  #events: readonly TcgEvent[] = [];
  #banks: readonly PcrBank[] = [];
  #ima: ImaLog | null = null;
  /** What was last kept. */
  #kept: BootRecord | null = null;
  /** There is more to keep than was kept. */
  #isDirty = false;
  /** The boot store has this boot as the present one. */
  #isKept = false;
  /** The guest came from a snapshot. */
  #isResumed = false;
  /** What was said of a boot that could not be kept; null when the last one could. */
  #notKept: Sentence | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** What was begun before is done: what is kept is read first, and written in the order of the boots. */
  #turn: Promise<void>;

  constructor(options: HistoryOptions) {
    this.#options = options;
    options.tpm.on("command", (event) => {
      if (this.#recorder.observe(event)) this.#changed();
    });
    options.page.subscribe(() => this.#look());
    this.#turn = this.#read();
  }

  /** To be called for each machine. */
  follow(machine: Machine): void {
    machine.on("reset", () => this.#begin());
    // What of its boot was measured nobody has seen here: it takes no other boot's place.
    machine.on("restored", () => {
      this.#begin();
      this.#isResumed = true;
    });
    machine.on("stage", (stage) => {
      if (stage === "bios") this.#begin();
      else if (stage === "off") void this.#keep();
    });
  }

  /** There is another TPM: nothing of the old one's boots is its. Never rejects. */
  async forget(): Promise<void> {
    this.#recorder.begin(wallClock());
    this.#isDirty = false;
    this.#isKept = false;
    this.store.set({ ...initialHistory, open: this.store.value.open });
    await this.#inTurn(() => this.#options.boots.remove());
  }

  show(pcr: number): void {
    // What went wrong while nobody looked is said now.
    this.store.set({ open: pcr, note: null });
    void this.#refresh();
  }

  close(): void {
    this.store.set({ open: null, present: null, problem: null });
  }

  keepAsGood(): void {
    const known = this.#known();
    void this.#inTurn(async () => {
      const { record } = await putTogether(known);
      await this.#options.boots.keepGood(serializeBootRecord(record));
      this.#setBoot("good", record);
      this.store.set({ problem: null, note: () => words().history.keptAsGood });
    });
  }

  save(boot: KeptBoot | "present"): void {
    const record = boot === "present" ? this.store.value.present : this.store.value.boots[boot];
    if (record === null) return;
    const name = new Date(record.began).toISOString().slice(0, 19).replaceAll(":", "-");
    saveFile(`boot-${name}.json`, serializeBootRecord(record));
  }

  load(file: File): void {
    void this.#attempt(file.name, async () => {
      const record = parseBootRecord(await contentOf(file, MAX_RECORD_SIZE));
      this.#setBoot("file", record);
      this.store.set({ fileName: file.name, note: () => words().history.loaded(file.name) });
    });
  }

  readIma(file: File | null): void {
    const name = file?.name ?? `/mnt/${IMA_FILE}`;
    void this.#attempt(name, async () => {
      const octets = file ? await contentOf(file, MAX_IMA_SIZE) : await this.#options.readFile(IMA_FILE);
      requireSize(octets.length, MAX_IMA_SIZE);
      const { parseImaLog } = await import("./ima.ts");
      this.#ima = parseImaLog(octets);
      this.#changed();
      await this.#refresh();
    });
  }

  /** The boots that were kept. One that can't be read is said, and stays until another takes its place. */
  async #read(): Promise<void> {
    try {
      const { present, last, good } = await this.#options.boots.read();
      const earlier = present ?? last;
      if (good) this.#setBoot("good", parseBootRecord(good));
      if (earlier) this.#setBoot("last", parseBootRecord(earlier));
    } catch (error) {
      const reason = sentenceOf(error);
      this.store.set({ problem: () => words().history.notRead(said(reason)) });
    }
  }

  #setBoot(name: KeptBoot, record: BootRecord): void {
    this.store.set({ boots: { ...this.store.value.boots, [name]: record } });
  }

  /** _TPM_Init: a boot begins, and the one before is the last one. */
  #begin(): void {
    const { began } = this.#recorder;
    void this.#keep();
    void this.#inTurn(async () => {
      if (this.#kept?.began === began) this.#setBoot("last", this.#kept);
    });
    this.#recorder.begin(wallClock());
    this.#isResumed = false;
    this.#isKept = false;
    this.#events = [];
    this.#banks = [];
    this.#ima = null;
    this.store.set({ present: null, unextended: [], ima: null });
  }

  /** The page knows more of the PCRs or of the log. */
  #look(): void {
    const { banks, log } = this.#options.page.value;
    const events = log?.events ?? [];
    if ((banks === this.#banks || banks.length === 0) && (events === this.#events || events.length === 0)) return;
    if (banks.length > 0) this.#banks = banks;
    if (events.length > 0) this.#events = events;
    this.#changed();
    void this.#refresh();
  }

  #changed(): void {
    this.#isDirty = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#keep();
    }, KEEP_MS);
  }

  #known(): Known {
    const { began, steps, omitted } = this.#recorder;
    return {
      began,
      steps: [...steps],
      omitted: new Map(omitted),
      events: this.#events,
      ima: this.#ima,
      banks: this.#banks,
    };
  }

  async #refresh(): Promise<void> {
    if (this.store.value.open === null) return;
    const known = this.#known();
    const { record, unextended, ima } = await putTogether(known);
    if (known.began !== this.#recorder.began || this.store.value.open === null) return;
    this.store.set({ present: record, unextended, ima });
  }

  /** Keeps the boot as it is known now. One without measurements is none that is worth the place of another. */
  async #keep(): Promise<void> {
    const known = this.#known();
    if (this.#isResumed || !this.#isDirty || !known.steps.some(({ digests }) => digests.length > 0)) return;
    const isNew = !this.#isKept;
    this.#isDirty = false;
    this.#isKept = true;
    await this.#inTurn(async () => {
      const { record } = await putTogether(known);
      try {
        await this.#options.boots.write(serializeBootRecord(record), isNew);
      } catch (error) {
        // The next try is as this one was: it must not take the place of the boot before.
        if (known.began === this.#recorder.began) {
          this.#isDirty = true;
          if (isNew) this.#isKept = false;
        }
        throw error;
      }
      this.#kept = record;
      if (this.store.value.problem === this.#notKept) this.store.set({ problem: null });
    });
  }

  /** Never rejects: what could not be kept is said, until a boot can be kept again. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error) => {
      const reason = sentenceOf(error);
      this.#notKept = () => words().history.notKept(said(reason));
      this.store.set({ problem: this.#notKept });
    });
    return this.#turn;
  }

  async #attempt(name: string, work: () => Promise<void>): Promise<void> {
    this.store.set({ problem: null, note: null });
    try {
      await work();
    } catch (error) {
      const reason = sentenceOf(error);
      this.store.set({ problem: () => words().history.notTaken(name, said(reason)) });
    }
  }
}

/** @throws Error for a file that is larger than any of its kind, before it is read */
async function contentOf(file: File, most: number): Promise<Uint8Array> {
  requireSize(file.size, most);
  return new Uint8Array(await file.arrayBuffer());
}

function requireSize(bytes: number, most: number): void {
  if (bytes > most) throw new SentenceError(() => words().history.tooLarge(bytes));
}

async function putTogether({ began, steps, omitted, events, ima, banks }: Known) {
  const firmware = joinEvents(steps, events);
  const all = ima && (await (await import("./ima.ts")).joinIma(firmware.steps, ima.entries));
  const record: BootRecord = {
    began,
    steps: all?.steps ?? firmware.steps,
    omitted,
    banks: banks
      .filter(({ algorithm }) => HASH_ALGORITHMS.has(algorithm))
      .map(({ algorithm, values }) => ({ algorithm, values: values.map((value) => value ?? null) })),
  };
  const unextended = firmware.unextended.map((index) => events[index]!);
  return {
    record,
    unextended: unextended.map((event) => ({ pcr: event.pcrIndex, text: describeEvent(event) })),
    ima: ima && {
      entries: ima.entries.length,
      isCut: ima.isCut,
      unextended: all?.unextended.map((index) => ima.entries[index]!.name) ?? [],
    },
  };
}
