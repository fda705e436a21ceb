/** Our core and swtpm side by side: each step on both, and the first difference in words. */

import { commandWithCode } from "../../../src/spec/commands.ts";
import { decodeCommand, decodeResponse, formatFields } from "../../../src/trace/index.ts";
import { concat, hex, Response, TestTpm } from "../harness.ts";
import { Swtpm } from "../swtpm.ts";
import { compared } from "./masks.ts";
import { Model } from "./model.ts";
import { type Machine, type Rendered, Side } from "./side.ts";
import type { CommandStep, Step } from "./step.ts";

class OurMachine implements Machine {
  tpm = new TestTpm({ profile: 1 });
  run(bytes: Uint8Array, locality: number): Uint8Array {
    this.tpm.now += 1;
    return this.tpm.run(bytes, locality).bytes;
  }
  init(): void {
    this.tpm = this.tpm.powerCycle();
  }
  hash(data: Uint8Array): void {
    this.tpm.hashSequence(data);
  }
}

/** A difference that the specification demands, or that follows from what does not exist yet. */
export type Excuse = (step: CommandStep, ours: Response, theirs: Response, command: Uint8Array) => string | null;

export class Pair {
  readonly model = new Model();
  readonly #swtpm: Swtpm;
  readonly #our: Side;
  readonly #their: Side;
  readonly #excuses: readonly Excuse[];
  /** Answers by command and response code, for the report. */
  readonly seen = new Map<string, number>();
  readonly excused = new Map<string, number>();

  /** @param ours what is compared with swtpm. */
  constructor(swtpm: Swtpm, excuses: readonly Excuse[], ours: Machine = new OurMachine()) {
    this.#swtpm = swtpm;
    this.#our = new Side(ours, this.model);
    this.#their = new Side(
      {
        run: (bytes, locality) => swtpm.run(bytes, locality),
        init: () => swtpm.init(),
        hash: (data) => swtpm.hashSequence(data),
      },
      this.model,
    );
    this.#excuses = excuses;
  }

  static async start(excuses: readonly Excuse[] = []): Promise<Pair> {
    return new Pair(await Swtpm.start(), excuses);
  }
  async stop(): Promise<void> {
    await this.#swtpm.stop();
  }

  /** @returns the difference in words, or null. Throws where our core trapped. */
  async run(step: Step): Promise<string | null> {
    if (step.kind !== "command") {
      for (const side of [this.#our, this.#their]) {
        if (step.kind === "init") await side.machine.init();
        else await side.machine.hash(step.data);
        if (step.kind === "init") side.forgetSessions();
      }
      this.model.learn(step, null, new Uint8Array(0));
      return null;
    }
    const ourCommand = this.#our.render(step);
    const theirCommand = this.#their.render(step);
    const ours = new Response(await this.#our.machine.run(ourCommand.bytes, step.locality));
    const theirs = new Response(await this.#their.machine.run(theirCommand.bytes, step.locality));
    const key = `${step.name} ${theirs.rc.toString(16)}`;
    this.seen.set(key, (this.seen.get(key) ?? 0) + 1);
    return this.#compare(step, ourCommand, theirCommand, ours, theirs);
  }

  /** An object of the command, or what it gives out, follows from the seeds of each TPM. */
  #isOwn({ name, handles, parameters, asked }: CommandStep): boolean {
    const isNamed = parameters.some((part) => "nameOf" in part && this.model.objects.isOwn(part.nameOf));
    return (
      isNamed ||
      name.startsWith("Create") ||
      (name === "Load" && asked?.isOwn !== false) ||
      handles.some((handle) => this.model.isOwn(handle))
    );
  }

  #compare(
    step: CommandStep,
    ourCommand: Rendered,
    theirCommand: Rendered,
    ours: Response,
    theirs: Response,
  ): string | null {
    const excuse = this.#excuses.map((e) => e(step, ours, theirs, ourCommand.bytes)).find((reason) => reason !== null);
    if (excuse) {
      this.excused.set(excuse, (this.excused.get(excuse) ?? 0) + 1);
      return null;
    }
    const code =
      ourCommand.bytes.length >= 10
        ? new DataView(ourCommand.bytes.buffer, ourCommand.bytes.byteOffset).getUint32(6)
        : 0;
    const responseHandles = commandWithCode(code)?.responseHandles.length ?? 0;
    const report = (what: string) => difference(what, step, ourCommand, theirCommand, ours, theirs);
    if (ours.rc !== theirs.rc) return report("the response codes differ");
    const isOwn = this.#isOwn(step);
    this.model.learn(step, ours, ourCommand.parameters);
    const our = this.#our.accept(step, ourCommand, ours, responseHandles);
    const their = this.#their.accept(step, theirCommand, theirs, responseHandles);
    if (their.problem) return report(`swtpm: ${their.problem} (the driver's own mistake)`);
    if (our.problem) return report(our.problem);
    if (step.name === "PolicyGetDigest" && ours.rc === 0 && !step.mutation)
      this.model.learnDigest(step.handles[0] ?? 0, our.clear.parameters.slice(2));
    const name = commandWithCode(code)?.name ?? "";
    const expected = compared({ name, code }, their.clear, responseHandles, isOwn);
    const actual = compared({ name, code }, our.clear, responseHandles, isOwn);
    for (const [i, { field, value }] of expected.entries()) {
      const other = actual[i]?.field === field ? actual[i].value : "(not there)";
      if (other !== value) return report(`${field} differ\n    libtpms ${value}\n    tabtpm  ${other}`);
    }
    return null;
  }
}

