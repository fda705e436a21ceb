/**
 * The picture of v86's graphics card, made when it is asked for: a machine whose screen nobody looks at pays nothing. v86 sends each
 * change to a screen adapter; here one is lent to it for as long as it draws everything once.
 */
import { UnsupportedV86Error, type V86Cpu } from "./internals.ts";

/** What the card shows at a moment. */
export interface VgaPicture {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row from the top: 4 · width · height octets. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** In a text mode its lines, without the blanks at their ends; null in a graphics mode. */
  readonly text: readonly string[] | null;
}

interface ImagePart {
  readonly image_data: { readonly data: Uint8ClampedArray; readonly width: number } | null;
  readonly screen_x: number;
  readonly screen_y: number;
  readonly buffer_x: number;
  readonly buffer_y: number;
  readonly buffer_width: number;
  readonly buffer_height: number;
}

/** v86's graphics card, as far as it is used here. */
interface Vga {
  screen: object;
  graphical_mode: boolean;
  max_cols: number;
  max_rows: number;
  screen_width: number;
  screen_height: number;
  image_data: object | null | undefined;
  text_mode_redraw(): void;
  complete_replot(): void;
  complete_redraw(): void;
  screen_fill_buffer(): void;
  set_font_bitmap(changed: boolean): void;
  set_font_page(): void;
  update_cursor(): void;
  update_cursor_scanline(): void;
}

const METHODS = [
  "text_mode_redraw",
  "complete_replot",
  "complete_redraw",
  "screen_fill_buffer",
  "set_font_bitmap",
  "set_font_page",
  "update_cursor",
  "update_cursor_scanline",
] as const satisfies readonly (keyof Vga)[];

/** Of v86's cells. */
const BLINKING = 1;
const FONT_PAGE_B = 2;
/** Octets of a character in the card's plane of fonts, one for each line, and characters of a font. */
const GLYPH_SIZE = 32;
const GLYPHS = 256;
/** The line drawing characters go on into a ninth column (CP437 C0h to DFh). */
const isJoined = (character: number) => character >= 0xc0 && character <= 0xdf;

