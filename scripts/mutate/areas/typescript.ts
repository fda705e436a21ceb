/**
 * TypeScript as the product: Vitest runs the sources as they are, and the workers that tests start run what is compiled.
 * The compiler also says what is no program.
 */
import { join } from "node:path";
import ts from "typescript";
import type { Sandbox } from "../sandbox.ts";
import type { Product } from "./area.ts";

export class TypeScriptProduct implements Product {
  readonly #sandbox: Sandbox;
  readonly #files: readonly string[];
  readonly #versions = new Map<string, number>();
  readonly #service: ts.LanguageService;
  readonly #options: ts.CompilerOptions;

  /** @param files what may be changed */
  constructor(sandbox: Sandbox, files: readonly string[]) {
    this.#sandbox = sandbox;
    this.#files = files.map((file) => join(sandbox.folder, file));
    const { options } = ts.parseJsonConfigFileContent(
      ts.readConfigFile(join(sandbox.folder, "tsconfig.json"), ts.sys.readFile).config,
      ts.sys,
      sandbox.folder,
    );
    this.#options = options;
    this.#service = ts.createLanguageService({
      getCompilationSettings: () => options,
      getCurrentDirectory: () => sandbox.folder,
      getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
      getScriptFileNames: () => [...this.#files],
      getScriptVersion: (path) => `${this.#versions.get(path) ?? 0}`,
      getScriptSnapshot: (path) => {
        const text = ts.sys.readFile(path);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      fileExists: ts.sys.fileExists,
      readFile: ts.sys.readFile,
      readDirectory: ts.sys.readDirectory,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
      ...(ts.sys.realpath && { realpath: ts.sys.realpath }),
    });
  }

  async start(): Promise<void> {
    for (const path of this.#files) {
      const [first] = this.#errorsOf(path);
      if (first) throw new Error(`${path}: ${ts.flattenDiagnosticMessageText(first.messageText, "\n")}`);
    }
  }

  async make(file: string): Promise<"changed" | "broken"> {
    if (this.#errorsOf(this.#renew(file)).length > 0) return "broken";
    this.#compile(file);
    return "changed";
  }

  async isSame(): Promise<boolean> {
    return false;
  }

  restore(file: string): void {
    this.#renew(file);
    this.#compile(file);
  }

  /** Tells the compiler that a file has changed. @returns its path */
  #renew(file: string): string {
    const path = join(this.#sandbox.folder, file);
    this.#versions.set(path, (this.#versions.get(path) ?? 0) + 1);
    return path;
  }

  /** Where the build would put it. */
  #compile(file: string): void {
    const { outputText } = ts.transpileModule(this.#sandbox.read(file), { compilerOptions: this.#options });
    this.#sandbox.write(file.replace(/^src\/(.*)\.ts$/, "dist/$1.js"), outputText);
  }

  #errorsOf(path: string): ts.Diagnostic[] {
    return [...this.#service.getSyntacticDiagnostics(path), ...this.#service.getSemanticDiagnostics(path)];
  }
}
