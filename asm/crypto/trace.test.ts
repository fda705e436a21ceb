import { describeMacTraces } from "./testing/macTraces.ts";

// A few secrets; trace.integration.test.ts takes a thousand.
describeMacTraces(20);
