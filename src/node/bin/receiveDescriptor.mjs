// Takes one octet from the Unix socket that is descriptor 3, and hands the connection that came with it, if one did, to
// the parent. Node ends with an abort in native code when it receives a descriptor of most other kinds (files, /dev/null,
// terminals): it is this process that ends then, which is there for nothing else.
import { fstatSync, writeSync } from "node:fs";

const { Pipe, constants } = process.binding("pipe_wrap");
const { streamBaseState, kReadBytesOrError } = process.binding("stream_wrap");

const CONNECTION = 3;

/** Whether somebody is at its other end: pipes, and sockets that are not connected, come as such handles too. */
function isConnected({ fd, constructor: { name } }) {
  if (name !== "TCP" && name !== "Pipe") return false;
  try {
    // Of no octets: nothing is sent, but the kernel looks whether it could be.
    return fstatSync(fd).isSocket() && writeSync(fd, new Uint8Array(0)) === 0;
  } catch {
    return false;
  }
}

const pipe = new Pipe(constants.IPC);
const octet = new Uint8Array(1);
pipe.open(CONNECTION);
pipe.useUserBuffer(octet);
pipe.onread = () => {
  pipe.readStop();
  const received = pipe.pendingHandle;
  const octets = streamBaseState[kReadBytesOrError] === 1 ? [...octet] : [];
  const connection = received && isConnected(received) ? received : undefined;
  process.send({ octets }, connection, () => {
    process.disconnect();
    pipe.close();
    received?.close();
  });
};
pipe.readStart();
