/** QEMU's gdb server, as far as a test needs it to write into a guest's memory. */
import { once } from "node:events";
import { connect } from "node:net";

/** Writes at a physical address; the guest stands still meanwhile. @param path the socket of QEMU's `-gdb unix:PATH,server` */
export async function writePhysical(path: string, address: number, bytes: Uint8Array): Promise<void> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    await command(socket, "Qqemu.PhyMemMode:1");
    await command(
      socket,
      `M${address.toString(16)},${bytes.length.toString(16)}:${Buffer.from(bytes).toString("hex")}`,
    );
    await command(socket, "D");
  } finally {
    socket.destroy();
  }
}

async function command(socket: ReturnType<typeof connect>, text: string): Promise<void> {
  const sum = [...Buffer.from(text)].reduce((total, byte) => total + byte, 0) & 0xff;
  socket.write(`$${text}#${sum.toString(16).padStart(2, "0")}`);
  let answer = "";
  // Between the answers it tells that the guest has stopped.
  while (!answer.includes("$OK#")) {
    answer += String((await once(socket, "data"))[0]);
    const error = /\$E\w*#/.exec(answer)?.[0];
    if (error) throw new Error(`QEMU's gdb server answers ${text} with ${error}`);
  }
  socket.write("+");
}
