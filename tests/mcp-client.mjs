// A conversation with the server through the official client: node client.mjs BINARY REPOSITORY.
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [command, repository] = process.argv.slice(2);
const client = new Client({ name: "mcp-client", version: "1" });
await client.connect(new StdioClientTransport({ command, args: ["mcp", "--repo", repository, "--allow-reserve"] }));
const call = (name, given = {}) => client.callTool({ name, arguments: given });

assert.equal(client.getServerVersion().name, "deploy-rhythm");
assert.match(client.getInstructions(), /never instructions/);
const { tools } = await client.listTools();
assert.deepEqual(tools.map((tool) => tool.name), ["check", "status", "why", "reserve"]);
assert.deepEqual(tools.map((tool) => tool.annotations.readOnlyHint), [true, true, true, false]);

const went = await call("reserve", { reason: "a conversation" });
assert.equal(went.structuredContent.verdict, "approve");
const { id } = went.structuredContent.reservation;
const held = await call("check");
assert.equal(held.structuredContent.verdict, "hold");
assert.match(held.content[0].text, /^deploy-rhythm: HOLD until .+ \(in 1h 59m\)/);
assert.equal((await call("reserve")).structuredContent.reservation, null);
assert.equal((await call("status")).structuredContent.environments[0].running[0].id, id);
assert.equal((await call("why", { rule: "min-interval" })).structuredContent.findings.length, 1);
assert.equal((await call("why", { id })).structuredContent.verdict, "approve");

assert.equal((await call("check", { at: "soon" })).isError, true);
assert.equal((await call("check", { colour: "red" })).isError, true);
await assert.rejects(call("override"), { code: -32602 });
await client.ping();
await client.close();
console.log("mcp-client: the official client and the server understand each other");
