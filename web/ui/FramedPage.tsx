import { words } from "../words/index.ts";
import { ChipIcon } from "./ChipIcon.tsx";

/** In a frame of another site nothing runs. @param props.address where the page is by itself. */
export function FramedPage({ address }: { address: string }) {
  const { framed } = words();
  return (
    <main class="problem" data-problem="framed">
      <article>
        <ChipIcon />
        <h2>{framed.title}</h2>
        <p>{framed.explanation}</p>
        <p>
          <a href={address} target="_blank" rel="noopener noreferrer">
            {framed.open}
          </a>
        </p>
      </article>
    </main>
  );
}
