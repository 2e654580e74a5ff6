/** The bar above the editor that signs a developer in as one of the seeded people. */
import { useEffect, useState } from "react";

import { fetchPeople, type Person, signIn, signOut } from "./session";

export function SignInBar() {
  const [people, setPeople] = useState<readonly Person[]>([]);
  const [current, setCurrent] = useState<Person | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    fetchPeople().then(setPeople, () => setProblem("The list of people could not be loaded."));
  }, []);

  async function become(person: Person | null): Promise<void> {
    setProblem(null);
    try {
      if (person === null) signOut();
      else await signIn(person);
      setCurrent(person);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }

  if (people.length === 0 && problem === null) return null;
  return (
    <header className="sign-in-bar">
      <div role="group" aria-labelledby="sign-in-as">
        <span id="sign-in-as">Sign in as</span>
        {people.map((person) => (
          <button
            key={person.email}
            type="button"
            title={person.email}
            aria-pressed={person === current}
            onClick={() => void become(person)}
          >
            {person.name} <small>{person.role}</small>
          </button>
        ))}
      </div>
      <p role="status">
        {current === null ? "Not signed in" : `Signed in as ${current.name}, ${current.role}`}
      </p>
      {current !== null && (
        <button type="button" onClick={() => void become(null)}>
          Sign out
        </button>
      )}
      {problem !== null && <p role="alert">{problem}</p>}
    </header>
  );
}
