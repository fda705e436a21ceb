import type { ITheme } from "@xterm/xterm";

/** The console is dark in both colour schemes, like the screen of the PC that it is; `ground` is --screen. */
export const theme = (ground: string): ITheme => ({
  background: ground,
  foreground: "#d9e2de",
  cursor: "#5fd3bf",
  cursorAccent: ground,
  selectionBackground: "#2f5d57",
  selectionInactiveBackground: "#29423f",
  black: "#3a4548",
  red: "#ff8f84",
  green: "#7fd6a2",
  yellow: "#f2c776",
  blue: "#82b4ff",
  magenta: "#d7a0f2",
  cyan: "#6fd6d6",
  white: "#d9e2de",
  brightBlack: "#84908c",
  brightRed: "#ffb0a8",
  brightGreen: "#a4ecc0",
  brightYellow: "#ffe0a3",
  brightBlue: "#abcdff",
  brightMagenta: "#e8c4fa",
  brightCyan: "#9cecec",
  brightWhite: "#ffffff",
});
