/** How operations reach the server: queries and mutations by HTTP, subscriptions by WebSocket. */
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { createClient } from "graphql-ws";

import { authorization, onSessionChange } from "./session";

const ENDPOINT = new URL("/graphql", window.location.href);

function webSocketUrl(): string {
  const url = new URL(ENDPOINT);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

const subscriptions = createClient({
  url: webSocketUrl(),
  connectionParams: authorization,
  // At once after the first loss, then one second more after each.
  retryWait: (retries) => new Promise((resolve) => setTimeout(resolve, retries * 1000)),
});

// A socket belongs to one person. Running subscriptions reconnect by themselves as the next one.
onSessionChange(() => subscriptions.terminate());

/** Adds who is signed in, unless the headers editor says otherwise. */
function fetchSignedIn(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const headers = new Headers(authorization());
  new Headers(init?.headers).forEach((value, name) => headers.set(name, value));
  return fetch(input, { ...init, headers });
}

export const fetcher = createGraphiQLFetcher({
  url: ENDPOINT.href,
  wsClient: subscriptions,
  // The plain fetcher asks for application/graphql-response+json; the multipart one does not.
  enableIncrementalDelivery: false,
  fetch: fetchSignedIn,
});
