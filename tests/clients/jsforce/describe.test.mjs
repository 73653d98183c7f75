// Describes and their caches, limits, versions, and requests by hand: composite, batch, tree, graph.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connect, refusal } from "./org.mjs";

let conn;
before(async () => {
  conn = await connect();
});

test("a describe names fields, types and picklists", async () => {
  const transcript = await conn.describe("LiveChatTranscript");
  assert.deepEqual([transcript.name, transcript.keyPrefix, transcript.createable], ["LiveChatTranscript", "570", true]);
  const field = (name) => transcript.fields.find((found) => found.name === name);
  assert.deepEqual(field("LiveChatVisitorId").referenceTo, ["LiveChatVisitor"]);
  assert.ok(field("Status").picklistValues.some(({ value }) => value === "Missed"));
  assert.equal((await refusal(conn.describe("Nope"))).errorCode, "NOT_FOUND");
});

test("a global describe makes the objects of the connection", async () => {
  const fresh = await connect();
  const { sobjects } = await fresh.describeGlobal();
  assert.ok(sobjects.some(({ name }) => name === "LiveAgentSession"));
  assert.ok("LiveAgentSession" in fresh.sobjects);
});

test("a cached describe asks once", async () => {
  const fresh = await connect();
  let asked = 0;
  const request = fresh.request.bind(fresh);
  fresh.request = (...given) => (asked++, request(...given));
  const [first, second] = [await fresh.describe$("Account"), await fresh.describe$("Account")];
  assert.equal(first, second);
  assert.equal(fresh.describe$$("Account"), first);
  assert.equal(asked, 1);
  await fresh.describeGlobal$();
  await fresh.describeGlobal$();
  assert.equal(asked, 2);
});

test("every answer tells the use of the API, and limits all of them", async () => {
  const { DailyApiRequests } = await conn.limits();
  assert.ok(DailyApiRequests.Remaining < DailyApiRequests.Max);
  assert.equal(conn.limitInfo.apiUsage.limit, DailyApiRequests.Max);
});

test("versions and resources are listed", async () => {
  const versions = await conn.request("/services/data");
  assert.ok(versions.some(({ version }) => version === "59.0"));
  assert.ok((await conn.request("/")).sobjects.endsWith("/services/data/v59.0/sobjects"));
});

test("composite parts refer to each other", async () => {
  const { compositeResponse } = await conn.requestPost("/composite", {
    allOrNone: true,
    compositeRequest: [
      { method: "POST", url: "/services/data/v59.0/sobjects/Account", referenceId: "a", body: { Name: "Composite" } },
      { method: "POST", url: "/services/data/v59.0/sobjects/Contact", referenceId: "c", body: { LastName: "Of it", AccountId: "@{a.id}" } },
      { method: "GET", url: "/services/data/v59.0/sobjects/Contact/@{c.id}?fields=AccountId", referenceId: "r" },
    ],
  });
  assert.deepEqual(compositeResponse.map(({ httpStatusCode }) => httpStatusCode), [201, 201, 200]);
  assert.equal(compositeResponse[2].body.AccountId, compositeResponse[0].body.id);
});

test("batch, tree and graph answer", async () => {
  const batch = await conn.requestPost("/composite/batch", { batchRequests: [{ method: "GET", url: "v59.0/limits" }, { method: "GET", url: "v59.0/sobjects/Account/nonsense" }] });
  assert.deepEqual([batch.hasErrors, batch.results.map(({ statusCode }) => statusCode)], [true, [200, 404]]);
  const records = [{ attributes: { type: "Account", referenceId: "r1" }, Name: "Tree", Contacts: { records: [{ attributes: { type: "Contact", referenceId: "r2" }, LastName: "Leaf" }] } }];
  const tree = await conn.requestPost("/composite/tree/Account", { records });
  assert.deepEqual([tree.hasErrors, tree.results.map(({ referenceId }) => referenceId)], [false, ["r1", "r2"]]);
  const compositeRequest = [{ method: "POST", url: "/services/data/v59.0/sobjects/Account", referenceId: "a", body: { Name: "Graph" } }];
  const { graphs } = await conn.requestPost("/composite/graph", { graphs: [{ graphId: "g", compositeRequest }] });
  assert.deepEqual([graphs[0].graphId, graphs[0].isSuccessful], ["g", true]);
});

test("an unknown resource and a wrong method are refused as the platform refuses them", async () => {
  assert.equal((await refusal(conn.request("/nonsense"))).errorCode, "NOT_FOUND");
  assert.equal((await refusal(conn.requestPut("/limits", {}))).errorCode, "METHOD_NOT_ALLOWED");
});
