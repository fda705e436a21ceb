/** @jsxImportSource react */
import { StrictMode, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import "tabtpm/element";

function Lesson() {
  const pc = useRef(null);
  const [stage, setStage] = useState("off");
  const [commands, setCommands] = useState(0);

  useEffect(() => {
    const element = pc.current;
    const onStage = ({ detail }) => setStage(detail.stage);
    const onCommand = () => setCommands((count) => count + 1);
    element.addEventListener("stage", onStage);
    element.addEventListener("command", onCommand);
    return () => {
      element.removeEventListener("stage", onStage);
      element.removeEventListener("command", onCommand);
    };
  }, []);

  return (
    <main>
      <h1>A TPM in React</h1>
      <p>
        Stage: <b data-stage>{stage}</b>, {commands} commands so far.{" "}
        <button type="button" disabled={stage !== "shell"} onClick={() => pc.current.type("tpm2_getrandom --hex 16\n")}>
          Random numbers
        </button>
      </p>
      <tab-tpm ref={pc} panels="terminal pcrs" images="../guest/" autostart />
    </main>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Lesson />
  </StrictMode>,
);
