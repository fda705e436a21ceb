import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ForeignTpm } from "../../remote/index.ts";
import { startForTools, startTabtpm } from "../testkit/process.ts";
import { openForeignTpm, parseBackend } from "./index.ts";
import { ask, bytes, code, GET_RANDOM, pcrExtend, pcrRead, STARTUP } from "./testkit/commands.ts";
import { SwtpmProcess } from "./testkit/swtpmProcess.ts";

interface Place {
  address: string;
  end(): Promise<unknown>;
}

const PLACES: Record<string, () => Promise<Place>> = {
  "Debian's swtpm over TCP": async () => {
    const swtpm = await SwtpmProcess.start();
    return { address: swtpm.address, end: () => swtpm.stop() };
  },
  "Debian's swtpm over Unix sockets": async () => {
    const swtpm = await SwtpmProcess.start({ unix: true });
    return { address: swtpm.address, end: () => swtpm.stop() };
  },
  "tabtpm socket": async () => {
    const folder = await mkdtemp(join(tmpdir(), "tabtpm-backends-"));
    const locality = ["--locality", "allow-set-locality"];
    const { server, tcti } = await startForTools("--tpmstate", `dir=${folder}`, ...locality);
    const end = () => server.end("SIGTERM").finally(() => rm(folder, { recursive: true, force: true }));
    return { address: tcti, end };
  },
  "tabtpm simulator": async () => {
    const server = await startTabtpm("simulator", "--port", "0");
    return { address: `mssim:127.0.0.1:${server.ports[0]}`, end: () => server.end("SIGTERM") };
  },
  "a bridge to Debian's swtpm": async () => {
    const swtpm = await SwtpmProcess.start();
    const bridge = await startTabtpm("bridge", "--to", swtpm.address);
    const end = () => bridge.end("SIGTERM").finally(() => swtpm.stop());
    return { address: `bridge:${/ws:\S+/.exec(bridge.line)?.[0]}`, end };
  },
  "a bridge to a TPM of its own": async () => {
    const folder = await mkdtemp(join(tmpdir(), "tabtpm-backends-"));
    const bridge = await startTabtpm("bridge", "--to", `state:${folder}`);
    const end = () => bridge.end("SIGTERM").finally(() => rm(folder, { recursive: true, force: true }));
    return { address: `bridge:${/ws:\S+/.exec(bridge.line)?.[0]}`, end };
  },
};

describe.each(Object.entries(PLACES))("a TPM elsewhere: %s", (_, start) => {
  async function withTpm(test: (tpm: ForeignTpm, isSimulator: boolean) => Promise<void>): Promise<void> {
    const place = await start();
    const address = parseBackend("--to", place.address, ["swtpm", "mssim", "bridge"]) as Parameters<
      typeof openForeignTpm
    >[0];
    const tpm = openForeignTpm(address);
    try {
      await tpm.ready;
      await test(tpm, place.address.startsWith("mssim"));
    } finally {
      await tpm.close();
      await place.end();
    }
  }

  it("has power when it is given, and begins anew with each _TPM_Init", async () => {
    await withTpm(async (tpm) => {
      expect(tpm.power).toBe("off");
      await expect(ask(tpm, GET_RANDOM)).rejects.toThrow("no power");
      await tpm.powerOn();
      expect(code(await ask(tpm, GET_RANDOM))).toBe("00000100");
      expect(code(await ask(tpm, STARTUP))).toBe("00000000");
      const before = await ask(tpm, pcrRead(16));
      expect(code(await ask(tpm, pcrExtend(16)))).toBe("00000000");
      expect(await ask(tpm, pcrRead(16))).not.toBe(before);
      await tpm.powerOn({ bufferSize: 3968 });
      expect(code(await ask(tpm, STARTUP))).toBe("00000000");
      expect((await ask(tpm, pcrRead(16))).slice(-64)).toBe(before.slice(-64));
      await tpm.powerOff();
      expect(tpm.power).toBe("off");
    });
  });

  it("keeps the order of commands, takes localities, and a late cancel meets no other command", async () => {
    await withTpm(async (tpm) => {
      await tpm.powerOn();
      const answers = await Promise.all([STARTUP, GET_RANDOM, pcrExtend(23), GET_RANDOM].map((each) => ask(tpm, each)));
      expect(answers.map(code)).toEqual(["00000000", "00000000", "00000000", "00000000"]);
      // PCR 20 takes locality 2 and no other below it.
      expect(code(await ask(tpm, pcrExtend(20), 0))).toBe("00000907");
      expect(code(await ask(tpm, pcrExtend(20), 2))).toBe("00000000");
      expect(code(await ask(tpm, pcrExtend(20), 0))).toBe("00000907");
      const abort = new AbortController();
      const last = tpm.execute(bytes(GET_RANDOM), { signal: abort.signal });
      await last;
      abort.abort();
      tpm.cancel();
      expect(code(await ask(tpm, GET_RANDOM))).toBe("00000000");
      const cancelled = tpm.execute(bytes(GET_RANDOM));
      tpm.cancel();
      await cancelled;
      expect(code(await ask(tpm, GET_RANDOM))).toBe("00000000");
    });
  });

  it("gives a dynamic launch to the TPM, and forgets it from localities 3 and 4 only", async () => {
    await withTpm(async (tpm, isSimulator) => {
      await tpm.powerOn();
      await ask(tpm, STARTUP);
      expect(tpm.established).toBe(false);
      const before = await ask(tpm, pcrRead(17));
      await tpm.hashStart();
      await tpm.hashData(new Uint8Array(5000));
      await tpm.hashEnd();
      expect(tpm.established).toBe(true);
      expect(await ask(tpm, pcrRead(17))).not.toBe(before);
      expect(await tpm.resetEstablished(0)).toBe(false);
      expect(await tpm.resetEstablished(3)).toBe(!isSimulator);
      expect(tpm.established).toBe(isSimulator);
    });
  });

  it("loses a command that is in flight when the power goes", async () => {
    await withTpm(async (tpm) => {
      await tpm.powerOn();
      await ask(tpm, STARTUP);
      const lost = [ask(tpm, GET_RANDOM), ask(tpm, GET_RANDOM)];
      const gone = Promise.allSettled(lost);
      await tpm.powerOn();
      expect((await gone).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      expect(code(await ask(tpm, GET_RANDOM))).toBe("00000100");
    });
  });
});

it("A TPM that is gone rejects what it had, and is there again after the next _TPM_Init", async () => {
  const swtpm = await SwtpmProcess.start();
  const address = parseBackend("--to", swtpm.address, ["swtpm"]) as Parameters<typeof openForeignTpm>[0];
  const tpm = openForeignTpm(address);
  try {
    await tpm.ready;
    await tpm.powerOn();
    await ask(tpm, STARTUP);
    const lost = new Promise((resolve) => tpm.on("lost", resolve));
    swtpm.child.kill("SIGSTOP");
    const inFlight = ask(tpm, GET_RANDOM);
    const outcome = inFlight.catch((error: Error) => error.name);
    await swtpm.kill();
    expect(await outcome).toBe("TpmLinkError");
    await lost;
    await expect(ask(tpm, GET_RANDOM)).rejects.toThrow("nobody listens there");
    await expect(tpm.powerOn()).rejects.toThrow("nobody listens there");
    expect(tpm.power).toBe("failed");
    await expect(tpm.ready).rejects.toThrow("nobody listens there");
    await swtpm.launch();
    await tpm.ready;
    await tpm.powerOn();
    expect(code(await ask(tpm, STARTUP))).toBe("00000000");
  } finally {
    await tpm.close();
    await swtpm.stop();
  }
});
