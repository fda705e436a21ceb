/** Who shows a demo may be told how far it is: each step tells what it is and whether it is done. */
import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";

/** A step's number, from 1, and whether it is done now. */
export type OnStep = (number: number, isDone: boolean) => void;

export const StepListener = createContext<OnStep>(() => {});

/** Tells of a step when it is drawn, and whenever that changes. */
export function useStepTold(number: number, isDone: boolean): void {
  const tell = useContext(StepListener);
  useEffect(() => tell(number, isDone), [tell, number, isDone]);
}

/** Keeps what steps tell. @returns what they are to tell */
export function stepCounter(onStep: (step: number, steps: number) => void, onAll: (steps: number) => void): OnStep {
  const done = new Map<number, boolean>();
  return (number, isDone) => {
    const wasDone = done.get(number) ?? false;
    done.set(number, isDone);
    if (!isDone || wasDone) return;
    onStep(number, done.size);
    if ([...done.values()].every((each) => each)) onAll(done.size);
  };
}
