import type { Locality } from "../../engine/backend.ts";

export const isLocality = (value: number): value is Locality => Number.isInteger(value) && value >= 0 && value <= 4;
