import { demoWords } from "../words/demos.ts";
import { DemoSteps } from "./DemoSteps.tsx";
import { demoOf } from "./demoOf.tsx";
import { Bus, type Listening, type Overheard } from "./engine/bus.ts";

export const BusDemo = demoOf(
  "bus",
  () => demoWords().bus.intro,
  (ground) => new Bus(ground),
  ({ demo, state }) => {
    const { steps, sealing } = demoWords().bus;
    const { isReady, plain, salted } = state;
    const isRead = plain !== null && plain.response.readable.length > 0;
    const isHidden = salted !== null && state.failure === null;
    return (
      <>
        <DemoSteps
          demo={demo}
          state={state}
          steps={[
            {
              ...steps.prepare,
              id: "prepare",
              done: isReady ? steps.prepare.done : null,
              onPress: () => demo.prepare(),
            },
            {
              ...steps.plain,
              id: "plain",
              isOpen: isReady,
              done: isRead ? steps.plain.done : null,
              onPress: () => demo.plain(),
              children: plain && <Messages listening={plain} />,
            },
            {
              ...steps.salted,
              id: "salted",
              isOpen: isReady,
              done: isHidden ? steps.salted.done : null,
              onPress: () => demo.salted(),
              children: salted && <Messages listening={salted} />,
            },
          ]}
        />
        <p class="hint">{sealing}</p>
      </>
    );
  },
);

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
