import { DEFAULT_IDLE_SECONDS, DEFAULT_IN_MEMORY, DEFAULT_LEASE_SECONDS } from "./options.ts";

export const FLEET_HELP = `Usage: tabtpm fleet --store STORE --listen DIR [options]
       tabtpm fleet list|status --listen DIR [--json]
       tabtpm fleet create|remove --listen DIR NAME ...

Many TPMs in one process, each behind swtpm's protocol on sockets of its own. A TPM is loaded when somebody connects, and gives
its memory back when nobody has spoken with it for a while; one that has power goes on where it was.

  --store dir:DIR    a folder of DIR for each TPM, as "tabtpm socket --tpmstate dir=DIR/NAME" has it
  --store postgres://USER@HOST/DATABASE
                     a row of a PostgreSQL database for each TPM: fleets on several machines share it, and each TPM is in one
                     of them. Passwords: PGPASSWORD or ~/.pgpass, so that no list of processes shows them; TLS: ?sslmode=verify-full
  --listen DIR       the folder of the sockets (made when missing): of the TPM NAME,
                       DIR/NAME.sock.ctrl  control; QEMU: -chardev socket,id=c,path=... -tpmdev emulator,id=t,chardev=c
                       DIR/NAME.sock       TPM commands; tpm2-tools: TPM2TOOLS_TCTI=swtpm:path=DIR/NAME.sock, with --flags startup-clear

  --mode 600         permissions of the sockets' files
  --owner USER, --group GROUP
                     whose they are
  --flags not-need-init|startup-clear|startup-state
                     what a TPM does without CMD_INIT, as for tabtpm socket
  --idle SECONDS     until a TPM that nobody speaks with gives its memory back; ${DEFAULT_IDLE_SECONDS}
  --in-memory N      TPMs in memory at once, ${DEFAULT_IN_MEMORY}; who needs one more waits for one that is idle
  --profile NAME     of new TPMs: full (default) or libtpms-0.9
  --key PARTS, --passphrase-file FILE, --passphrase-fd N
                     encrypt the states, as tabtpm socket does
  --durability none  don't wait for the disk; for TPMs that are thrown away
  --lease SECONDS    of rows: after which a TPM whose fleet is not heard of may start in another one; ${DEFAULT_LEASE_SECONDS}
  --log-level N      0 errors (default), 1 also who comes and goes

The running fleet is asked by:
  list               its TPMs, and what they do; --json
  status             how many there are, how many are in memory, and how much memory that takes; --json
  create NAME ...    a new TPM, which is made when somebody connects first; or one that the store has since the fleet began
  remove NAME ...    moves a TPM aside that nobody uses, and says where its state is kept

A signal ends the fleet: TPM2_Shutdown for every TPM in use, then its sockets go.
`;
