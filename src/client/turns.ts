/** Commands that share a session go one after the other: each is proved with the nonce that the response before it brought. */
import type { AuthSession } from "./session.ts";

/** When the last command with a session is over, however it ended. */
const lasts = new WeakMap<AuthSession, Promise<void>>();

/** Works when all that was begun before with one of the sessions is over. */
export function inTurn<T>(sessions: readonly AuthSession[], work: () => Promise<T>): Promise<T> {
  const turn = Promise.all(sessions.map((session) => lasts.get(session))).then(work);
  // For all of them at once, so that no two commands wait for each other.
  const over = turn.then(
    () => {},
    () => {},
  );
  for (const session of sessions) lasts.set(session, over);
  return turn;
}
