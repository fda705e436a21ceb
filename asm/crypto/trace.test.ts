import { describeCipherTraces } from "../testkit/crypto/cipherTraces.ts";
import { describeMacTraces } from "../testkit/crypto/macTraces.ts";

// A few secrets; trace.integration.test.ts takes a thousand.
describeMacTraces(20);
describeCipherTraces(20);
