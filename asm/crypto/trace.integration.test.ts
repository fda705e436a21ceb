import { describeMacTraces } from "./testing/macTraces.ts";

describeMacTraces(1000);
