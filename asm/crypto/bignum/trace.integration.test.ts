import { describeTraces } from "./testing/traces.ts";

describeTraces([512, 1024], 1000);
