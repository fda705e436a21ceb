/**
 * A firmware's event log held against quoted PCRs: which of them it accounts for, and which fields of its events may be
 * relied on. The log comes from whoever is to be attested; only what a quoted value binds is true.
 */
import { describeEvent } from "../firmware/description/index.ts";
import { hashName, readEventLog, type TcgEvent } from "../firmware/eventLog.ts";
import { type HashFunction, replayEventLog, startupLocality, webCryptoHash } from "../firmware/eventLogReplay.ts";
import { EV_NO_ACTION, EV_SEPARATOR, eventTypeName } from "../firmware/eventTypes.ts";
import { BOUND_BY_NO_DIGEST, digestOf, fieldsOf, type HashedForm } from "./eventFields.ts";
import { type Finding, finding, group, type Verdict, verdictOf } from "./finding.ts";
import { equal, toHex } from "./octets.ts";

/** PCR values that a quote covers, by bank (TPM_ALG_ID) and PCR. */
export type QuotedPcrs = ReadonlyMap<number, ReadonlyMap<number, Uint8Array>>;

export interface EventEvidence {
  /** In the log, from 0. */
  readonly index: number;
  readonly event: TcgEvent;
  /** Of the bank that is replayed; null where the event extends nothing, or lacks it. */
  readonly digest: Uint8Array | null;
  /** What of the data is bound by the digest; null for nothing. */
  readonly form: HashedForm | null;
  readonly finding: Finding;
}

export interface EventLogEvidence {
  readonly finding: Finding;
  readonly events: readonly EventEvidence[];
  /** PCRs whose quoted value the log accounts for: what their events' digests bind is true. */
  readonly accepted: ReadonlySet<number>;
  /** The values that the log comes to in this bank, for the PCRs that it extends. */
  readonly values: ReadonlyMap<number, Uint8Array>;
}

/** Octets of a log that are read: real ones have some ten thousands, and the smallest events so many would take seconds. */
export const MAX_LOG_SIZE = 4 << 20;

/**
 * @param log as it stands in memory or binary_bios_measurements has it, SHA-1 or crypto-agile.
 * @param quoted what the log is held against.
 * @param bank TPM_ALG_ID of the bank that is replayed; everything rests on this one.
 * @param hash WebCrypto's where none is given. A bank that it does not have leaves everything unknown.
 */
export async function checkEventLog(
  log: Uint8Array,
  quoted: QuotedPcrs,
  bank: number,
  hash: HashFunction = webCryptoHash,
): Promise<EventLogEvidence> {
  if (log.length > MAX_LOG_SIZE) {
    const seen = `${log.length} octets`;
    return nothing(finding("eventLog.format", "bad", { expected: `at most ${MAX_LOG_SIZE} octets`, seen }));
  }
  const { events, error, note } = readEventLog(log);
  if (error !== null || events.length === 0) {
    const seen = error?.message ?? "an empty log";
    return nothing(finding("eventLog.format", "bad", { expected: "an event log that can be read", seen }));
  }
  const judged: EventEvidence[] = [];
  for (const [index, event] of events.entries()) judged.push(await judgeEvent(event, index, bank, hash));
  // Events with a digest of this bank, and with no other: what is replayed is what is relied on.
  const ofBank = judged.flatMap(({ event, digest }) =>
    event.type === EV_NO_ACTION || digest !== null
      ? [{ ...event, digests: digest === null ? [] : [{ algorithm: bank, digest }] }]
      : [],
  );
  const values = (await replayEventLog(ofBank, hash)).get(bank) ?? new Map<number, Uint8Array>();
  const pcrs = pcrFindings(judged, quoted.get(bank) ?? new Map(), values, bank);
  const findings = [
    finding("eventLog.format", "good", {
      expected: "an event log that can be read",
      seen: `${events.length} events, ${log.length} octets`,
      note: note ?? null,
    }),
    ...pcrs.map((one) => one.finding),
  ];
  return {
    finding: finding("eventLog", pcrs.length === 0 ? "unknown" : verdictOf(findings), {
      expected: `what extended the quoted PCRs of the bank ${hashName(bank)}`,
      seen: pcrs.length === 0 ? "no quoted PCR that the log extends" : null,
      note: unreliedNote(judged, quoted.get(bank) ?? new Map(), bank),
      findings,
    }),
    events: judged,
    accepted: new Set(pcrs.filter(({ finding: { verdict } }) => verdict === "good").map(({ pcr }) => pcr)),
    values,
  };
}

const nothing = (problem: Finding): EventLogEvidence => ({
  finding: group("eventLog", [problem]),
  events: [],
  accepted: new Set(),
  values: new Map(),
});

