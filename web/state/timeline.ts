/** The stages of a boot on a time line. */

/** In the order in which a measured boot of the page's Linux reaches them. */
export const milestones = ["power", "startup", "measured", "kernel", "driver", "prompt"] as const;
export type Milestone = (typeof milestones)[number];

export interface Mark {
  readonly milestone: Milestone;
  /** Milliseconds since power on or reset. */
  readonly at: number;
}

export interface BootTimeline {
  /** Those that were reached, in the order of {@link milestones}. */
  readonly marks: readonly Mark[];
  /** How many TPM2_PCR_Extend have succeeded before the kernel. */
  readonly measurements: number;
}

export const noTimeline: BootTimeline = { marks: [], measurements: 0 };
