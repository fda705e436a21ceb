// AES (FIPS 197): key expansion, cipher and inverse cipher of one block, for keys of 128, 192 and 256 bits.
//
// Not constant-time in addresses: SubBytes, ShiftRows and MixColumns are merged into lookup tables. The tables are
// computed when the module starts, so they take no room in the file. Words are native (little-endian), a column each:
// the first byte of a column is the low one.

const TABLE_BYTES: u32 = 1024;
/** Four tables for the cipher: S-box and MixColumns of a byte in row 0, 1, 2, 3. */
const cipherTables: usize = memory.data(4096, 64);
/** Four tables for the equivalent inverse cipher (5.3.5): inverse S-box and InvMixColumns. */
const inverseTables: usize = memory.data(4096, 64);
const sBox: usize = memory.data(256, 64);
const inverseSBox: usize = memory.data(256, 64);

/** Multiplies by x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (4.2). */
@inline
function xtime(a: u32): u32 {
  return ((a << 1) ^ ((a >>> 7) * 0x11b)) & 0xff;
}

function makeTables(): void {
  // 3 generates the multiplicative group: p runs through 3^i, q through its inverse 3^-i.
  let p: u32 = 1;
  let q: u32 = 1;
  do {
    p ^= xtime(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q &= 0xff;
    if ((q & 0x80) != 0) q ^= 0x09;
    const wide = q | (q << 8);
    setSBox(p, (q ^ (wide >>> 7) ^ (wide >>> 6) ^ (wide >>> 5) ^ (wide >>> 4) ^ 0x63) & 0xff);
  } while (p != 1);
  setSBox(0, 0x63);
  for (let i: u32 = 0; i < 256; i++) {
    const s: u32 = load<u8>(sBox + i);
    const s2 = xtime(s);
    const v: u32 = load<u8>(inverseSBox + i);
    const v2 = xtime(v);
    const v4 = xtime(v2);
    const v8 = xtime(v4);
    const forward = s2 | (s << 8) | (s << 16) | ((s2 ^ s) << 24);
    const backward = (v8 ^ v4 ^ v2) | ((v8 ^ v) << 8) | ((v8 ^ v4 ^ v) << 16) | ((v8 ^ v2 ^ v) << 24);
    for (let row: u32 = 0; row < 4; row++) {
      store<u32>(cipherTables + row * TABLE_BYTES + 4 * i, rotl<u32>(forward, 8 * row));
      store<u32>(inverseTables + row * TABLE_BYTES + 4 * i, rotl<u32>(backward, 8 * row));
    }
  }
}

function setSBox(from: u32, to: u32): void {
  store<u8>(sBox + from, to as u8);
  store<u8>(inverseSBox + to, from as u8);
}

makeTables();

function subWord(w: u32): u32 {
  return (
    (load<u8>(sBox + (w & 0xff)) as u32) |
    ((load<u8>(sBox + ((w >>> 8) & 0xff)) as u32) << 8) |
    ((load<u8>(sBox + ((w >>> 16) & 0xff)) as u32) << 16) |
    ((load<u8>(sBox + (w >>> 24)) as u32) << 24)
  );
}

/** Number of rounds for a key of `keyBits`; 0 when AES has no such key size. */
export function aesRounds(keyBits: u32): u32 {
  return keyBits == 128 ? 10 : keyBits == 192 ? 12 : keyBits == 256 ? 14 : 0;
}

/** Key expansion (5.2): 16 * (rounds + 1) bytes of round keys. */
export function aesExpandKey(schedule: usize, key: usize, keyBits: u32): void {
  const words = keyBits >>> 5;
  const end = schedule + 16 * (aesRounds(keyBits) + 1);
  memory.copy(schedule, key, keyBits >>> 3);
  let rcon: u32 = 1;
  let temp = load<u32>(schedule + 4 * (words - 1));
  let position = words;
  for (let at = schedule + 4 * words; at < end; at += 4) {
    if (position == words) {
      temp = subWord(rotr<u32>(temp, 8)) ^ rcon;
      rcon = xtime(rcon);
      position = 0;
    } else if (words == 8 && position == 4) {
      temp = subWord(temp);
    }
    position++;
    temp ^= load<u32>(at - 4 * words);
    store<u32>(at, temp);
  }
}

/** Round keys of the equivalent inverse cipher (5.3.5): in reverse order, InvMixColumns of all but the first and last. */
export function aesInvertSchedule(inverse: usize, schedule: usize, rounds: u32): void {
  for (let round: u32 = 0; round <= rounds; round++) {
    const from = schedule + 16 * (rounds - round);
    const to = inverse + 16 * round;
    for (let i: u32 = 0; i < 16; i += 4) {
      let w = load<u32>(from + i);
      if (round != 0 && round != rounds) {
        // The inverse table undoes the S-box too: apply it first.
        w = subWord(w);
        w = tables4(inverseTables, w, w, w, w);
      }
      store<u32>(to + i, w);
    }
  }
}

/** One column of a round: row r from column `wr`. */
@inline
function tables4(tables: usize, w0: u32, w1: u32, w2: u32, w3: u32): u32 {
  return (
    load<u32>(tables + ((w0 << 2) & 0x3fc)) ^
    load<u32>(tables + ((w1 >>> 6) & 0x3fc), 1024) ^
    load<u32>(tables + ((w2 >>> 14) & 0x3fc), 2048) ^
    load<u32>(tables + ((w3 >>> 22) & 0x3fc), 3072)
  );
}

/** One column of the last round, which has no MixColumns. */
@inline
function bytes4(box: usize, w0: u32, w1: u32, w2: u32, w3: u32): u32 {
  return (
    (load<u8>(box + (w0 & 0xff)) as u32) |
    ((load<u8>(box + ((w1 >>> 8) & 0xff)) as u32) << 8) |
    ((load<u8>(box + ((w2 >>> 16) & 0xff)) as u32) << 16) |
    ((load<u8>(box + (w3 >>> 24)) as u32) << 24)
  );
}

/** Cipher (5.1): one block of 16 bytes; `output` may be `input`. */
export function aesEncryptBlock(schedule: usize, rounds: u32, input: usize, output: usize): void {
  let a = load<u32>(input, 0) ^ load<u32>(schedule, 0);
  let b = load<u32>(input, 4) ^ load<u32>(schedule, 4);
  let c = load<u32>(input, 8) ^ load<u32>(schedule, 8);
  let d = load<u32>(input, 12) ^ load<u32>(schedule, 12);
  const last = schedule + 16 * rounds;
  for (schedule += 16; schedule < last; schedule += 16) {
    const e = tables4(cipherTables, a, b, c, d) ^ load<u32>(schedule, 0);
    const f = tables4(cipherTables, b, c, d, a) ^ load<u32>(schedule, 4);
    const g = tables4(cipherTables, c, d, a, b) ^ load<u32>(schedule, 8);
    d = tables4(cipherTables, d, a, b, c) ^ load<u32>(schedule, 12);
    a = e;
    b = f;
    c = g;
  }
  store<u32>(output, bytes4(sBox, a, b, c, d) ^ load<u32>(last, 0), 0);
  store<u32>(output, bytes4(sBox, b, c, d, a) ^ load<u32>(last, 4), 4);
  store<u32>(output, bytes4(sBox, c, d, a, b) ^ load<u32>(last, 8), 8);
  store<u32>(output, bytes4(sBox, d, a, b, c) ^ load<u32>(last, 12), 12);
}

/** Equivalent inverse cipher (5.3.5): `schedule` from {@link aesInvertSchedule}; `output` may be `input`. */
export function aesDecryptBlock(schedule: usize, rounds: u32, input: usize, output: usize): void {
  let a = load<u32>(input, 0) ^ load<u32>(schedule, 0);
  let b = load<u32>(input, 4) ^ load<u32>(schedule, 4);
  let c = load<u32>(input, 8) ^ load<u32>(schedule, 8);
  let d = load<u32>(input, 12) ^ load<u32>(schedule, 12);
  const last = schedule + 16 * rounds;
  for (schedule += 16; schedule < last; schedule += 16) {
    const e = tables4(inverseTables, a, d, c, b) ^ load<u32>(schedule, 0);
    const f = tables4(inverseTables, b, a, d, c) ^ load<u32>(schedule, 4);
    const g = tables4(inverseTables, c, b, a, d) ^ load<u32>(schedule, 8);
    d = tables4(inverseTables, d, c, b, a) ^ load<u32>(schedule, 12);
    a = e;
    b = f;
    c = g;
  }
  store<u32>(output, bytes4(inverseSBox, a, d, c, b) ^ load<u32>(last, 0), 0);
  store<u32>(output, bytes4(inverseSBox, b, a, d, c) ^ load<u32>(last, 4), 4);
  store<u32>(output, bytes4(inverseSBox, c, b, a, d) ^ load<u32>(last, 8), 8);
  store<u32>(output, bytes4(inverseSBox, d, c, b, a) ^ load<u32>(last, 12), 12);
}
