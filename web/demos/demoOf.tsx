import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { DemoProps } from "../learn/demos.ts";
import { useStore } from "../ui/useStore.ts";
import type { DemoId } from "../words/demoNames.ts";
import { DemoPage } from "./DemoPage.tsx";
import type { Demo, DemoState } from "./engine/demo.ts";
import type { DemoGround } from "./engine/ground.ts";

export interface StepsProps<Engine extends Demo<DemoState>> {
  readonly demo: Engine;
  /** As it is now. */
  readonly state: Engine["store"]["value"];
  readonly isInPage: boolean;
}

/**
 * The component of a demo: its page, and in it its steps with their machinery, for as long as they are shown.
 * @param intro asked at each drawing: the language may have changed.
 */
export function demoOf<Engine extends Demo<DemoState>>(
  id: DemoId,
  intro: () => readonly string[],
  make: (ground: DemoGround) => Engine,
  Steps: ComponentType<StepsProps<Engine>>,
): ComponentType<DemoProps> {
  function Machinery({ ground, isInPage }: { ground: DemoGround; isInPage: boolean }) {
    const [demo] = useState(() => make(ground));
    useEffect(() => () => demo.close(), [demo]);
    return <Steps demo={demo} state={useStore(demo.store)} isInPage={isInPage} />;
  }
  return ({ stage, ...frame }) => (
    <DemoPage id={id} intro={intro()} {...frame}>
      <Machinery ground={stage} isInPage={frame.isInPage} />
    </DemoPage>
  );
}
