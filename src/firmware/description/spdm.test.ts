import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeDevice } from "./spdm.ts";
import { ascii, certificateOf, END, hex, le, node, zeros } from "./testkit/octets.ts";

const [NONE, PCI, USB] = [0, 1, 2];
const DIGEST = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a";
const PATH = [...node(1, 1, [0, 3]), ...END];
const PCI_CONTEXT = [...le(0, 2), ...le(16, 2), ...le(0x8086, 2), ...le(0x0d58, 2), 1, ...hex("000002"), ...le(0, 4)];

/** SPDM_MEASUREMENT_BLOCK in DMTF's form. */
const block = (index: number, type: number, value: readonly number[]) => [
  index,
  1,
  ...le(value.length + 3, 2),
  type,
  ...le(value.length, 2),
  ...value,
];

/** TCG_DEVICE_SECURITY_EVENT_DATA. */
const version1 = (type: number, measured: readonly number[], context: readonly number[] = []) => [
  ...ascii("SPDM Device Sec"),
  0,
  ...le(1, 2),
  ...le(28 + measured.length + context.length, 2),
  ...le(2, 4),
  ...le(type, 4),
  ...measured,
  ...context,
];

/** TCG_DEVICE_SECURITY_EVENT_DATA2. */
const version2 = (
  state: number,
  type: number,
  contentType: number,
  content: readonly number[],
  context: readonly number[] = [],
) => [
  ...ascii("SPDM Device Sec2"),
  ...le(2, 2),
  state,
  0,
  ...le(0, 4),
  ...le(type, 4),
  ...le(contentType, 4),
  ...le(content.length, 4),
  ...le(7, 8),
  ...le(PATH.length, 8),
  ...PATH,
  ...content,
  ...context,
];
const measurements = (...blocks: (readonly number[])[]) => [
  ...le(0x1200, 2),
  blocks.length,
  0,
  ...le(2, 4),
  ...blocks.flat(),
];
const chain = (...certificates: (readonly number[])[]) => {
  const body = [...le(0, 2), ...zeros(48), ...certificates.flat()];
  return [...le(0x1200, 2), 1, 0, ...le(2, 4), ...le(body.length + 2, 2), ...body];
};

const describeOctets = (octets: readonly number[]) => describeDevice(Uint8Array.from(octets));

describe("what a device said through SPDM", () => {
  test.each<[string, readonly number[], string]>([
    [
      "its firmware",
      version1(PCI, block(1, 1, hex(DIGEST)), PCI_CONTEXT),
      `PCI device 8086:0d58, measurement 1: mutable firmware, ${DIGEST}`,
    ],
    ["its version, as raw data", version1(USB, block(2, 0x86, [1, 2])), "USB device, measurement 2: version, 0102"],
    ["of a kind that nobody knows", version1(NONE, block(3, 9, [5])), "device, measurement 3: type 0x9, 05"],
    ["not in DMTF's form", version1(9, [4, 2, ...le(2, 2), 0xab, 0xcd]), "device of type 0x9, measurement 4: abcd"],
    [
      "several measurements",
      version2(0, PCI, 0, measurements(block(1, 0, [1]), block(2, 3, [2])), PCI_CONTEXT),
      "PCI device 8086:0d58 at Pci(0x3,0x0), authenticated, measurement 1: immutable ROM, 01, measurement 2: firmware configuration, 02",
    ],
    [
      "its certificates",
      version2(0, NONE, 1, chain(certificateOf("Root"), certificateOf("Device"))),
      "device at Pci(0x3,0x0), authenticated, certificates of slot 1: CN=Root; CN=Device",
    ],
    [
      "nothing",
      version2(0xff, PCI, 0, measurements(), PCI_CONTEXT),
      "PCI device 8086:0d58 at Pci(0x3,0x0), without SPDM",
    ],
    [
      "something else",
      version2(4, USB, 5, [1]),
      "USB device at Pci(0x3,0x0), with a wrong signature, content of type 0x5",
    ],
  ])("%s", (_what, octets, expected) => {
    expect(describeOctets(octets)).toBe(expected);
  });

  test.each<[number, string]>([
    [0, "authenticated"],
    [1, "not authenticated"],
    [2, "authenticated, not bound to its measurements"],
    [3, "without a signature"],
    [4, "with a wrong signature"],
    [9, "state 0x9"],
  ])("in the state %d", (state, expected) => {
    expect(describeOctets(version2(state, NONE, 5, []))).toBe(
      `device at Pci(0x3,0x0), ${expected}, content of type 0x5`,
    );
  });

  test("is not made up when the data are something else, or cut", () => {
    expect(describeOctets(ascii("SPDM Device Sec3, or some text"))).toBeNull();
    expect(describeOctets([])).toBeNull();
    const whole = version2(0, NONE, 0, measurements(block(1, 0, [1])));
    for (let size = 0; size < whole.length; size++) expect(describeOctets(whole.slice(0, size))).toBeNull();
  });

  test("is printable, whatever the data are", () => {
    const start = fc.constantFrom(version1(PCI, [], []), version2(0, PCI, 0, []), version2(0, NONE, 1, []));
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 100 }), fc.nat(60), fc.nat(255), (octets, more, at, octet) => {
        const text = describeOctets([...octets.with(Math.min(at, octets.length - 1), octet), ...more]);
        if (text !== null) expect(text).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+$/u);
      }),
    );
  });
});
