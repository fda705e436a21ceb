/**
 * The SSDT that puts the TPM into the ACPI namespace, as device MSFT0101 under \_SB, with its methods for physical presence.
 * [TCG ACPI Specification 1.2, section 9; TCG PC Client Platform TPM Profile, section 6 for the address range]
 */
import { acpiTable } from "./acpiTable.ts";
import { device, integer, irqNoFlags, memory32Fixed, name, resourceTemplate, scope, string, unicode } from "./aml.ts";
import { physicalPresenceTerms } from "./ppiMethods.ts";
import type { TpmInterface } from "./tpm2Table.ts";

/** The register window of a TPM on a PC: localities 0 to 4, a 4 KiB page each. */
export const TPM_MMIO_ADDRESS = 0xfed4_0000;
export const TPM_MMIO_SIZE = 0x5000;
/** What of it `_CRS` takes for each interface, as on QEMU: CRB has locality 0 only. */
const RESERVED = { tis: TPM_MMIO_SIZE, crb: 0x1000 } as const satisfies Record<TpmInterface, number>;

const SSDT_REVISION = 1;
const STA_PRESENT_ENABLED_SHOWN_WORKING = 0x0f;

export interface TpmDeviceOptions {
  interface: TpmInterface;
  /** ISA interrupt 0..15 in `_CRS`. Without it the device is polled, which is the default of QEMU too. */
  irq?: number | undefined;
}

/** @returns the SSDT, header and checksum included. */
export function tpmDeviceTable(options: TpmDeviceOptions): Uint8Array {
  const resources = [memory32Fixed(TPM_MMIO_ADDRESS, RESERVED[options.interface])];
  if (options.irq !== undefined) resources.push(irqNoFlags(options.irq));
  const body = scope(
    "\\_SB",
    device(
      "TPM",
      name("_HID", string("MSFT0101")),
      name("_STR", unicode("TPM 2.0 Device")),
      name("_UID", integer(1)),
      name("_STA", integer(STA_PRESENT_ENABLED_SHOWN_WORKING)),
      name("_CRS", resourceTemplate(...resources)),
      ...physicalPresenceTerms(),
    ),
  );
  return acpiTable({ signature: "SSDT", revision: SSDT_REVISION, oemTableId: "TPMDEV" }, body);
}
