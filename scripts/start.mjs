// `npm start`: sets a fresh clone up, builds, and serves the production build on loopback.
import { build } from "./build.mjs";
import { readCommandLine, root, runCommand, UserError } from "./setup.mjs";

const DEFAULT_PORT = 4173;
const USAGE = `usage: npm start [-- --port N]\n  --port N   the loopback port to serve on (default ${DEFAULT_PORT}; 0: one that is free)`;

function readPort() {
  const { values } = readCommandLine(USAGE, { port: { type: "string" } });
  const port = Number(values.port ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UserError(`--port ${values.port} is no port: a whole number from 0 to 65535 is needed.`);
  }
  return port;
}

await runCommand(async () => {
  const port = readPort();
  await build();
  const { preview } = await import("vite");
  try {
    const server = await preview({ root, preview: { host: "127.0.0.1", port, strictPort: true }, logLevel: "warn" });
    const address = server.resolvedUrls?.local[0] ?? `http://127.0.0.1:${port}/`;
    console.log(`\ntabtpm: Linux with a TPM 2.0 is at ${address}\n        (Ctrl-C stops the server)`);
  } catch (error) {
    if (/already in use|EADDRINUSE/.test(String(error?.message))) {
      throw new UserError(
        `port ${port} on 127.0.0.1 is in use by another program. Stop that one, or choose another port: npm start -- --port ${port + 1}`,
      );
    }
    if (error?.code === "EACCES") {
      throw new UserError(`port ${port} needs privileges; choose one above 1023: npm start -- --port ${DEFAULT_PORT}`);
    }
    throw error;
  }
});
