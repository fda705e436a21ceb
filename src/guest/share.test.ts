import { describe, expect, it } from "vitest";
import { KeptFolder } from "../share/folder.ts";
import { MemoryDatabase } from "../share/memoryDatabase.ts";
import { REQUEST } from "../share/messages.ts";
import { ShareClient } from "../share/testkit/client.ts";
import type { GuestArchive } from "./images.ts";
import { guestShare } from "./share.ts";

const text = (data: Uint8Array) => new TextDecoder().decode(data);

/** An archive whose loading ends as `outcomes` say, one after the other. */
function archive(...outcomes: (string | Error)[]): GuestArchive {
  return {
    size: 2_160_000,
    unpackedSize: 5,
    load: async () => {
      const outcome = outcomes.shift();
      if (typeof outcome !== "string") throw outcome;
      return new TextEncoder().encode(outcome);
    },
  };
}

describe("what the guest finds", () => {
  it("is a folder and the tools, where the machine has them", async () => {
    const files = await KeptFolder.open(new MemoryDatabase());
    const guest = await new ShareClient(guestShare({ files, tools: archive() })).mount();
    expect(await guest.names(4000)).toEqual([".", "..", "files", "tools"]);
    expect(await guest.names(4000, "tools")).toEqual([".", "..", "tools.tar", "size", "problem"]);
    const bare = await new ShareClient(guestShare({})).mount();
    expect(await bare.names(4000)).toEqual([".", "..", "tools"]);
    expect(await bare.names(4000, "tools")).toEqual([".", ".."]);
  });

  it("says how much is to be fetched, and why it could not be", async () => {
    const guest = await new ShareClient(guestShare({ tools: archive(new Error("offline"), "ready") })).mount();
    const open = async (name: string) => {
      const fid = await guest.walk("tools", name);
      const [type] = await guest.send(REQUEST.LOPEN, (body) => body.u32(fid).u32(0)).answer;
      return { fid, opened: type === REQUEST.LOPEN + 1 };
    };
    const content = async (name: string) => text(await guest.read((await open(name)).fid, 0, 1000));
    expect(await content("size")).toBe("2.2 MB\n");
    expect((await open("tools.tar")).opened).toBe(false);
    expect(await content("problem")).toBe("offline\n");
    expect(await content("tools.tar")).toBe("ready");
    expect(await guest.size(await guest.walk("tools", "tools.tar"))).toBe(5);
  });
});
