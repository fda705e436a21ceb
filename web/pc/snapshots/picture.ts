/** A small picture of the console. */
const WIDTH = 480;
const HEIGHT = 300;
const LINE = 12;
const MARGIN = 6;

/**
 * @param lines what the console shows, top first.
 * @returns null where there is nothing to see, or the browser makes no picture.
 */
export async function pictureOf(lines: readonly string[]): Promise<Blob | null> {
  const last = lines.findLastIndex((line) => line.trim() !== "");
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  if (last < 0 || context === null) return null;
  context.fillStyle = "#101418";
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = "#d7dde4";
  context.font = `${LINE - 2}px monospace`;
  const rows = Math.floor((HEIGHT - 2 * MARGIN) / LINE);
  for (const [row, line] of lines.slice(Math.max(0, last + 1 - rows), last + 1).entries()) {
    context.fillText(line.slice(0, WIDTH / 4), MARGIN, MARGIN + (row + 1) * LINE - 2);
  }
  return new Promise((resolve) => canvas.toBlob(resolve, "image/webp", 0.8));
}