/** What v86 tells of a text mode: everything but the cells is there before the first of them. */
class TextScreen {
  readonly FLAG_BLINKING = BLINKING;
  readonly FLAG_FONT_PAGE_B = FONT_PAGE_B;
  readonly #columns: number;
  readonly #rows: number;
  /** Character, flags, background and foreground (RRGGBB) of each cell. */
  readonly #cells: Int32Array;
  #font = { height: 16, width: 9, joins: true, plane: new Uint8Array() as Uint8Array };
  #pages = [0, 0];
  #cursor = { row: -1, column: -1, first: 0, last: -1 };

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
    this.#cells = new Int32Array(columns * rows * 4);
  }

  put_char(row: number, column: number, ...cell: number[]): void {
    this.#cells.set(cell, (row * this.#columns + column) * 4);
  }

  set_font_bitmap(height: number, isNine: boolean, isDouble: boolean, joins: boolean, plane: Uint8Array): void {
    this.#font = { height, width: isDouble ? 16 : isNine ? 9 : 8, joins, plane };
  }

  set_font_page(a: number, b: number): void {
    this.#pages = [a, b];
  }

  update_cursor(row: number, column: number): void {
    this.#cursor = { ...this.#cursor, row, column };
  }

  update_cursor_scanline(first: number, last: number, isVisible: boolean): void {
    this.#cursor = { ...this.#cursor, first, last: isVisible ? last : -1 };
  }

  picture(text: readonly string[] | null): VgaPicture {
    const { width: cellWidth, height: cellHeight } = this.#font;
    const width = this.#columns * cellWidth;
    const height = this.#rows * cellHeight;
    const words = new Uint32Array(width * height);
    for (let row = 0; row < this.#rows; row++) {
      for (let column = 0; column < this.#columns; column++) this.#drawCell(words, width, row, column);
    }
    return { width, height, pixels: new Uint8ClampedArray(words.buffer), text };
  }

  #drawCell(words: Uint32Array, width: number, row: number, column: number): void {
    const { width: cellWidth, height, plane } = this.#font;
    const at = (row * this.#columns + column) * 4;
    const [character = 0, flags = 0, background = 0, foreground = 0] = this.#cells.subarray(at, at + 4);
    const glyph = ((this.#pages[flags & FONT_PAGE_B ? 1 : 0] ?? 0) * GLYPHS + character) * GLYPH_SIZE;
    const ink = pixel(foreground);
    const ground = pixel(background);
    const { first, last, ...cursor } = this.#cursor;
    const hasCursor = cursor.row === row && cursor.column === column;
    for (let line = 0; line < height; line++) {
      const bits =
        hasCursor && line >= first && line <= last ? 0x1ff : this.#lineOf(character, plane[glyph + line] ?? 0);
      const start = (row * height + line) * width + column * cellWidth;
      for (let x = 0; x < cellWidth; x++) {
        const bit = cellWidth === 16 ? x >> 1 : x;
        words[start + x] = (bits >> (8 - bit)) & 1 ? ink : ground;
      }
    }
  }

  /** Nine pixels, the leftmost in bit 8. */
  #lineOf(character: number, octet: number): number {
    return (octet << 1) | (this.#font.joins && isJoined(character) ? octet & 1 : 0);
  }
}

/** RRGGBB as a pixel of RGBA in memory; WebAssembly, and with it v86, is little-endian everywhere it runs. */
const pixel = (rgb: number) => (0xff00_0000 | ((rgb & 0xff) << 16) | (rgb & 0xff00) | ((rgb >> 16) & 0xff)) >>> 0;

/**
 * What the card of an emulator shows now. The guest notices nothing.
 * @returns null where there is nothing to see: no mode is set, or a graphics mode in Node, where v86 makes no picture.
 * @throws UnsupportedV86Error
 */
export function readVgaScreen(cpu: V86Cpu): VgaPicture | null {
  const vga = vgaOf(cpu);
  return vga.graphical_mode ? graphicsPicture(vga) : textPicture(vga);
}

function vgaOf(cpu: V86Cpu): Vga {
  const vga = (cpu.devices as { readonly vga?: Vga }).vga;
  if (typeof vga !== "object" || typeof vga.screen !== "object") {
    throw new UnsupportedV86Error("v86.cpu.devices.vga.screen", "object");
  }
  for (const name of METHODS) {
    if (typeof vga[name] !== "function") throw new UnsupportedV86Error(`v86.cpu.devices.vga.${name}`, "function");
  }
  return vga;
}

/** Lends the card a screen for as long as it draws on it. */
function drawOn(vga: Vga, screen: object, draw: () => void): void {
  const own = vga.screen;
  // What is not looked at here goes nowhere.
  vga.screen = new Proxy(screen, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : (value ?? (() => {}));
    },
  });
  try {
    draw();
  } finally {
    vga.screen = own;
  }
}

function textPicture(vga: Vga): VgaPicture | null {
  const { max_cols: columns, max_rows: rows } = vga;
  if (!(columns > 0 && rows > 0)) return null;
  const screen = new TextScreen(columns, rows);
  drawOn(vga, screen, () => {
    // It tells the pages and then draws, by itself.
    vga.set_font_bitmap(true);
    vga.set_font_page();
    vga.update_cursor();
    vga.update_cursor_scanline();
  });
  const lines = (vga.screen as { get_text_screen?: () => string[] }).get_text_screen?.() ?? null;
  return screen.picture(lines?.map((line) => line.replace(/[\0\s]+$/, "")) ?? null);
}

function graphicsPicture(vga: Vga): VgaPicture | null {
  const { screen_width: width, screen_height: height } = vga;
  if (!vga.image_data || !(width > 0 && height > 0)) return null;
  const pixels = new Uint8ClampedArray(4 * width * height);
  const screen = {
    update_buffer(parts: readonly ImagePart[]) {
      for (const part of parts) copyPart(part, pixels, width, height);
    },
  };
  drawOn(vga, screen, () => {
    vga.complete_replot();
    vga.complete_redraw();
    vga.screen_fill_buffer();
  });
  for (let at = 3; at < pixels.length; at += 4) pixels[at] = 0xff;
  return { width, height, pixels, text: null };
}

function copyPart(part: ImagePart, pixels: Uint8ClampedArray, width: number, height: number): void {
  const { image_data: image, screen_x, screen_y, buffer_x, buffer_y, buffer_width, buffer_height } = part;
  if (image === null) return;
  const left = Math.max(0, -screen_x);
  const right = Math.min(buffer_width, width - screen_x);
  if (right <= left) return;
  for (let line = Math.max(0, -screen_y); line < buffer_height && screen_y + line < height; line++) {
    const from = 4 * ((buffer_y + line) * image.width + buffer_x + left);
    pixels.set(image.data.subarray(from, from + 4 * (right - left)), 4 * ((screen_y + line) * width + screen_x + left));
  }
}
