import type { LearningProps } from "./Learning.tsx";
import type { OpenLearning } from "./state/learn.ts";
import { Drawer } from "./ui/Drawer.tsx";
import { useLoaded } from "./ui/useLoaded.ts";
import { words } from "./words/index.ts";

/** The drawer of lessons and demos, whose code is fetched when it is first opened. */
export function LazyLearning(props: Pick<LearningProps, "place" | "onPlace"> & { load: () => Promise<OpenLearning> }) {
  const { load, ...where } = props;
  const loaded = useLoaded(async () => {
    const [{ Learning }, open] = await Promise.all([import("./Learning.tsx"), load()]);
    return { Learning, open };
  }, [load]);
  const { learn } = words();
  if (loaded !== null && loaded !== "failed") return <loaded.Learning {...loaded.open} {...where} />;
  return (
    <Drawer title={learn.title} class="learn" onCancel={() => where.onPlace(null)}>
      <p role="status">{loaded === null ? learn.loading : learn.notLoaded}</p>
    </Drawer>
  );
}
