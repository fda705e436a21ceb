import { defineCheck, missing, passed, wrong } from "../check.ts";
import { flag, optional } from "../schema.ts";

/** The PC has booted again since the step began. */
export const rebooted = defineCheck({
  name: "rebooted",
  words: "The PC has booted again since the step began, as far as its prompt.",
  parameters: {
    orderly: optional(flag, "whether TPM2_Shutdown was the last command before it"),
  },
  describe: ({ orderly }) =>
    `another boot${orderly === undefined ? "" : orderly ? ", with TPM2_Shutdown before it" : ", without TPM2_Shutdown before it"}`,
  run: ({ orderly }, { boots, stage, inspection }) => {
    if (boots === 0) return missing("The PC has not booted again yet.");
    if (stage !== "shell") return missing("The PC is still booting.");
    const isOrderly = inspection?.lastShutdownOrderly ?? false;
    if (orderly === undefined || isOrderly === orderly) return passed;
    return wrong(
      orderly
        ? "The power went without TPM2_Shutdown; an orderly end was asked."
        : "TPM2_Shutdown came before the boot; a loss of power was asked.",
    );
  },
});
