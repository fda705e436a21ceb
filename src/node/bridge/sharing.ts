/** As QEMU's documents say of its own passthrough. */
export const SHARING = [
  "this TPM stays the host's, and the guest uses it too: what one of them loads or locks may be in the other's way, and a guest's",
  "wrong passwords count against the host's lockout. End what else uses it. No snapshots and no migration of such a guest.",
].join(" ");
