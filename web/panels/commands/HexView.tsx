/** Octets in a line. */
const LINE = 8;

export interface Range {
  readonly offset: number;
  readonly size: number;
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");

/** For the eyes: what stands in them is in the fields. The octets of a message, those of `marked` marked; of `hidden` ones only how many they are. */
export function HexView(props: { octets: Uint8Array; marked: Range | null; hidden: readonly Range[] }) {
  const { octets, marked, hidden } = props;
  const isIn = (at: number, { offset, size }: Range) => at >= offset && at < offset + size;
  const lines = Array.from({ length: Math.ceil(octets.length / LINE) }, (_, line) => line * LINE);
  return (
    <div class="hex" aria-hidden="true">
      {lines.map((start) => (
        <div key={start}>
          <span class="offset">{hex(start, 3)}</span>
          {Array.from(octets.subarray(start, start + LINE), (octet, i) => {
            const at = start + i;
            const text = hidden.some((range) => isIn(at, range)) ? "··" : hex(octet, 2);
            return (
              <span key={at} class={marked !== null && isIn(at, marked) ? "octet marked" : "octet"}>
                {text}
              </span>
            );
          })}
        </div>
      ))}
    </div>
  );
}
