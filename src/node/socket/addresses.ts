/** Where the two channels are: `--server`, `--ctrl`, and swtpm's shorter words for the former. */
import { UsageError } from "../errors.ts";
import type { ListenAddress } from "../net/listen.ts";
import { parseNumber, type SubValues } from "../subOptions.ts";
import { groupId, userId } from "../users.ts";
import type { OPTIONS } from "./optionTable.ts";

export type DataSource = ListenAddress | { kind: "connected"; fd: number };
export type ControlSource = ListenAddress | { kind: "connected"; fd: number };

type ServerValues = Omit<SubValues<(typeof OPTIONS)["server"]["parts"]>, "disconnect" | "max-clients">;
type ControlValues = SubValues<(typeof OPTIONS)["ctrl"]["parts"]>;

/** @throws UsageError */
export function serverAddress(values: ServerValues, env: { TPM_PORT?: string | undefined }): DataSource {
  // What is given is a connection, as swtpm has it.
  if (values.fd !== undefined) return { kind: "connected", fd: values.fd };
  const { TPM_PORT } = env;
  const port =
    values.port ?? (TPM_PORT === undefined ? undefined : parseNumber(`TPM_PORT=${TPM_PORT}`, TPM_PORT, "port"));
  return listenAddress("--server", { ...values, type: values.type ?? "tcp", port });
}

export const LOOPBACK = "127.0.0.1";
/** @throws UsageError */
export function controlAddress(values: ControlValues): ControlSource {
  const option = "--ctrl";
  if (values.type === undefined) throw new UsageError(`${option} needs type=unixio or type=tcp.`);
  if (values.fd !== undefined) return { kind: "fd", fd: values.fd };
  if (values.clientfd !== undefined) {
    if (values.type !== "unixio")
      throw new UsageError(`${option}: clientfd is for type=unixio; a listening socket is fd=.`);
    return { kind: "connected", fd: values.clientfd };
  }
  return listenAddress(option, values);
}

interface Address extends Omit<ControlValues, "port"> {
  port?: number | undefined;
}

function listenAddress(option: string, address: Address): ListenAddress {
  const { type, path, port, bindaddr = LOOPBACK, ifname, mode = 0o770, uid, gid } = address;
  if (type === "unixio") {
    if (path === undefined) throw new UsageError(`${option} type=unixio needs path=.`);
    return { kind: "unix", path, mode, uid: userId(option, uid), gid: groupId(option, gid) };
  }
  if (port === undefined) throw new UsageError(`${option} type=tcp needs port=.`);
  return { kind: "tcp", host: ifname === undefined ? bindaddr : `${bindaddr}%${ifname}`, port };
}
