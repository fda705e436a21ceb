/** Commands to whatever answers them: the core under test, or swtpm. */
import { expect } from "vitest";
import { Response } from "./harness.ts";

export type Run = (bytes: Uint8Array, locality?: number) => Uint8Array | Promise<Uint8Array>;

export async function send(run: Run, bytes: Uint8Array, locality = 0): Promise<Response> {
  return new Response(await run(bytes, locality));
}
export async function rcOf(run: Run, bytes: Uint8Array): Promise<number> {
  return (await send(run, bytes)).rc;
}
/** The response to a command that must succeed. */
export async function ok(run: Run, bytes: Uint8Array): Promise<Response> {
  const response = await send(run, bytes);
  expect(response.rc).toBe(0);
  return response;
}
