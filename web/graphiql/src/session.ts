/**
 * Who is signed in. The access token lives in this module's memory only: it is never stored, and
 * it is gone when the page is.
 */

export interface Person {
  readonly name: string;
  readonly role: string;
  readonly email: string;
}

let accessToken: string | null = null;
const listeners = new Set<() => void>();

function replaceAccessToken(token: string | null): void {
  accessToken = token;
  for (const listener of listeners) listener();
}

/** The credentials to send, as an HTTP header and as the payload of `connection_init` alike. */
export function authorization(): Record<string, string> {
  return accessToken === null ? {} : { Authorization: `Bearer ${accessToken}` };
}

/** Calls the listener after each change of who is signed in. */
export function onSessionChange(listener: () => void): void {
  listeners.add(listener);
}

/** The people whom the server lets in with one click: nobody outside development. */
export async function fetchPeople(): Promise<readonly Person[]> {
  const response = await fetch("/graphiql/people", { headers: { Accept: "application/json" } });
  return response.ok ? ((await response.json()) as Person[]) : [];
}

export async function signIn(person: Person): Promise<void> {
  const response = await fetch("/graphiql/sign-in", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: person.email }),
  });
  if (!response.ok) throw new Error(`The server refused to sign in ${person.name}.`);
  const answer = (await response.json()) as { accessToken: string };
  replaceAccessToken(answer.accessToken);
}

export function signOut(): void {
  replaceAccessToken(null);
}
