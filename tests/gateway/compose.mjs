/**
 * Composes subgraph SDL files with a composer that Azora did not write, so that the tests have a
 * second opinion on the composed schema.
 *
 * Usage: node compose.mjs SUPERGRAPH.graphql PUBLIC.graphql name=url=path [name=url=path ...]
 */
import { readFile, writeFile } from "node:fs/promises";

import { compositionHasErrors, composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";

const USAGE = "Usage: node compose.mjs SUPERGRAPH PUBLIC name=url=path [name=url=path ...]";
const SUBGRAPH = /^(?<name>[^=]+)=(?<url>.+)=(?<path>[^=]+)$/;

function fail(...lines) {
  for (const line of lines) console.error(line);
  process.exit(1);
}

async function readSubgraph(argument) {
  const match = SUBGRAPH.exec(argument);
  if (match === null) fail(`Not of the form name=url=path: ${argument}`, USAGE);
  const { name, url, path } = match.groups;
  try {
    return { name, url, typeDefs: parse(await readFile(path, "utf8")) };
  } catch (error) {
    return fail(`Subgraph ${name}: ${error.message}`);
  }
}

const [supergraphPath, publicPath, ...subgraphs] = process.argv.slice(2);
if (subgraphs.length === 0) fail(USAGE);

const result = composeServices(await Promise.all(subgraphs.map(readSubgraph)));
if (compositionHasErrors(result)) {
  fail(...result.errors.map(({ message, extensions }) => `${extensions?.code}: ${message}`));
}
await writeFile(supergraphPath, result.supergraphSdl);
await writeFile(publicPath, result.publicSdl);
