import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { OpenLearning } from "../state/learn.ts";
import type { Place } from "../state/place.ts";
import { Drawer } from "../ui/Drawer.tsx";
import { useStore } from "../ui/useStore.ts";
import { words } from "../words/index.ts";
import { learnWords } from "../words/learnDrawer.ts";
import { CourseList } from "./CourseList.tsx";
import type { DemoProps, ListedDemo } from "./demos.ts";
import { LessonView } from "./LessonView.tsx";
import { useLights } from "./lights.ts";

export interface LearnDrawerProps extends OpenLearning {
  readonly place: Place;
  readonly demos: readonly ListedDemo[];
  /** Opens another place of the drawer; null closes it. */
  readonly onPlace: (place: Place | null) => void;
}

/** The drawer beside the machine: the list of lessons and demos, or one of them. */
export function LearnDrawer({ store, actions, stage, place, demos, onPlace }: LearnDrawerProps) {
  const learn = learnWords();
  const { list, open, problem, own, leaving } = useStore(store);
  useLights(stage, document);
  const key = place.kind === "list" ? "" : `${place.kind}=${place.id}`;
  useEffect(() => actions.show(place), [actions, key]);
  const demo = place.kind === "demo" ? demos.find(({ id }) => id === place.id) : undefined;
  const lesson = place.kind === "lesson" && open?.lesson.id === place.id ? open : null;
  const isOwn = own !== null && own.kind === place.kind && own.kind !== "list" && `${own.kind}=${own.id}` === key;
  const at = list?.findIndex(({ id }) => place.kind === "lesson" && id === place.id) ?? -1;
  const next = at < 0 ? null : (list?.[at + 1] ?? null);
  return (
    <Drawer title={words().learn.title} class="learn" onCancel={() => onPlace(null)}>
      {place.kind !== "list" && (
        <button type="button" class="back" onClick={() => onPlace({ kind: "list" })}>
          ← {learn.back}
        </button>
      )}
      {problem !== null ? (
        <p class="empty" role="alert">
          {problem}
        </p>
      ) : list === null ? (
        <p class="empty" role="status">
          {words().learn.loading}
        </p>
      ) : place.kind === "list" ? (
        <CourseList list={list} demos={demos} onChoose={onPlace} />
      ) : place.kind === "lesson" ? (
        at < 0 ? (
          <p class="empty">{learn.noLesson}</p>
        ) : lesson === null ? (
          <p class="empty" role="status">
            {words().learn.loading}
          </p>
        ) : (
          <LessonView key={key} state={lesson} actions={actions} next={next} onPlace={onPlace} canLeave={isOwn} />
        )
      ) : demo === undefined ? (
        <p class="empty">{learn.noDemo}</p>
      ) : (
        <Demo
          key={key}
          demo={demo}
          stage={stage}
          isOnOwnTpm={isOwn}
          isMaking={leaving}
          isInPage
          onBegin={() => actions.start()}
          onLeave={() => actions.leave()}
        />
      )}
    </Drawer>
  );
}

/** A demo, whose code is fetched when it is chosen. */
function Demo({ demo, ...props }: DemoProps & { demo: ListedDemo }) {
  const [Contents, setContents] = useState<ComponentType<DemoProps> | "failed" | null>(null);
  useEffect(() => {
    demo.load().then(
      (component) => setContents(() => component),
      () => setContents("failed"),
    );
  }, [demo]);
  const _learn = learnWords();
  if (Contents === null || Contents === "failed") {
    return (
      <p class="empty" role="status">
        {Contents === null ? words().learn.loading : words().learn.notLoaded}
      </p>
    );
  }
  return <Contents {...props} />;
}
