/**
 * Runs graphql-http's audits of the GraphQL over HTTP draft against a server and prints one JSON
 * object: the number of results of each kind, and what failed and why.
 *
 * Usage: node http_audit.mjs URL
 */
import { serverAudits } from "graphql-http";

const url = process.argv[2];
if (!url) {
  console.error("Usage: node http_audit.mjs URL");
  process.exit(1);
}
try {
  await fetch(url, { method: "POST" });
} catch (error) {
  console.error(`No server answers at ${url}: ${error.cause?.message ?? error.message}`);
  process.exit(1);
}

const counts = { ok: 0, notice: 0, warn: 0, error: 0 };
const failures = [];
for (const audit of serverAudits({ url })) {
  const result = await audit.fn();
  counts[result.status] += 1;
  if (result.status !== "ok") {
    const { id, name, status, reason } = result;
    failures.push({ id, name, status, reason });
  }
}
console.log(JSON.stringify({ ...counts, failures }));
