/** The TPM's worker as the page has it, which stands still at a moment that is chosen. */
import "../../../../src/engine/worker.ts";
import { chooseMoment, watchMoments } from "./moments.ts";

const tab = (globalThis as unknown as { readonly name: string }).name;
const channel = new BroadcastChannel(`soak/${tab}`);
const { postMessage } = BroadcastChannel.prototype;
channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
  if (typeof data !== "number") return;
  chooseMoment(data, `tab=${tab}&thread=worker`);
  postMessage.call(channel, "chosen");
});
watchMoments();
