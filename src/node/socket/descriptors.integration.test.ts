/** Descriptors over the control channel: what is a connection is taken, all else is refused, and nothing ends the server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../testkit/client.ts";
import { isInstalled } from "../testkit/installed.ts";
import { STARTUP, SUCCESS } from "../testkit/messages.ts";
import { startTabtpm, type TabtpmProcess } from "../testkit/process.ts";
import { CONNECTIONS, OTHERS, sendDescriptors } from "../testkit/sendDescriptors.ts";

const OK = "00000000";
const BAD_PARAMETER = "00000003";
const GET_CAPABILITY = "00000001";
const CAPABILITIES = `${OK}0001ffff`;
const INIT = `00000002${OK}`;
const SET_DATAFD = "00000010";

describe.runIf(isInstalled("python3"))("a descriptor on the control channel", () => {
  let folder: string;
  let path: string;
  let server: TabtpmProcess;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-descriptors-"));
    path = join(folder, "control");
    const state = `dir=${join(folder, "state")}`;
    server = await startTabtpm("socket", "--tpm2", "--tpmstate", state, "--ctrl", `type=unixio,path=${path}`);
  });
  afterAll(async () => {
    expect(await server.end("SIGTERM")).toBe(0);
    await rm(folder, { recursive: true, force: true });
  });

  it("is taken by CMD_SET_DATAFD when it is a connection: commands come over it then", async () => {
    for (const kind of CONNECTIONS) {
      const control = await Client.to(path);
      expect(await control.ask(INIT, 4)).toBe(OK);
      control.close();
      const message = { message: SET_DATAFD, size: 4, next: GET_CAPABILITY, ask: STARTUP };
      expect(await sendDescriptors(path, message, [kind])).toEqual([
        { kind, result: OK, said: SUCCESS, next: CAPABILITIES },
      ]);
    }
  });

  it("is refused by CMD_SET_DATAFD when it is none", async () => {
    const sent = await sendDescriptors(path, { message: SET_DATAFD, size: 4, next: GET_CAPABILITY }, OTHERS);
    expect(sent).toEqual(OTHERS.map((kind) => ({ kind, result: BAD_PARAMETER, said: null, next: CAPABILITIES })));
  });

  it.each([
    ["CMD_GET_CAPABILITY", GET_CAPABILITY, CAPABILITIES],
    ["CMD_INIT", INIT, OK],
  ])("is nothing to %s", async (_, message, answer) => {
    const kinds = [...CONNECTIONS, ...OTHERS];
    const sent = await sendDescriptors(path, { message, size: answer.length / 2, next: GET_CAPABILITY }, kinds);
    expect(sent).toEqual(kinds.map((kind) => ({ kind, result: answer, said: null, next: CAPABILITIES })));
  });
});