function difference(
  what: string,
  step: CommandStep,
  our: Rendered,
  their: Rendered,
  ours: Response,
  theirs: Response,
): string {
  const command = decodeCommand(our.bytes);
  const lines = formatFields(command.fields, { revealSecrets: true }).map(
    ({ name, value, depth }) => `    ${"  ".repeat(depth)}${name} ${value}`,
  );
  const code = (response: Response, bytes: Uint8Array) => {
    const { name, about, number } = decodeResponse(response.bytes, bytes).responseCode;
    return `${name}${number === 0 ? "" : `, ${about} ${number}`}  ${hex(response.bytes)}`;
  };
  const deviation = step.mutation ? `, changed by ${JSON.stringify(step.mutation)}` : "";
  return [
    `${step.name} at locality ${step.locality}${deviation}: ${what}`,
    ...lines,
    `    command ${hex(our.bytes)}`,
    `  libtpms ${code(theirs, their.bytes)}`,
    `  tabtpm  ${code(ours, our.bytes)}`,
  ].join("\n");
}

/** A stream from the start, on two new TPMs: where it first differs. */
export async function firstDifference(
  steps: readonly Step[],
  excuses: readonly Excuse[],
): Promise<{ index: number; text: string } | null> {
  const pair = await Pair.start(excuses);
  try {
    for (const [index, step] of steps.entries()) {
      const text = await pair.run(step);
      if (text !== null) return { index, text };
    }
    return null;
  } finally {
    await pair.stop();
  }
}

/** Leaves out what the last difference does not need. */
export async function shrink(
  steps: readonly Step[],
  excuses: readonly Excuse[],
  attempts = 200,
): Promise<{ steps: readonly Step[]; text: string } | null> {
  const found = await firstDifference(steps, excuses);
  if (!found) return null;
  let best = steps.slice(0, found.index + 1);
  let text = found.text;
  for (let size = best.length >> 1; size >= 1; size >>= 1) {
    for (let at = best.length - 1 - size; at >= 0 && attempts > 0; at -= size, attempts--) {
      const fewer = [...best.slice(0, at), ...best.slice(at + size)];
      const result = await firstDifference(fewer, excuses);
      // The same command has to differ, or another difference would be reported.
      if (result && nameOf(fewer[result.index]) === nameOf(best.at(-1))) {
        best = fewer.slice(0, result.index + 1);
        text = result.text;
        at = Math.min(at, best.length - 1);
      }
    }
  }
  return { steps: best, text };
}

function nameOf(step: Step | undefined): string {
  return step?.kind === "command" ? step.name : (step?.kind ?? "");
}

/** A stream as a list, one line a step. */
export function listing(steps: readonly Step[]): string {
  return steps
    .map((step) => {
      if (step.kind === "init") return "_TPM_Init";
      if (step.kind === "hash") return `_TPM_Hash ${hex(step.data)}`;
      const handles = step.handles.map((handle) => handle.toString(16)).join(",");
      const sessions = (step.sessions ?? [])
        .map((s) => `${s.handle.toString(16)}/${s.attributes.toString(16)}/${s.proof}`)
        .join(" ");
      const parameters = step.parameters.map((part) =>
        part instanceof Uint8Array ? hex(concat(part)) : JSON.stringify(part),
      );
      return `${step.name}(${handles}) [${sessions}] ${parameters.join(" ")} @${step.locality}${step.mutation ? ` ${JSON.stringify(step.mutation)}` : ""}`;
    })
    .join("\n");
}
