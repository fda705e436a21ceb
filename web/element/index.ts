/**
 * `tabtpm/element`: importing it makes `<tab-tpm>` an element of the page. One module, with its styles; what it loads lies beside
 * it. Imports the page's rooms, from pc/ down; the page does not know it.
 */
import { defineTabTpm } from "./tabTpm.tsx";

export type { TabTpmElement, TabTpmEvents } from "./publicTypes.ts";
export { TabTpm } from "./tabTpm.tsx";

defineTabTpm();
