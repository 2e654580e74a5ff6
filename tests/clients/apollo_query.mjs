/**
 * Runs one operation with Apollo Client, as an app would, and prints `{"data", "errors"}` as JSON.
 *
 * Usage: node apollo_query.mjs URL DOCUMENT [VARIABLES_JSON] [HEADERS_JSON]
 * Exits with 1 when Apollo Client sees something else than a GraphQL answer.
 */
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { getMainDefinition } from "@apollo/client/utilities";

const [uri, text, variablesJson = "{}", headersJson = "{}"] = process.argv.slice(2);
if (text === undefined) {
  console.error("Usage: node apollo_query.mjs URL DOCUMENT [VARIABLES_JSON] [HEADERS_JSON]");
  process.exit(1);
}

const client = new ApolloClient({
  link: new HttpLink({ uri, headers: JSON.parse(headersJson) }),
  cache: new InMemoryCache(),
});

function run(document, variables) {
  const options = { variables, errorPolicy: "all", fetchPolicy: "no-cache" };
  return getMainDefinition(document).operation === "mutation"
    ? client.mutate({ mutation: document, ...options })
    : client.query({ query: document, ...options });
}

const { data, error } = await run(gql(text), JSON.parse(variablesJson));
if (error !== undefined && !CombinedGraphQLErrors.is(error)) {
  console.error(`${error.name}: ${error.message}`);
  process.exit(1);
}
console.log(JSON.stringify({ data: data ?? null, errors: error?.errors ?? [] }));
