/** What clients hear where there is no TPM. */
import { errorResponse } from "../../engine/responses.ts";
import { TPM_RC_FAILURE } from "../../spec/header.ts";
import { u32 } from "../net/connection.ts";
import { serveData } from "./dataChannel.ts";
import { FAIL } from "./protocol.ts";
import type { Speakers } from "./reception.ts";

/** For clients of a TPM that could not be started: one answer, which says that. */
export const withoutTpm: Speakers = {
  async control({ reader, write }) {
    await reader.u32();
    await write(u32(FAIL));
  },
  data: (client) => serveData(client, { disconnect: true, execute: async () => errorResponse(TPM_RC_FAILURE) }),
};
