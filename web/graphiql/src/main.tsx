/** The GraphQL page: GraphiQL, self-hosted, with one-click sign-in during development. */
import "graphiql/setup-workers/vite";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./page.css";

import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { EXAMPLES } from "./examples";
import { fetcher } from "./fetcher";
import { SignInBar } from "./SignInBar";

function Page() {
  return (
    <>
      <SignInBar />
      <main>
        <GraphiQL fetcher={fetcher} defaultTabs={[...EXAMPLES]} shouldPersistHeaders={false}>
          <GraphiQL.Logo>Azora</GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

createRoot(document.getElementById("root")!).render(<Page />);
