/** A guest gone mad in front of a real TPM: whatever it does to the registers, only commands change the TPM. */
import { describe, expect, test } from "vitest";
import { command, u8, u16, u32, withPassword } from "../../asm/testkit/commands.ts";
import { TestTpm } from "../../asm/testkit/harness.ts";
