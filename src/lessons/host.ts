import type { Act } from "./lesson.ts";

/** What a lesson or a demo may ask of whoever has the PC: the page, or a test in Node. */
export interface LessonHost {
  /** Types a line and Enter into the guest's console. */
  type(line: string): void;
  /** Does it to the PC. Resolves when it is done; after a boot that is at the guest's prompt, where {@link resumeLine} is to be typed. */
  act(act: Act): Promise<void>;
}
