// The command in execution, after its header was checked.

/** Row of the command table. */
export let commandIndex: i32 = -1;
export let commandCode: u32 = 0;
/** The command has an authorization area (TPM_ST_SESSIONS). */
export let hasSessions: bool = false;
/** The parameters in the command buffer: as they came until parameter decryption, then in clear. */
export let parametersAt: usize = 0;
export let parametersSize: u32 = 0;

export function setHeader(index: i32, code: u32, sessions: bool): void {
  commandIndex = index;
  commandCode = code;
  hasSessions = sessions;
}

export function setParameters(at: usize, size: u32): void {
  parametersAt = at;
  parametersSize = size;
}
