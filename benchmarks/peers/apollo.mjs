/** Apollo Server on Express, as its documentation recommends for production, with DataLoaders. */
import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { expressMiddleware } from "@as-integrations/express5";
import DataLoader from "dataloader";
import express from "express";

import { reviewsOfServices, serviceById, services, typeDefs, usersById } from "./reads.mjs";

const resolvers = {
  Query: {
    service: (_, { id }) => serviceById(id),
    services: (_, { first, sort }) => services(first, sort),
  },
  Service: {
    provider: ({ providerId }, _, { users }) =>
      providerId === null ? null : users.load(providerId),
    reviews: ({ id }, { first }, { reviews }) => reviews.load({ id, first }),
  },
  Review: {
    author: ({ authorId }, _, { users }) => users.load(authorId),
  },
};

/** Loaders live as long as one request. */
async function context() {
  return {
    users: new DataLoader(usersById),
    reviews: new DataLoader(reviewsOfEach, { cacheKeyFn: ({ id, first }) => `${id} ${first}` }),
  };
}

/** One statement for each number of reviews that the document asks for. */
async function reviewsOfEach(keys) {
  const found = new Array(keys.length);
  const positions = Map.groupBy(keys.keys(), (position) => keys[position].first);
  for (const [first, group] of positions) {
    const ids = group.map((position) => keys[position].id);
    (await reviewsOfServices(ids, first)).forEach((page, index) => (found[group[index]] = page));
  }
  return found;
}

const server = new ApolloServer({
  typeDefs,
  resolvers,
  plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled()],
});
await server.start();
const app = express();
app.get("/healthz", (_, response) => response.send("ok"));
app.use("/graphql", express.json(), expressMiddleware(server, { context }));
app.listen(Number(process.env.PORT), "127.0.0.1");
