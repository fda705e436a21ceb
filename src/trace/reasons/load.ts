/** Fetches what explains refusals when it is first needed: its sentences are many, and a page may never show one. */
export const loadExplanations = (): Promise<typeof import("./explain.ts")> => import("./explain.ts");
