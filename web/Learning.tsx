/** The drawer of lessons and demos with its looks: fetched when it is first opened. */
import "./style/learn.css";
import "./style/demos.css";
import { demos } from "./demos/index.ts";
import { LearnDrawer } from "./learn/LearnDrawer.tsx";
import type { OpenLearning } from "./state/learn.ts";
import type { Place } from "./state/place.ts";

export interface LearningProps extends OpenLearning {
  readonly place: Place;
  readonly onPlace: (place: Place | null) => void;
}

export function Learning(props: LearningProps) {
  return <LearnDrawer {...props} demos={demos} />;
}
