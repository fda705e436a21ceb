// A server that sends back what comes: what an answer over TCP costs in Node when there is nothing to do. Its only argument is the port.
import { createServer } from "node:net";

const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on("data", (chunk) => socket.write(chunk));
  socket.on("error", () => {});
});
server.listen(Number(process.argv[2]), "127.0.0.1");
