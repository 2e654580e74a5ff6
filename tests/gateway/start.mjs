/**
 * Starts the gateway with AZORA_SUPERGRAPH (a path), AZORA_GATEWAY_PORT and AZORA_GATEWAY_SECRET
 * from the environment. It is ready when GET /readiness answers 200, and SIGTERM ends it.
 */
import { fileURLToPath } from "node:url";

const REQUIRED = ["AZORA_SUPERGRAPH", "AZORA_GATEWAY_PORT", "AZORA_GATEWAY_SECRET"];
/** The gateway takes these as options of its own, usage reporting and tracing among them. */
const REPORTING = /^(APOLLO|HIVE|OPENTELEMETRY|OTEL)/;
const OPTIONS = ["CONFIG_PATH", "FORK", "HOST", "JIT", "POLLING", "PORT"];

const missing = REQUIRED.filter((name) => !process.env[name]);
if (missing.length > 0) {
  console.error(`The gateway needs ${missing.join(", ")} in its environment.`);
  process.exit(1);
}
for (const name of Object.keys(process.env)) {
  if (REPORTING.test(name) || OPTIONS.includes(name)) delete process.env[name];
}

const { Logger, run } = await import("@graphql-hive/gateway");
const configPath = fileURLToPath(new URL("gateway.config.mjs", import.meta.url));
process.argv = [process.argv[0], process.argv[1], "supergraph", "-c", configPath];
try {
  await run({ log: new Logger({ level: "warn" }) });
} catch (error) {
  console.error(`The gateway did not start: ${error.message}`);
  process.exit(1);
}
