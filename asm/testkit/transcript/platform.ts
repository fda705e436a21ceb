/** Start-up, capabilities, PCRs, hashes and sequences. */

import { command, concat, password, sized, u8, u16, u32 } from "../harness.ts";
import { CC, RH } from "../names.ts";
import {
  add,
  extend,
  flush,
  getCapability,
  n16,
  n20,
  n32,
  none,
  read,
  type Selections,
  selection,
  sha256,
} from "./builders.ts";

export function startup(): void {
  add("PCR_Read before TPM2_Startup", read([4, [0]]));
  add("Startup of no known type", command(CC.Startup, [], [u16(2)]));
  add("Startup at locality 1", command(CC.Startup, [], [u16(0)]), { locality: 1 });
  add("Startup(STATE) without state", command(CC.Startup, [], [u16(1)]));
  add("Startup(CLEAR)", command(CC.Startup, [], [u16(0)]));
  add("Startup again", command(CC.Startup, [], [u16(0)]));
  for (const code of [0, 0x11e, 0x123, 0x12f, 0x141, 0x15f, 0x166, 0x175, 0x20000000, 0x20000001])
    add(`command code 0x${code.toString(16)}`, command(code));
}

export function capabilities(): void {
  const properties = [0, 1, 0x12, 0x02000040, 0x40000000, 0x40000008, 0x4000000e, 0x40000110, 0x50000000, 0x90000000];
  for (const capability of [1, 5, 7, 9, 10, 11])
    for (const property of [...properties, 0x01000000, 0x02000000, 0x03000000, 0x80000000, 0x81000000])
      for (const count of [0, 1, 200])
        add(
          `capability ${capability}, 0x${property.toString(16)}, ${count}`,
          getCapability(capability, property, count),
        );
  // What the vendor, the specification's revision and the commands and curves that exist decide is left out.
  const own = [0x102, 0x103, 0x104, 0x105, 0x106, 0x107, 0x108, 0x10b, 0x10c];
  const others = [0x121, 0x122, 0x123, 0x125, 0x126, 0x127, 0x128, 0x129, 0x12a, 0x207, 0x209, 0x20b, 0x20d];
  for (const group of [0x100, 0x200])
    for (let property = group; property < group + 0x30; property++)
      if (![...own, ...others].includes(property))
        add(`property 0x${property.toString(16)}`, getCapability(6, property, 1), { to: 27 });
  for (const property of [0x300, 0x400, 0xffffffff])
    add(`property 0x${property.toString(16)}`, getCapability(6, property, 1));
  add("vendor capability", getCapability(0x100, 0, 1));
}

export function pcrs(): void {
  for (let pcr = 0; pcr < 25; pcr++)
    for (let locality = 0; locality < 5; locality++) {
      add(`extend ${pcr} at locality ${locality}`, extend(pcr, sha256), { locality });
      add(`reset ${pcr} at locality ${locality}`, command(CC.PCR_Reset, [pcr], [], [password()]), { locality });
    }
  for (const handle of [RH.NULL, RH.OWNER, 0x80000000, 0x01000000, 0x02000000, 0x40000000])
    add(`extend 0x${handle.toString(16)}`, extend(handle, sha256));
  add("extend by no digest", extend(1));
  add("extend by 5 digests", command(CC.PCR_Extend, [1], [u32(5), sha256], [password()]));
  const all = [sha256, concat(u16(4), n20), concat(u16(12), new Uint8Array(48)), concat(u16(13), new Uint8Array(64))];
  add("extend all banks", extend(1, ...all));
  add("extend a bank twice", extend(1, sha256, sha256));
  for (const algorithm of [0, 0x10, 0x12, 0x27, 5, 6])
    add(`extend, hash ${algorithm}`, extend(1, concat(u16(algorithm), n32)));
  add("extend by a short digest", command(CC.PCR_Extend, [1], [u32(1), u16(11), n20], [password()]));
  add("extend by a long digest", command(CC.PCR_Extend, [1], [u32(1), u16(11), n32, u8(0)], [password()]));
  add("extend without handle and size", command(CC.PCR_Extend, [], [u8(0)], [password()]), {
    differs: {
      response: "80010000000a00000144",
      clause: "Part 3, 5.5, 3: an authorizationSize out of range is TPM_RC_AUTHSIZE",
    },
  });
  add("extend without a handle", command(CC.PCR_Extend, [], []));
  const selections: Selections[] = [
    [],
    [[4, [0, 1, 2]]],
    [
      [4, [0]],
      [11, [0, 1]],
      [12, [1]],
      [13, [1]],
    ],
    [[11, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]],
    [
      [4, [0, 1, 2, 3, 4]],
      [11, [0, 1, 2, 3, 4]],
      [12, [3]],
    ],
    [
      [4, [0, 1, 2, 3, 4, 5, 6, 7]],
      [11, [0, 1]],
    ],
    [[4, []]],
    [[11, [23]]],
    [[4, [1], 2]],
    [[4, [1], 4]],
    [[4, [], 0]],
    [[0x10, [1]]],
    [[0x12, [1]]],
    [
      [4, [1]],
      [4, [2]],
      [4, [3]],
      [4, [4]],
      [4, [5]],
    ],
  ];
  for (const s of selections) add(`read ${JSON.stringify(s)}`, read(...s));
  add("read with a session", command(CC.PCR_Read, [], [selection([4, [0]])], [password()]));
  for (const size of [1, 2, 3, 10, 1024, 1025])
    add(`event of ${size}`, command(CC.PCR_Event, [16], [sized(new Uint8Array(size).fill(size))], [password()]));
  add("event for no PCR", command(CC.PCR_Event, [RH.NULL], [sized(n20)], [password()]));
  add("event for PCR 17", command(CC.PCR_Event, [17], [sized(n20)], [password()]));
  add("read 16", read([4, [16]], [11, [16]], [12, [16]], [13, [16]]));
}

