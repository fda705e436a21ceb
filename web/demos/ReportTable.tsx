import { demoWords } from "../words/demos.ts";
import { languageInUse } from "../words/index.ts";
import { compareReports, type Report } from "./engine/rollback.ts";

/** What a verifier remembers beside what it is told now; what fell is marked. */
export function ReportTable({ remembered, now }: { remembered: Report; now: Report }) {
  const { report } = demoWords().rollback;
  const finding = compareReports(remembered, now);
  const clock = ({ clock: milliseconds, safe }: Report) =>
    report.milliseconds(milliseconds.toLocaleString(languageInUse())) + (safe ? "" : `, ${report.unsafe}`);
  const row = (id: string, title: string, before: string, after: string, fell: boolean) => (
    <tr data-report={id} data-fell={String(fell)}>
      <th scope="row">{title}</th>
      <td>{before}</td>
      <td>{after}</td>
      <td>{fell ? report.fell : report.ok}</td>
    </tr>
  );
  return (
    <div class="demo-table">
      <table>
        <caption>{report.title}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">{report.remembered}</th>
            <th scope="col">{report.now}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {row("counter", report.counter, String(remembered.counter), String(now.counter), finding.counterFell)}
          {row("clock", report.clock, clock(remembered), clock(now), finding.clockFell)}
          {row(
            "reset-count",
            report.resetCount,
            String(remembered.resetCount),
            String(now.resetCount),
            finding.resetCountFell,
          )}
        </tbody>
      </table>
    </div>
  );
}
