import { useEffect, useRef, useState } from "preact/hooks";
import type { Display, Picture } from "../state/display.ts";
import { words } from "../words/index.ts";
import { scanCodes } from "./scancodes.ts";

/** Milliseconds: a picture costs the guest some of its time. */
const INTERVAL_MS = 200;

function draw(canvas: HTMLCanvasElement, { width, height, pixels }: Picture): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
}

/** The PC's screen, for as long as somebody looks at it, and its keyboard. */
export function VgaScreen({ display, isOff }: { display: Display; isOff: boolean }) {
  const keyboard = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const held = useRef(new Set<string>());
  const [text, setText] = useState<string | null>(null);
  const [isEmpty, setEmpty] = useState(true);
  const [failure, setFailure] = useState<string | null>(null);
  const say = words().terminal.screen;
  useEffect(() => keyboard.current?.focus(), []);
  useEffect(() => {
    const look = () => {
      if (document.hidden || canvas.current === null) return;
      try {
        const picture = display.read();
        setEmpty(picture === null);
        if (picture === null) return;
        draw(canvas.current, picture);
        setText(picture.text === null ? null : picture.text.join("\n").trimEnd());
      } catch (error) {
        clearInterval(timer);
        setFailure((error as Error).message);
      }
    };
    const timer = setInterval(look, INTERVAL_MS);
    look();
    return () => clearInterval(timer);
  }, [display]);
  const onKey = (event: KeyboardEvent) => {
    // The way out for who has no pointer.
    if (event.code === "Tab" && event.shiftKey) return;
    const isDown = event.type === "keydown";
    const codes = scanCodes(event.code, isDown);
    if (codes.length === 0) return;
    event.preventDefault();
    if (isDown) held.current.add(event.code);
    else held.current.delete(event.code);
    display.press(codes);
  };
  /** Who goes elsewhere with a key pressed lets it go there. */
  const letGo = () => {
    for (const code of held.current) display.press(scanCodes(code, false));
    held.current.clear();
  };
  const save = () =>
    canvas.current?.toBlob((picture) => picture !== null && display.save("tabtpm-screen.png", picture), "image/png");
  const isDark = isOff || isEmpty || failure !== null;
  return (
    <div class="vga">
      <div
        class="vga-screen"
        ref={keyboard}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the keys of the PC's keyboard
        tabIndex={0}
        aria-label={say.label}
        onKeyDown={onKey}
        onKeyUp={onKey}
        onBlur={letGo}
      >
        <canvas ref={canvas} hidden={isDark} />
        {isDark && <p>{failure !== null ? say.failed(failure) : isOff ? say.off : say.empty}</p>}
      </div>
      {/* What the canvas shows, for who can't see it. */}
      <pre class="hidden-text">{isDark ? "" : text}</pre>
      <p class="vga-foot">
        <span>{say.hint}</span>
        <button type="button" title={say.saveHint} disabled={isDark} onClick={save}>
          {say.save}
        </button>
      </p>
    </div>
  );
}
