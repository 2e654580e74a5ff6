/** PostGraphile: the schema is generated from the tables, and every operation becomes SQL. */
import { createServer } from "node:http";

import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";

// The indexes on these columns are partial or begin with another, which its defaults do not see.
const indexed = { tags: { isIndexed: true } };
const tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      services: { attribute: { is_active: indexed, price_sort_azr: indexed } },
      reviews: { attribute: { created_at: indexed } },
    },
  },
});

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [tags],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL,
      schemas: ["public"],
      poolConfig: { max: Number(process.env.POOL_SIZE) },
    }),
  ],
  grafserv: { port: Number(process.env.PORT), graphqlPath: "/graphql" },
});

const server = createServer();
await instance.createServ(grafserv).addTo(server);
server.listen(Number(process.env.PORT), "127.0.0.1");
