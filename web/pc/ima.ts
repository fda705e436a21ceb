/** What a list of IMA's is read with; fetched with the first one. */
export { joinIma, parseImaLog } from "../../src/index.ts";
