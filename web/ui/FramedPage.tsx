import { ChipIcon } from "./ChipIcon.tsx";

/** In a frame of another site nothing runs. @param props.address where the page is by itself. */
export function FramedPage({ address }: { address: string }) {
  return (
    <main class="problem" data-problem="framed">
      <article>
        <ChipIcon />
        <h2>tabtpm does not run inside another site’s page</h2>
        <p>
          The page around this one could lay its own things over it, and have you click away a TPM that you did not see.
          Nothing was started here.
        </p>
        <p>
          <a href={address} target="_blank" rel="noopener noreferrer">
            Open tabtpm by itself
          </a>
        </p>
      </article>
    </main>
  );
}
