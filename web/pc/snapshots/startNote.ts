/** Notes, where it is looked at before every boot without a database, that something is kept for a TPM to go on with. */
export function noteStart(tpm: string, isThere: boolean): void {
  const name = `tabtpm-start-${tpm}`;
  try {
    if (isThere) localStorage.setItem(name, "");
    else localStorage.removeItem(name);
  } catch {
    // It is in the list, and offered nowhere else.
  }
}
