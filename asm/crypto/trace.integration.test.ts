import { describeCipherTraces } from "../testkit/crypto/cipherTraces.ts";
import { describeMacTraces } from "../testkit/crypto/macTraces.ts";

describeMacTraces(1000);
describeCipherTraces(1000);
