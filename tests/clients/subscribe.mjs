/**
 * Subscribes with the `graphql-ws` client and prints each event as one JSON line.
 *
 * Usage: node subscribe.mjs WS_URL DOCUMENT CONNECTION_PARAMS_JSON EVENTS_MAX [VARIABLES_JSON]
 * Ends after EVENTS_MAX events or when the stream completes. A refusal is told on standard error,
 * with exit code 1.
 */
import { createClient } from "graphql-ws";

const USAGE =
  "Usage: node subscribe.mjs WS_URL DOCUMENT CONNECTION_PARAMS_JSON EVENTS_MAX [VARIABLES_JSON]";
const SILENCE_MAX_SECONDS = 30;

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** A refusal is a list of GraphQL errors, a close event, an error event, or an exception. */
function describe(reason) {
  if (Array.isArray(reason)) return JSON.stringify(reason);
  if (typeof reason?.code === "number") return `Closed with ${reason.code}: ${reason.reason}`;
  if (reason?.type === "error") return "The WebSocket was refused or lost.";
  return String(reason?.message ?? reason);
}

const [url, query, connectionParams, eventsMax, variables = "{}"] = process.argv.slice(2);
if (eventsMax === undefined) fail(USAGE);

const client = createClient({
  url,
  connectionParams: JSON.parse(connectionParams),
  retryAttempts: 0,
});
const silence = setTimeout(
  () => fail(`No event within ${SILENCE_MAX_SECONDS} seconds.`),
  SILENCE_MAX_SECONDS * 1000,
);

let eventsLeft = Number(eventsMax);
try {
  for await (const event of client.iterate({ query, variables: JSON.parse(variables) })) {
    console.log(JSON.stringify(event));
    silence.refresh();
    eventsLeft -= 1;
    if (eventsLeft === 0) break;
  }
} catch (reason) {
  fail(describe(reason));
}
clearTimeout(silence);
await client.dispose();
