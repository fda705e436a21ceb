// The least that a TPM's server in Node can do: each chunk is a command, and answered in the same tick. Its last argument is the port.
import { createServer } from "node:net";
import { createTpm } from "../../dist/node/index.js";

const tpm = createTpm({ store: { kind: "memory" } });
await tpm.powerOn();
tpm.executeSync(Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0));
const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on("data", (chunk) => socket.write(tpm.executeSync(chunk)));
  socket.on("error", () => {});
});
server.listen(Number(process.argv.at(-1)), "127.0.0.1");
