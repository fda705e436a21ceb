import { describeTraces } from "../../testkit/crypto/bignum/traces.ts";

describeTraces([512, 1024], 1000);
