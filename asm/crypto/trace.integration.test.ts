import { describeMacTraces } from "../testkit/crypto/macTraces.ts";

describeMacTraces(1000);
