/** `tabtpm socket` in this process, with a client on each of its channels, for tests. */
import { expect } from "vitest";
import { Client } from "./client.ts";
import { hexOf } from "./messages.ts";
import { type SocketServer, startSocketServer } from "./socketServer.ts";

/** A result of the control channel. */
export const OK = "00000000";
export const BLOB = { permanent: 1, volatile: 2, saveState: 3 } as const;

export interface SocketPair {
  tabtpm: SocketServer;
  control: Client;
  data: Client;
  /** CMD_INIT. @param flags 1: forget the stored volatile state then. @returns the result. */
  init(flags?: number): Promise<string>;
  /** CMD_STOP. @returns the result. */
  stop(): Promise<string>;
  /** CMD_STORE_VOLATILE. @returns the result. */
  store(): Promise<string>;
  /** CMD_GET_STATEBLOB, which must succeed. @param flags 1: not encrypted with the key of the files. */
  getBlob(type: number, offset?: number, flags?: number): Promise<{ blob: string; flags: string }>;
  /** CMD_SET_STATEBLOB. @returns the result. */
  setBlob(type: number, hex: string, flags?: string): Promise<string>;
  close(): Promise<void>;
}

/** @param dir folder of the state; without it one that goes with the server. */
export async function startSocketPair(args: string[] = [], dir?: string): Promise<SocketPair> {
  const tabtpm = await startSocketServer(["--server", "type=tcp,port=0", "--ctrl", "type=tcp,port=0", ...args], dir);
  const control = await Client.to(tabtpm.server.ports.ctrl);
  const data = await Client.to(tabtpm.server.ports.server);
  return {
    ...{ tabtpm, control, data },
    init: (flags = 0) => control.ask(`00000002 ${hexOf(flags)}`, 4),
    stop: () => control.ask("0000000e", 4),
    store: () => control.ask("0000000a", 4),
    async getBlob(type, offset = 0, flags = 1) {
      const head = await control.ask(`0000000c ${hexOf(flags)} ${hexOf(type)} ${hexOf(offset)}`, 16);
      const [result, outFlags = "", total, size = ""] = head.match(/.{8}/g) ?? [];
      expect([result, total]).toEqual([OK, size]);
      return { flags: outFlags, blob: await control.receive(Number.parseInt(size, 16)) };
    },
    setBlob: (type, hex, flags = OK) =>
      control.ask(`0000000d ${flags} ${hexOf(type)} ${hexOf(hex.length / 2)} ${hex}`, 4),
    async close() {
      control.close();
      data.close();
      await tabtpm.close();
    },
  };
}
