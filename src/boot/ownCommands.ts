/**
 * Tells the host's own commands from the guest's in the one log that the TPM keeps of both. The log's events carry no
 * sender, so a command is known by its bytes while its response is awaited.
 */
export class OwnCommands {
  readonly #pending: Uint8Array[] = [];

  /** Runs `execute` with `command`, which counts as the host's own until it is answered. */
  async run(command: Uint8Array, execute: (command: Uint8Array) => Promise<Uint8Array>): Promise<Uint8Array> {
    const own = command.slice();
    this.#pending.push(own);
    try {
      return await execute(own);
    } finally {
      this.#remove(this.#pending.indexOf(own));
    }
  }

  /** Whether a command that was answered is the host's own. To be asked once for each. */
  claim(command: Uint8Array): boolean {
    const index = this.#pending.findIndex(
      (own) => own.length === command.length && own.every((byte, at) => byte === command[at]),
    );
    return this.#remove(index);
  }

  #remove(index: number): boolean {
    return index >= 0 && this.#pending.splice(index, 1).length === 1;
  }
}
