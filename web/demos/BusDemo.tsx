import type { DemoProps } from "../learn/demos.ts";
import { useStore } from "../ui/useStore.ts";
import { demoWords } from "../words/demos.ts";
import { DemoPage, SaveTrace, Standing, Step, useDemo } from "./DemoPage.tsx";
import { Bus, type Listening, type Overheard } from "./engine/bus.ts";
import type { DemoGround } from "./engine/ground.ts";

export function BusDemo({ stage, ...frame }: DemoProps) {
  return (
    <DemoPage id="bus" intro={demoWords().bus.intro} {...frame}>
      <Steps ground={stage} />
    </DemoPage>
  );
}

function Steps({ ground }: { ground: DemoGround }) {
  const bus = useDemo(ground, (its) => new Bus(its));
  const state = useStore(bus.store);
  const { steps, sealing } = demoWords().bus;
  const { isReady, plain, salted } = state;
  const isBusy = state.activity !== null;
  const isRead = plain !== null && plain.response.readable.length > 0;
  const isHidden = salted !== null && state.failure === null;
  return (
    <>
      <Standing state={state} />
      <ol class="demo-steps">
        <Step
          {...steps.prepare}
          id="prepare"
          number={1}
          isOpen
          isBusy={isBusy}
          done={isReady ? steps.prepare.done : null}
          onPress={() => void bus.prepare()}
        />
        <Step
          {...steps.plain}
          id="plain"
          number={2}
          isOpen={isReady}
          isBusy={isBusy}
          done={isRead ? steps.plain.done : null}
          onPress={() => void bus.plain()}
        >
          {plain !== null && <Messages listening={plain} />}
        </Step>
        <Step
          {...steps.salted}
          id="salted"
          number={3}
          isOpen={isReady}
          isBusy={isBusy}
          done={isHidden ? steps.salted.done : null}
          onPress={() => void bus.salted()}
        >
          {salted !== null && <Messages listening={salted} />}
        </Step>
      </ol>
      <SaveTrace demo={bus} />
      <p class="hint">{sealing}</p>
    </>
  );
}

function Messages({ listening }: { listening: Listening }) {
  const { command, response } = demoWords().bus;
  return (
    <dl class="demo-bus">
      <dt>{command}</dt>
      <dd>
        <Octets message={listening.command} />
      </dd>
      <dt>{response}</dt>
      <dd>
        <Octets message={listening.response} />
      </dd>
    </dl>
  );
}

/** A message in hex; what can be read in it is marked, and stands below. */
function Octets({ message }: { message: Overheard }) {
  const { octets: count, readable: title } = demoWords().bus;
  const { octets, readable } = message;
  const hex = (from: number, to?: number) =>
    Array.from(octets.subarray(from, to), (octet) => octet.toString(16).padStart(2, "0")).join(" ");
  const [first] = readable;
  if (first === undefined) {
    return (
      <>
        <span class="hint">{count(octets.length)}</span>
        <code>{hex(0)}</code>
      </>
    );
  }
  const end = first.offset + first.size;
  return (
    <>
      <span class="hint">{count(octets.length)}</span>
      <code>
        {hex(0, first.offset)} <mark>{hex(first.offset, end)}</mark> {hex(end)}
      </code>
      <span>
        <mark>{new TextDecoder().decode(octets.subarray(first.offset, end))}</mark> <span class="hint">{title}</span>
      </span>
    </>
  );
}
