/** Mercurius on Fastify with its JIT compiler, batching through its own loaders. */
import Fastify from "fastify";
import mercurius from "mercurius";

import { reviewsOfServices, serviceById, services, typeDefs, usersById } from "./reads.mjs";

const resolvers = {
  Query: {
    service: (_, { id }) => serviceById(id),
    services: (_, { first, sort }) => services(first, sort),
  },
};

const loaders = {
  Service: {
    provider: uncached((queries) => usersOf(queries.map(({ obj }) => obj.providerId))),
    reviews: uncached(reviewsOfEach),
  },
  Review: {
    author: uncached((queries) => usersOf(queries.map(({ obj }) => obj.authorId))),
  },
};

/** Its cache would turn each parent into JSON for a key, which costs more than it saves here. */
function uncached(loader) {
  return { loader, opts: { cache: false } };
}

/** Users in the order of their ids, each read once; null where there is no id. */
async function usersOf(ids) {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  const users = await usersById(wanted);
  const byId = new Map(wanted.map((id, position) => [id, users[position]]));
  return ids.map((id) => byId.get(id) ?? null);
}

/** One statement for each number of reviews that the document asks for. */
async function reviewsOfEach(queries) {
  const found = new Array(queries.length);
  const positions = Map.groupBy(queries.keys(), (position) => queries[position].params.first);
  for (const [first, group] of positions) {
    const ids = group.map((position) => queries[position].obj.id);
    (await reviewsOfServices(ids, first)).forEach((page, index) => (found[group[index]] = page));
  }
  return found;
}

const app = Fastify();
app.get("/healthz", async () => "ok");
app.register(mercurius, { schema: typeDefs, resolvers, loaders, jit: 1 });
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