export function hashes(): void {
  const hash = (data: Uint8Array | number[], algorithm: number, hierarchy: number) =>
    command(CC.Hash, [], [sized(data), u16(algorithm), u32(hierarchy)]);
  for (const algorithm of [4, 11, 12, 13, 0x10, 0x12, 0x27])
    for (const data of [none, n16, new Uint8Array(1024).fill(4)])
      add(`hash ${algorithm} of ${data.length}`, hash(data, algorithm, RH.NULL));
  // The ticket is an HMAC with a secret proof.
  for (const hierarchy of [RH.OWNER, RH.PLATFORM, RH.ENDORSEMENT])
    add(`hash with a ticket of 0x${hierarchy.toString(16)}`, hash(n16, 11, hierarchy), { to: 52 });
  add("hash of TPM_GENERATED_VALUE", hash([0xff, 0x54, 0x43, 0x47, 0], 11, RH.OWNER));
  add("hash of its start", hash([0xff, 0x54, 0x43], 11, RH.OWNER), { to: 52 });
  add("hash for lockout", hash(n16, 11, RH.LOCKOUT));
  add("hash of too much", hash(new Uint8Array(1025), 11, RH.OWNER));
}

export function sequences(): void {
  const begin = (algorithm: number, auth: Uint8Array | number[] = []) =>
    command(CC.HashSequenceStart, [], [sized(auth), u16(algorithm)]);
  const update = (handle: number, data: Uint8Array, auth: number[] = []) =>
    command(CC.SequenceUpdate, [handle], [sized(data)], [password(auth)]);
  const complete = (handle: number, data: Uint8Array, hierarchy: number, auth: number[] = []) =>
    command(CC.SequenceComplete, [handle], [sized(data), u32(hierarchy)], [password(auth)]);
  const event = (pcr: number, handle: number, data: Uint8Array, auth: number[] = []) =>
    command(CC.EventSequenceComplete, [pcr, handle], [sized(data)], [password(), password(auth)]);
  const [a, b, c] = [0x80000000, 0x80000001, 0x80000002];
  add("sequence a, SHA-256", begin(11));
  add("sequence b, event", begin(0x10, [1, 2, 0]));
  add("sequence c, SHA-1", begin(4));
  add("sequence too many", begin(4));
  add("sequence SM3", begin(0x12));
  add("sequence auth too large", begin(4, new Uint8Array(65)));
  add("transient handles", getCapability(1, a, 10));
  add("one transient handle", getCapability(1, b, 1));
  add("update a", update(a, n16));
  add("update a, wrong auth", update(a, n16, [1]));
  add("update b", update(b, n16, [1, 2]));
  add("update what is not there", update(0x80000003, n16, [1, 2]));
  add("update without session", command(CC.SequenceUpdate, [a], [sized(n16)]));
  add("update with too much", update(a, new Uint8Array(1025)));
  add("complete a", complete(a, n16, RH.NULL));
  add("complete b, an event sequence", complete(b, n16, RH.NULL, [1, 2]));
  add("complete c as an event", event(16, c, n16));
  add("complete b with one session", command(CC.EventSequenceComplete, [16, b], [sized(n16)], [password([1, 2])]));
  add("complete b as an event", event(16, b, n16, [1, 2]));
  add("complete b again", event(16, b, n16, [1, 2]));
  add("sequence event", begin(0x10));
  add("event for PCR 17 at locality 0", event(17, a, n16));
  add("event for no PCR", event(RH.NULL, a, none));
  add("complete c for the owner, too short for a ticket", complete(c, Uint8Array.of(1, 2), RH.OWNER));
  add("flush c, which is gone", flush(c));
  for (const handle of [0, 0x01000000, 0x02000000, 0x03000000, 0x40000001, 0x81000000, 0x80ffffff, 0x02ffffff])
    add(`flush 0x${handle.toString(16)}`, flush(handle));
}
