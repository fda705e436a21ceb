import type { Finding } from "./model.ts";

/** What there is could not be looked at: that is no fault, nor is it known that there is none. */
const UNCHECKED = "unchecked";

export const isFault = ({ kind }: Finding): boolean => kind !== UNCHECKED;
