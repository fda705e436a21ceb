import { useEffect, useState } from "preact/hooks";
import type { LearningProps } from "./Learning.tsx";
import type { OpenLearning } from "./state/learn.ts";
import { Drawer } from "./ui/Drawer.tsx";
import { words } from "./words/index.ts";

type Loaded = { readonly Learning: typeof import("./Learning.tsx")["Learning"]; readonly open: OpenLearning };

/** The drawer of lessons and demos, whose code is fetched when it is first opened. */
export function LazyLearning(props: Pick<LearningProps, "place" | "onPlace"> & { load: () => Promise<OpenLearning> }) {
  const { load, ...where } = props;
  const [loaded, setLoaded] = useState<Loaded | "failed" | null>(null);
  useEffect(() => {
    let isGone = false;
    Promise.all([import("./Learning.tsx"), load()]).then(
      ([{ Learning }, open]) => !isGone && setLoaded({ Learning, open }),
      () => !isGone && setLoaded("failed"),
    );
    return () => {
      isGone = true;
    };
  }, [load]);
  const { learn } = words();
  if (loaded !== null && loaded !== "failed") return <loaded.Learning {...loaded.open} {...where} />;
  return (
    <Drawer title={learn.title} class="learn" onCancel={() => where.onPlace(null)}>
      <p role="status">{loaded === null ? learn.loading : learn.notLoaded}</p>
    </Drawer>
  );
}
