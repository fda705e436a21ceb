/**
 * IMA's list of measurements as Linux prints it, /sys/kernel/security/ima/ascii_runtime_measurements: a line an entry,
 * "10 <digest of the entry> ima-ng sha256:<digest of the file> <path>". [Linux, Documentation/security/IMA-templates.rst]
 */
import { PCR_COUNT } from "../../firmware/eventLog.ts";
import { fromLatin1, latin1 } from "../octets.ts";
import { entryOf, type ImaEntry, type ImaLimits, type ImaLog, ImaLogError, SHOWN_LIMITS } from "./entry.ts";
import { FIELD_FORMATS, type ImaFieldName, MAX_TEMPLATE_NAME, templateFields } from "./templates.ts";

/** The digest is of SHA-1, or of another bank in the lists that are named after one. */
const LINE = new RegExp(
  `^ *(\\d{1,2}) ([0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}) ([a-z0-9|_-]{1,${MAX_TEMPLATE_NAME}}) (.*)$`,
  "s",
);
const [LINE_END, NOTHING_BUT_BLANKS] = [0x0a, /^[ \r\t]*$/];

/** @throws ImaLogError for what is no such list, or has more than the limits; Linux writes every line of it in this form. */
export function parseImaLog(octets: Uint8Array, { maxEntries, maxSize }: ImaLimits = SHOWN_LIMITS): ImaLog {
  if (octets.length > maxSize) throw new ImaLogError(1, "begins what is more than can be read");
  const entries: ImaEntry[] = [];
  let start = 0;
  for (let line = 1; ; line++) {
    const end = octets.indexOf(LINE_END, start);
    const text = latin1(octets.subarray(start, end < 0 ? octets.length : end));
    if (end < 0) {
      // Behind the last line's end there is nothing.
      const isCut = !NOTHING_BUT_BLANKS.test(text);
      if (entries.length === 0) throw new ImaLogError(1, isCut && LINE.test(text) ? "has no end" : "has no entry");
      return { entries, isCut, isBigEndian: false };
    }
    start = end + 1;
    if (text === "" && line > 1) continue;
    if (entries.length === maxEntries) throw new ImaLogError(line, "is more than can be shown");
    entries.push(parseLine(text, line));
  }
}

function parseLine(line: string, number: number): ImaEntry {
  const match = LINE.exec(line);
  if (match === null) throw new ImaLogError(number, "is not “PCR, digest, template, …”");
  const [, pcr, templateHash, template, rest] = match as unknown as [string, string, string, string, string];
  if (Number(pcr) >= PCR_COUNT) throw new ImaLogError(number, `names PCR ${pcr}`);
  const names = templateFields(template);
  const texts = names && splitFields(rest, names);
  const fields = texts?.map((text, at) => {
    const name = names![at]!;
    // Linux writes nothing at all for a field without octets.
    return { name, octets: text === "" ? new Uint8Array(0) : FIELD_FORMATS[name].parse(text) };
  });
  if (fields === undefined || !fields.every((field) => field.octets !== null)) {
    return { ...unknownEntry(rest), pcr: Number(pcr), templateHash, template };
  }
  return entryOf(
    Number(pcr),
    templateHash,
    template,
    fields.map(({ name, octets }) => ({ name, octets: octets! })),
  );
}

/** A blank stands between two fields. A name has none since Linux 5.8; before, what is left for it is its own. */
function splitFields(rest: string, names: readonly ImaFieldName[]): string[] | null {
  const parts = rest.split(" ");
  const name = names.findIndex((one) => one === "n" || one === "n-ng");
  if (parts.length === names.length || name < 0) return parts.length === names.length ? parts : null;
  if (parts.length < names.length) return null;
  const behind = names.length - name - 1;
  const end = parts.length - behind;
  return [...parts.slice(0, name), parts.slice(name, end).join(" "), ...parts.slice(end)];
}

const FILE_DIGEST = /^((?:[a-z0-9-]{1,20}:)?[0-9a-f]{2,128}) (.*)$/s;

/** Of a template that is not known, or is not filled as it should be: what most of them begin with. */
function unknownEntry(rest: string): Pick<ImaEntry, "fileDigest" | "name" | "signature" | "fields"> {
  const measured = FILE_DIGEST.exec(rest);
  const name = new TextDecoder().decode(fromLatin1(measured?.[2] ?? rest));
  return { fileDigest: measured?.[1] ?? "", name, signature: "", fields: null };
}
