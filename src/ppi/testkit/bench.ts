/** A device whose store answers when the test says so. */
import { PpiDevice } from "../device.ts";
import { VARIABLE_DISABLED_HIERARCHIES, VARIABLE_PP_FLAGS } from "../registers.ts";
import { DEFAULT_VARIABLES, type FirmwareVariables } from "../variables.ts";

export interface Pending {
  variables: FirmwareVariables;
  /** Stored; the device knows when this resolves. */
  succeed(): Promise<void>;
  fail(): Promise<void>;
}

export function setUp() {
  const pending: Pending[] = [];
  const storing: boolean[] = [];
  const errors: unknown[] = [];
  const store = { variables: DEFAULT_VARIABLES, osRuns: false };
  const device = new PpiDevice({
    store: (variables) =>
      new Promise((resolve, reject) => {
        const settled = () => device.whenStored();
        pending.push({
          variables,
          succeed: () => {
            store.variables = variables;
            resolve();
            return settled();
          },
          fail: () => {
            reject(new Error("The disk is full."));
            return settled();
          },
        });
      }),
    onStoring: (is) => storing.push(is),
    onStoreError: (error) => errors.push(error),
    osRuns: () => store.osRuns,
  });
  const variables = (): FirmwareVariables => ({
    ppFlags: device.read32(VARIABLE_PP_FLAGS),
    disabledHierarchies: device.read8(VARIABLE_DISABLED_HIERARCHIES),
  });
  return { device, pending, storing, errors, store, variables };
}
