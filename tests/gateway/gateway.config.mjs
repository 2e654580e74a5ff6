/**
 * Hive Gateway in front of the five subgraphs run as services: the second implementation that the
 * parity tests compare the in-process graph with. Everything stays on the loopback interface.
 */
import { defineConfig } from "@graphql-hive/gateway";

const CREDENTIAL = ["x-azora-gateway-secret", "{env.AZORA_GATEWAY_SECRET}"];
const FORWARDED_HEADERS = ["authorization", "cookie", "x-request-id"];

/** A browser cannot set headers on a WebSocket, so its token arrives in `connection_init`. */
function authorizationOf(connectionParams) {
  const entries = Object.entries(connectionParams ?? {});
  return entries.find(([name]) => name.toLowerCase() === "authorization")?.[1];
}

/** The client's headers that the subgraphs may see, by lower-case name. */
function forwardedHeaders({ request, connectionParams }) {
  const headers = {};
  for (const name of FORWARDED_HEADERS) headers[name] = request?.headers.get(name) ?? undefined;
  headers.authorization ??= authorizationOf(connectionParams);
  return headers;
}

const forwardingPlugin = {
  onContextBuilding({ context, extendContext }) {
    extendContext({ forwarded: forwardedHeaders(context) });
  },
};

export const gatewayConfig = defineConfig({
  supergraph: process.env.AZORA_SUPERGRAPH,
  host: "127.0.0.1",
  port: Number(process.env.AZORA_GATEWAY_PORT),
  logging: "warn",
  fork: 1,
  graphiql: false,
  landingPage: false,
  maskedErrors: false,
  subgraphErrors: false,
  plugins: () => [forwardingPlugin],
  propagateHeaders: {
    fromClientToSubgraphs: ({ context }) => ({ ...context.forwarded }),
    fromSubgraphsToClient: ({ response }) => ({ "set-cookie": response.headers.getSetCookie() }),
  },
  transportEntries: {
    "*.http": {
      headers: [CREDENTIAL],
      options: {
        subscriptions: {
          kind: "ws",
          location: "/graphql",
          headers: [
            CREDENTIAL,
            ...FORWARDED_HEADERS.map((name) => [name, `{context.forwarded.${name}}`]),
          ],
          options: {
            connectionParams: { Authorization: "{context.forwarded.authorization}" },
          },
        },
      },
    },
  },
});
