import "./style/index.css";
import { render } from "preact";
import { App } from "./App.tsx";
import { scriptingInterface } from "./session/scripting.ts";
import { Session } from "./session/session.ts";
import { decode } from "./session/trace.ts";
import { Console } from "./terminal/console.ts";
import { keepStylesStrict } from "./terminal/strictStyles.ts";

keepStylesStrict(document);

const console = new Console((text) => void session.running.then((machine) => machine.serial.send(text)));
const session = new Session(console);
Object.defineProperty(window, "tabtpm", { value: scriptingInterface(session), enumerable: true });

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no element #app");
render(<App store={session.store} actions={session} console={console} decode={decode} />, root);
void session.start();
