/** What is in testdata/: a boot of the project's own guest. */
import { readFileSync } from "node:fs";
import { readEventLog, type TcgEvent } from "../../firmware/eventLog.ts";
import { type BootRecord, parseBootRecord } from "../record.ts";

const testdata = (name: string) => new Uint8Array(readFileSync(new URL(`../testdata/${name}`, import.meta.url)));

export const recordedBoot = (): BootRecord => parseBootRecord(testdata("boot.json"));
export const recordedEvents = (): readonly TcgEvent[] => readEventLog(testdata("event-log.bin")).events;
export const recordedIma = (): Uint8Array => testdata("ima.txt");
