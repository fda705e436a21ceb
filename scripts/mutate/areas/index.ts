import type { Area } from "./area.ts";
import { crypto } from "./crypto.ts";
import { src } from "./src.ts";
import { tpm } from "./tpm.ts";

export const AREAS = { crypto, tpm, src } satisfies Record<string, Area>;
