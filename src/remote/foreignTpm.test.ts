import { describe, expect, it } from "vitest";
import { ForeignTpm, type TpmLink, TpmLinkError } from "./index.ts";

const COMMAND = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8);
const ANSWER = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0);

/** A connection that notes what it is asked, and answers when the test says so. */
class FakeLink implements TpmLink {
  readonly name = "a fake";
  readonly shared: boolean;
  established = false;
  readonly calls: string[] = [];
  readonly lost: Promise<Error>;
  lose!: (error: Error) => void;
  readonly waiting: { resolve(response: Uint8Array): void; reject(error: Error): void }[] = [];
  #began: () => void = () => {};

  constructor(shared: boolean) {
    this.shared = shared;
    this.lost = new Promise((resolve) => {
      this.lose = (error) => {
        for (const { reject } of this.waiting.splice(0)) reject(error);
        resolve(error);
      };
    });
  }

  execute(command: Uint8Array, locality: number): Promise<Uint8Array> {
    this.calls.push(`execute ${command.length} at ${locality}`);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.#began();
    });
  }

  /** Resolves when a command is there. */
  async begun(): Promise<void> {
    if (this.waiting.length === 0) {
      await new Promise<void>((resolve) => {
        this.#began = resolve;
      });
    }
  }

  cancel(): void {
    this.calls.push("cancel");
  }
  async init(bufferSize: number | undefined): Promise<void> {
    this.calls.push(`init ${bufferSize ?? ""}`);
  }
  async stop(): Promise<void> {
    this.calls.push("stop");
  }
  async hashStart(): Promise<void> {}
  async hashData(): Promise<void> {}
  async hashEnd(): Promise<void> {}
  async resetEstablished(): Promise<boolean> {
    return true;
  }
  async close(): Promise<void> {
    this.calls.push("close");
  }
}

/** A TPM to which there is a new connection at each attempt; null: there is none. */
function foreign(...links: (FakeLink | null)[]) {
  let attempts = 0;
  const tpm = new ForeignTpm(async () => {
    const link = links[Math.min(attempts++, links.length - 1)];
    if (!link) throw new TpmLinkError("nobody there");
    return link;
  });
  return tpm;
}

const gone = new TpmLinkError("it has gone");

describe("a TPM elsewhere", () => {
  it("has one command at a time, in the order of the calls, and a cancel reaches the one that is meant", async () => {
    const link = new FakeLink(false);
    const tpm = foreign(link);
    await tpm.powerOn({ bufferSize: 3968 });
    const abort = new AbortController();
    const first = tpm.execute(COMMAND, { locality: 3 });
    const second = tpm.execute(COMMAND, { signal: abort.signal });
    abort.abort();
    await link.begun();
    expect(link.calls).toEqual(["init 3968", "execute 12 at 3"]);
    link.waiting.shift()?.resolve(ANSWER);
    expect(await first).toEqual(ANSWER);
    // Cancelled before it began: TPM_RC_CANCELED, and the TPM hears nothing of it.
    expect([...(await second).subarray(6)]).toEqual([0, 0, 9, 9]);
    expect(link.calls).toHaveLength(2);
    const third = tpm.execute(COMMAND);
    await link.begun();
    tpm.cancel();
    expect(link.calls.at(-1)).toBe("cancel");
    link.waiting.shift()?.resolve(ANSWER);
    await third;
  });

  it("that loses its power loses the command in flight at once, and is asked nothing before that one is over", async () => {
    const link = new FakeLink(false);
    const tpm = foreign(link);
    await tpm.powerOn();
    const lost = tpm.execute(COMMAND);
    await link.begun();
    const off = tpm.powerOff();
    await expect(lost).rejects.toThrow("switched off");
    expect([tpm.power, link.calls.at(-1)]).toEqual(["off", "cancel"]);
    await expect(tpm.execute(COMMAND)).rejects.toThrow("no power");
    link.waiting.shift()?.resolve(ANSWER);
    await off;
    expect(link.calls.at(-1)).toBe("stop");
  });

  it("of its own that loses its connection answers no command until it has been initialised anew", async () => {
    const [first, second] = [new FakeLink(false), new FakeLink(false)];
    const tpm = foreign(first, second);
    await tpm.powerOn();
    const inFlight = tpm.execute(COMMAND);
    await first.begun();
    first.lose(gone);
    await expect(inFlight).rejects.toBe(gone);
    await first.lost;
    expect(tpm.power).toBe("on");
    await expect(tpm.execute(COMMAND)).rejects.toThrow("lost its power with it");
    expect(second.calls).toEqual([]);
    await tpm.powerOn();
    const answered = tpm.execute(COMMAND);
    await second.begun();
    second.waiting.shift()?.resolve(ANSWER);
    expect(await answered).toEqual(ANSWER);
    expect(second.calls).toEqual(["init ", "execute 12 at 0"]);
  });

  it("that is shared goes on over a new connection, without being initialised", async () => {
    const [first, second] = [new FakeLink(true), new FakeLink(true)];
    const tpm = foreign(first, null, second);
    await tpm.powerOn();
    first.lose(gone);
    await first.lost;
    await expect(tpm.execute(COMMAND)).rejects.toThrow("nobody there");
    const answered = tpm.execute(COMMAND);
    await second.begun();
    second.waiting.shift()?.resolve(ANSWER);
    expect(await answered).toEqual(ANSWER);
    expect(second.calls).toEqual(["execute 12 at 0"]);
  });

  it("that is not there has failed; who asks again tries again", async () => {
    const link = new FakeLink(false);
    const tpm = foreign(null, null, null, link);
    await expect(tpm.ready).rejects.toThrow("nobody there");
    await expect(tpm.ready).rejects.toThrow("nobody there");
    expect(tpm.power).toBe("failed");
    await expect(tpm.powerOn()).rejects.toThrow("nobody there");
    await tpm.ready;
    expect(tpm.power).toBe("off");
    await tpm.close();
    expect(link.calls).toEqual(["close"]);
    await expect(tpm.ready).rejects.toThrow("was closed");
  });
});
