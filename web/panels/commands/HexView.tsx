import { Fragment } from "preact";

/** Octets in a line. */
const LINE = 8;

export interface Range {
  readonly offset: number;
  readonly size: number;
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
const isIn = (at: number, { offset, size }: Range) => at >= offset && at < offset + size;

/** For the eyes: what stands in them is in the fields. The octets of a message, those of `marked` marked; of `hidden` ones only how many they are. */
export function HexView(props: { octets: Uint8Array; marked: Range | null; hidden: readonly Range[] }) {
  const { octets, marked, hidden } = props;
  const lines = Array.from({ length: Math.ceil(octets.length / LINE) }, (_, line) => line * LINE);
  const textOf = (at: number) => (hidden.some((range) => isIn(at, range)) ? "··" : hex(octets[at]!, 2));
  return (
    <div class="hex" aria-hidden="true">
      {lines.map((start) => (
        <div key={start}>
          <span class="offset">{hex(start, 3)}</span>
          {runsOf(start, Math.min(octets.length, start + LINE), marked).map(({ from, to, isMarked }) => {
            const text = Array.from({ length: to - from }, (_, i) => textOf(from + i)).join(" ");
            return <Fragment key={from}> {isMarked ? <span class="marked">{text}</span> : text}</Fragment>;
          })}
        </div>
      ))}
    </div>
  );
}

/** What is marked of a line, and what is not, in order. */
function runsOf(start: number, end: number, marked: Range | null) {
  if (marked === null) return [{ from: start, to: end, isMarked: false }];
  const clamp = (at: number) => Math.min(end, Math.max(start, at));
  const [first, last] = [clamp(marked.offset), clamp(marked.offset + marked.size)];
  return [
    { from: start, to: first, isMarked: false },
    { from: first, to: last, isMarked: true },
    { from: last, to: end, isMarked: false },
  ].filter(({ from, to }) => to > from);
}
