import type { ListedLesson } from "../state/learn.ts";
import type { Place } from "../state/place.ts";
import { learnWords } from "../words/learnDrawer.ts";
import type { ListedDemo } from "./demos.ts";

export interface CourseListProps {
  readonly list: readonly ListedLesson[];
  readonly demos: readonly ListedDemo[];
  readonly onChoose: (place: Place) => void;
}

/** For who has never seen a TPM: seal and unseal, quote, and break a measured boot, in half an hour. */
const FIRST_LESSONS = ["pcrs", "seal", "quote"];
const FIRST_DEMO = "evil-maid";

/** The courses with their lessons, and the demos. */
export function CourseList({ list, demos, onChoose }: CourseListProps) {
  const learn = learnWords();
  const courses = [...new Set(list.map(({ course }) => course))];
  return (
    <>
      <p>{learn.lead}</p>
      <FirstSteps {...{ list, demos, onChoose }} />
      {list.length === 0 && <p class="empty">{learn.none}</p>}
      {courses.map((course) => {
        const lessons = list.filter((lesson) => lesson.course === course);
        const passed = lessons.filter(({ isPassed }) => isPassed).length;
        return (
          <section key={course} class="course" data-course={course} aria-label={learn.courses[course] ?? course}>
            <header>
              <h3>{learn.courses[course] ?? course}</h3>
              <span class="hint">{learn.passedOf(passed, lessons.length)}</span>
            </header>
            <ol>
              {lessons.map((lesson) => (
                <Entry
                  key={lesson.id}
                  place={{ kind: "lesson", id: lesson.id }}
                  title={lesson.title}
                  note={noteOf(lesson)}
                  isPassed={lesson.isPassed}
                  onChoose={onChoose}
                />
              ))}
            </ol>
          </section>
        );
      })}
      {demos.length > 0 && (
        <section class="course" data-course="demos" aria-label={learn.demos}>
          <header>
            <h3>{learn.demos}</h3>
          </header>
          <ol>
            {demos.map(({ id, title, summary }) => (
              <Entry
                key={id}
                place={{ kind: "demo", id }}
                title={title()}
                note={summary()}
                isPassed={false}
                isOwnLanguage
                onChoose={onChoose}
              />
            ))}
          </ol>
        </section>
      )}
    </>
  );
}

/** The way that is proposed, beside the entries below. */
function FirstSteps({ list, demos, onChoose }: CourseListProps) {
  const learn = learnWords();
  const lessons = list.filter(({ id }) => FIRST_LESSONS.includes(id));
  const demo = demos.find(({ id }) => id === FIRST_DEMO);
  if (lessons.length < FIRST_LESSONS.length || demo === undefined) return null;
  lessons.sort((one, other) => FIRST_LESSONS.indexOf(one.id) - FIRST_LESSONS.indexOf(other.id));
  return (
    <section class="first-steps" aria-label={learn.first.title}>
      <h3>{learn.first.title}</h3>
      <p>{learn.first.text}</p>
      <ol>
        {lessons.map(({ id, title, isPassed }) => (
          <li key={id}>
            <button type="button" class="link" lang="en" onClick={() => onChoose({ kind: "lesson", id })}>
              {title}
            </button>
            {isPassed && <span class="hint"> ✓ {learn.passed}</span>}
          </li>
        ))}
        <li>
          <button type="button" class="link" onClick={() => onChoose({ kind: "demo", id: demo.id })}>
            {demo.title()}
          </button>{" "}
          <span class="hint">{learn.first.demo}</span>
        </li>
      </ol>
    </section>
  );
}

function noteOf({ minutes, isBegun, isPassed, passed, steps }: ListedLesson): string {
  const learn = learnWords();
  const parts = [learn.minutes(minutes)];
  if (isBegun && passed < steps) parts.push(learn.progress(passed, steps));
  if (isPassed) parts.push(learn.passed);
  return parts.join(" · ");
}

interface EntryProps {
  readonly place: Extract<Place, { id: string }>;
  readonly title: string;
  readonly note: string;
  readonly isPassed: boolean;
  /** Its title is one of the page's words. */
  readonly isOwnLanguage?: boolean;
  readonly onChoose: (place: Place) => void;
}

function Entry({ place, title, note, isPassed, isOwnLanguage = false, onChoose }: EntryProps) {
  return (
    <li data-passed={isPassed ? "" : undefined}>
      <button type="button" class="entry" data-id={place.id} onClick={() => onChoose(place)}>
        <span class="mark" aria-hidden="true">
          {isPassed ? "✓" : ""}
        </span>
        <span class="title" lang={isOwnLanguage ? undefined : "en"}>
          {title}
        </span>
        <span class="hint">{note}</span>
      </button>
    </li>
  );
}
