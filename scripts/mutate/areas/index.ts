import type { Area } from "./area.ts";
import { crypto } from "./crypto.ts";
import { machine } from "./machine.ts";
import { src } from "./src.ts";
import { tpm } from "./tpm.ts";

export const AREAS = { crypto, tpm, src, machine } satisfies Record<string, Area>;
