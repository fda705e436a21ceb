import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { noMedia } from "../../state/media.ts";
import { initialState, type PageState } from "../../state/model.ts";
import { defaultSettings } from "../../state/settings.ts";
import { Store } from "../../state/store.ts";
import { Mover } from "./mover.ts";
import type { MigrationParts } from "./parts.ts";

const ID = "default";
const octets = new ArrayBuffer(1);
let calls: BroadcastChannel;
/** The other tab's end. */
let other: BroadcastChannel;
let closing: (() => void)[];

beforeEach(() => {
  closing = [];
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("document", { querySelector: () => null });
  // A lock is had at once, and no tab dies.
  vi.stubGlobal("navigator", {
    locks: { request: async (_: string, __: object, work: () => Promise<void>) => (work.length === 0 ? work() : null) },
  });
  const { BroadcastChannel: Real } = globalThis;
  vi.stubGlobal(
    "BroadcastChannel",
    class extends Real {
      constructor(name: string) {
        super(name);
        closing.push(() => this.close());
      }
    },
  );
  calls = new BroadcastChannel("calls");
  other = new BroadcastChannel(`tabtpm-moving/${ID}`);
});

afterEach(() => {
  for (const close of closing) close();
  vi.unstubAllGlobals();
});

function open(): Mover {
  const parts = {
    id: ID,
    store: new Store<PageState>(initialState, 0),
    tpm: { state: () => ({ profile: "full", error: null }), power: "on" },
    computer: { machine: { stage: "shell", release() {} }, plan: { settings: defaultSettings, media: noMedia } },
    screen: { write() {}, focus() {} },
    images: async () => ({
      ...{ bios: octets, vgaBios: octets, rom: octets, kernel: octets, initrd: octets, cmdline: "" },
    }),
  };
  return new Mover(parts as unknown as MigrationParts, calls, "");
}

/** The next message of that type that the PC's tab sends. */
const next = (type: string) =>
  new Promise<{ readonly migration: string }>((resolve) => {
    const listen = ({ data }: MessageEvent) => {
      if (data.type !== type) return;
      other.removeEventListener("message", listen);
      resolve(data);
    };
    other.addEventListener("message", listen);
  });

test("a PC that was offered and that nobody took is offered anew to the next tab that wants it", async () => {
  const mover = open();
  const first = next("offer");
  void mover.offer();
  const { migration } = await first;
  // The tab that wanted it is gone, and has said nothing.
  const [cancelled, second] = [next("cancel"), next("offer")];
  void mover.offer();
  expect((await cancelled).migration).toBe(migration);
  expect((await second).migration).not.toBe(migration);
});
