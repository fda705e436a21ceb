import type { Streams } from "../terminal.ts";
export const SOCKET_HELP = "";
export function parseSocketOptions(_: readonly string[]): {} | undefined { return undefined; }
export async function serveSocket(_: {}, __: Streams, ___: AbortSignal) {}
