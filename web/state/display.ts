/** The PC's screen and keyboard, as far as the page shows and serves them. */

export interface Picture {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** Of a text mode its lines. */
  readonly text: readonly string[] | null;
}

export interface Display {
  /** What is on the screen now; null while there is nothing. @throws Error where it can't be read */
  read(): Picture | null;
  /** Tells the PC's keyboard controller of keys. @param codes octets of scan code set 1 */
  press(codes: readonly number[]): void;
  /** Offers what the console or the screen has shown to the user as a file. */
  save(name: string, content: Blob | string): void;
  /** All that the console has shown. */
  text(): string;
}
