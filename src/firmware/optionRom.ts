/**
 * An option ROM that says a line at the firmware's console, and nothing else: what a card that somebody has put into the PC would
 * have the firmware run. [PnP BIOS Specification 1.0a, 3.2]
 */
import type { FwCfgFile } from "./fwCfg.ts";

const BLOCK = 512;
const PNP_POINTER = 0x1a;
const PNP = 0x20;
const PNP_SIZE = 32;
const PNP_CHECKSUM = 9;
const CODE = PNP + PNP_SIZE;
/** The firmware runs the ROMs of its configuration device that are called so. */
const FOLDER = "genroms/";
const MAX_TEXT = 200;
/** SeaBIOS keeps the last character back for its serial console until another one follows. */
const END = " \r\n";

/** What a ROM begins with: its signature, its blocks, and a jump to its code. */
const head = (blocks: number) => [0x55, 0xaa, blocks, 0xe9, (CODE - 6) & 0xff, (CODE - 6) >> 8];

/** Real-mode code, for any place in memory: CS:SI goes through the text at `text`, each octet is written by INT 10h, AH = 0Eh. */
const code = (text: number) => [
  ...[0x60, 0x1e, 0x0e, 0x1f, 0xfc], // PUSHA; PUSH DS; PUSH CS; POP DS; CLD
  ...[0xbe, text & 0xff, text >> 8], // MOV SI, text
  ...[0xac, 0x84, 0xc0, 0x74, 0x0b], // next: LODSB; TEST AL, AL; JZ done
  ...[0xb4, 0x0e, 0xbb, 0x07, 0x00], // MOV AH, 0Eh; MOV BX, 7
  ...[0x56, 0xcd, 0x10, 0x5e, 0xeb, 0xf0], // PUSH SI; INT 10h; POP SI; JMP next
  ...[0x1f, 0x61, 0x31, 0xc0, 0xcb], // done: POP DS; POPA; XOR AX, AX (nothing to boot from here); RETF
];

/**
 * @param name of the file, as the firmware has it: `genroms/NAME.bin`.
 * @param text printable ASCII, at most 200 characters.
 * @returns a file for the firmware's configuration device; the ROM is a multiple of 512 octets whose sum is 0.
 * @throws RangeError for a name or text that is none.
 */
export function optionRom(name: string, text: string): FwCfgFile {
  if (!/^[a-z0-9-]{1,32}$/.test(name)) throw new RangeError(`${JSON.stringify(name)} is no name of an option ROM.`);
  if (!/^[ -~]*$/.test(text) || text.length > MAX_TEXT) {
    throw new RangeError(
      `An option ROM says at most ${MAX_TEXT} printable ASCII characters, not ${JSON.stringify(text)}.`,
    );
  }
  const textAt = CODE + code(0).length;
  const size = Math.ceil((textAt + text.length + END.length + 2) / BLOCK) * BLOCK;
  const rom = new Uint8Array(size);
  const put = (at: number, ...octets: number[]) => rom.set(octets, at);
  const ascii = (characters: string) => Array.from(characters, (character) => character.charCodeAt(0));
  put(0, ...head(size / BLOCK));
  put(PNP_POINTER, PNP);
  // Without this header the firmware would not run the code. Revision 1, its length in paragraphs; device type: other.
  put(PNP, ...ascii("$PnP"), 1, PNP_SIZE / 16);
  rom[PNP + 0x13] = 0x80;
  rom[PNP + PNP_CHECKSUM] = -sum(rom.subarray(PNP, CODE));
  put(CODE, ...code(textAt));
  put(textAt, ...ascii(`${text}${END}`), 0);
  rom[size - 1] = -sum(rom);
  return { name: `${FOLDER}${name}.bin`, data: rom };
}

const sum = (octets: Uint8Array) => octets.reduce((total, octet) => total + octet, 0);