/** One finding for each quoted PCR that the log extends, made of its events. */
function pcrFindings(
  judged: readonly EventEvidence[],
  quoted: ReadonlyMap<number, Uint8Array>,
  values: ReadonlyMap<number, Uint8Array>,
  bank: number,
): { pcr: number; finding: Finding }[] {
  return [...quoted.keys()]
    .sort((a, b) => a - b)
    .flatMap((pcr) => {
      const own = judged.filter(({ event }) => event.pcrIndex === pcr && event.type !== EV_NO_ACTION);
      if (own.length === 0) return [];
      const value = values.get(pcr);
      const [wanted, seen] = [toHex(quoted.get(pcr)!), value === undefined ? null : toHex(value)];
      const findings = own.map((one) => one.finding);
      const result = (replay: Verdict, note: string | null) => {
        const verdict = verdictOf([{ verdict: replay }, ...findings]);
        return [{ pcr, finding: finding(`eventLog.pcr.${pcr}`, verdict, { expected: wanted, seen, note, findings }) }];
      };
      if (value === undefined) {
        const note = `There is no ${hashName(bank)} here to replay the log with, or its events have no such digest.`;
        return result(own.every(({ digest }) => digest !== null) ? "unknown" : "bad", note);
      }
      if (equal(value, quoted.get(pcr)!)) return result("good", startNote(judged, pcr));
      return result(
        "bad",
        "Events were changed, left out, added or put in another order; or something extended the PCR that is not in the log.",
      );
    });
}

/** PCR 0 may begin with a locality, which an event says that is extended nowhere: the replay shows whether it is so. */
function startNote(judged: readonly EventEvidence[], pcr: number): string | null {
  if (pcr !== 0) return null;
  const locality = judged.map(({ event }) => startupLocality(event)).find((one) => one !== null);
  return locality === undefined || locality === null || locality === 0
    ? null
    : `PCR 0 began with ${locality}, the locality of TPM2_Startup: the replay comes to the quoted value with it.`;
}

function unreliedNote(judged: readonly EventEvidence[], quoted: ReadonlyMap<number, Uint8Array>, bank: number): string {
  const extended = judged.filter(({ event }) => event.type !== EV_NO_ACTION).map(({ event }) => event.pcrIndex);
  const unquoted = [...new Set(extended)].filter((pcr) => !quoted.has(pcr)).sort((a, b) => a - b);
  const others = new Set(judged.flatMap(({ event }) => event.digests.map(({ algorithm }) => algorithm)));
  others.delete(bank);
  const notes = [`Each event's type is ${BOUND_BY_NO_DIGEST}, and so is every event of type EV_NO_ACTION.`];
  if (others.size > 0) {
    notes.push(
      `The digests of other banks (${[...others].map(hashName).join(", ")}) are not relied on: they are ${BOUND_BY_NO_DIGEST} of this one.`,
    );
  }
  if (unquoted.length > 0)
    notes.push(`Events of PCR ${unquoted.join(", ")} are not relied on: the quote leaves these out.`);
  return notes.join(" ");
}

async function judgeEvent(event: TcgEvent, index: number, bank: number, hash: HashFunction): Promise<EventEvidence> {
  const check = `eventLog.event.${index}`;
  const name = `${eventTypeName(event.type)}: ${describeEvent(event)}`;
  const of = (form: HashedForm | null, digest: Uint8Array | null, found: Finding): EventEvidence => ({
    index,
    event,
    digest,
    form,
    finding: found,
  });
  if (event.type === EV_NO_ACTION) {
    return of(null, null, finding(check, "good", { seen: name, note: `Extended nowhere: ${BOUND_BY_NO_DIGEST}.` }));
  }
  const digest = digestOf(event, bank);
  if (digest === null) {
    const expected = `one digest of the bank ${hashName(bank)}`;
    return of(
      null,
      null,
      finding(check, "bad", { expected, seen: name, note: "The event has none, or more than one." }),
    );
  }
  const { binding, forms } = fieldsOf(event.type);
  for (const form of forms) {
    const octets = form.octets(event.data);
    const computed = octets === null ? null : await hash(bank, octets);
    if (computed === null || !equal(computed, digest)) continue;
    return of(form, digest, boundFinding(check, event, name, form));
  }
  const seen = `${name}; digest ${toHex(digest)}`;
  if (binding !== "must") {
    return of(null, digest, finding(check, "good", { seen, note: `The event's data are ${BOUND_BY_NO_DIGEST}.` }));
  }
  if (hash(bank, new Uint8Array(0)) === null) {
    return of(null, digest, finding(check, "unknown", { seen, note: `There is no ${hashName(bank)} here.` }));
  }
  const expected = `the digest of its ${forms.map(({ bound }) => bound).join(", or of its ")}`;
  return of(
    null,
    digest,
    finding(check, "bad", { expected, seen, note: "The event's data are not what was measured." }),
  );
}

function boundFinding(check: string, event: TcgEvent, name: string, form: HashedForm): Finding {
  const note = form.unbound === null ? null : `Not of the digest: ${form.unbound}, which is ${BOUND_BY_NO_DIGEST}.`;
  const seen = name;
  const isError = event.type === EV_SEPARATOR && digestsError(event.data, form);
  if (isError) {
    const expected = "measurements without an error of the firmware's";
    return finding(check, "bad", {
      expected,
      seen,
      note: ["The firmware says that measuring failed.", note].filter(Boolean).join(" "),
    });
  }
  return finding(check, "good", { expected: `the digest of its ${form.bound}`, seen, note });
}

/** Whether what is bound is the number 1, which a separator has after an error. */
function digestsError(data: Uint8Array, form: HashedForm): boolean {
  const octets = form.octets(data);
  return octets !== null && octets.length === 4 && octets[0] === 1 && octets.subarray(1).every((octet) => octet === 0);
}
