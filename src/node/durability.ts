/** What is said of `--durability none`, at each start. */
export const NOT_DURABLE =
  "WARNING: --durability none: commits don't wait for the disk. When this machine crashes or loses its power, this TPM may be " +
  "lost, with every key in it. Only for TPMs that are thrown away.";
