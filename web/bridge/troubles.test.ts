import { expect, it } from "vitest";
import { BridgeRefusedError, BridgeUnreachableError } from "../../src/entries/bridgedTpm.ts";
import { PlaceError } from "./address.ts";
import { loopbackPermission, troubleOf } from "./troubles.ts";

const usual = { hasPolicyRefused: false, permission: null } as const;
const absent = new BridgeUnreachableError("absent", "There is no bridge");

it("what was refused by the bridge keeps its reason", () => {
  for (const why of ["protocol", "token", "origin", "busy", "version", "backend"] as const) {
    const trouble = troubleOf(new BridgeRefusedError(why, "says so"), { hasPolicyRefused: true, permission: "denied" });
    expect(trouble).toEqual({ kind: why, message: "says so" });
  }
});

it("a bridge that does not answer may be one that the browser refuses", () => {
  expect(troubleOf(absent, usual).kind).toBe("absent");
  expect(troubleOf(absent, { ...usual, permission: "prompt" }).kind).toBe("absent");
  expect(troubleOf(absent, { ...usual, permission: "denied" }).kind).toBe("permission");
  expect(troubleOf(absent, { hasPolicyRefused: true, permission: "denied" }).kind).toBe("forbidden");
  const lost = new BridgeUnreachableError("lost", "gone");
  expect(troubleOf(lost, { hasPolicyRefused: true, permission: "denied" }).kind).toBe("lost");
});

it("an address is refused by its own words, and everything else is said as it is", () => {
  expect(troubleOf(new PlaceError("elsewhere"), usual)).toEqual({ kind: "elsewhere", message: "" });
  expect(troubleOf("broken", usual)).toEqual({ kind: "other", message: "broken" });
});

it("the permission is asked for by the names that browsers have", async () => {
  const asked: string[] = [];
  const knows = (name: string | null) =>
    ({
      query: async (query: { name: string }) => {
        asked.push(query.name);
        if (query.name !== name) throw new TypeError("no such permission");
        return { state: "denied" };
      },
    }) as unknown as Permissions;
  expect(await loopbackPermission(knows("local-network-access"))).toBe("denied");
  expect(asked).toEqual(["loopback-network", "local-network-access"]);
  expect(await loopbackPermission(knows("loopback-network"))).toBe("denied");
  expect(await loopbackPermission(knows(null))).toBeNull();
  expect(await loopbackPermission(undefined)).toBeNull();
});
