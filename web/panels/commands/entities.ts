/** What a handle stands for, in the page's language. */
import type { Entity } from "../../../src/index.ts";
import { words } from "../../words/index.ts";

const hex = (handle: number) => handle.toString(16).padStart(8, "0");

export function entityInWords(entity: Entity): string {
  const { trace } = words();
  switch (entity.kind) {
    case "hierarchy":
      return trace.hierarchies[entity.name];
    case "password":
      return trace.password;
    case "pcr":
      return trace.pcr(entity.handle);
    case "nv": {
      const { type, purpose } = entity;
      const what =
        purpose === null
          ? type === null
            ? ""
            : trace.nvKinds[type]
          : [trace.nvPurposes[purpose.what], purpose.key].filter(Boolean).join(", ");
      return trace.nv(`0x${entity.handle.toString(16)}`, what);
    }
    case "object": {
      const { object, primaryOf, isPersistent } = entity;
      const handle = trace.object(hex(entity.handle), isPersistent);
      if (object === null) return handle;
      const what = [object.algorithm, trace.uses[object.use]].filter(Boolean).join(" ");
      return [`${handle}: ${what}`, primaryOf && trace.primaryOf(trace.hierarchies[primaryOf])]
        .filter(Boolean)
        .join(", ");
    }
    case "session":
      return `${trace.sessions[entity.type]} ${hex(entity.handle)}`;
    case "other":
      return `0x${hex(entity.handle)}`;
  }
}
