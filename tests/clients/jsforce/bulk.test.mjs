// Many records by jobs: Bulk API 2.0 and the older one, in and out.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connect, refusal } from "./org.mjs";

const POLL = { pollInterval: 50, pollTimeout: 20_000 };
let conn;
before(async () => {
  conn = await connect();
  Object.assign(conn.bulk, POLL);
  Object.assign(conn.bulk2, POLL);
});

test("Bulk 2.0 inserts, and tells which rows failed", async () => {
  const input = [{ Name: "One", Phone: "1" }, { Name: "", Phone: "2" }, { Name: "Three, \"quoted\"\nand broken", Phone: "3" }];
  const { successfulResults, failedResults, unprocessedRecords } = await conn.bulk2.loadAndWaitForResults({ object: "Account", operation: "insert", input });
  assert.deepEqual(successfulResults.map(({ sf__Created, Phone }) => [sf__Created, Phone]), [["true", "1"], ["true", "3"]]);
  assert.deepEqual(failedResults.map(({ Phone }) => Phone), ["2"]);
  assert.match(failedResults[0].sf__Error, /^REQUIRED_FIELD_MISSING:/);
  assert.deepEqual(unprocessedRecords, []);
  assert.equal((await conn.retrieve("Account", successfulResults[1].sf__Id)).Name, input[2].Name);
});

test("Bulk 2.0 upserts chats by an external id, reads them back and deletes them", async () => {
  const visitor = await conn.create("LiveChatVisitor", {});
  const input = Array.from({ length: 450 }, (_, n) => ({ Legacy_Id__c: `b-${n}`, LiveChatVisitorId: visitor.id, Status: "Missed", Body: `( ${n}s ) Ada: hello` }));
  const job = { object: "LiveChatTranscript", operation: "upsert", externalIdFieldName: "Legacy_Id__c" };
  const { successfulResults } = await conn.bulk2.loadAndWaitForResults({ ...job, input });
  assert.equal(successfulResults.length, 450);
  const again = await conn.bulk2.loadAndWaitForResults({ ...job, input: [{ Legacy_Id__c: "b-7", Status: "Completed" }] });
  assert.equal(again.successfulResults[0].sf__Created, "false");
  const read = await (await conn.bulk2.query("SELECT Id, Legacy_Id__c, Status, Body FROM LiveChatTranscript WHERE Legacy_Id__c LIKE 'b-%'")).toArray();
  assert.equal(read.length, 450);
  assert.deepEqual(read.filter(({ Status }) => Status === "Completed").map(({ Body }) => Body), ["( 7s ) Ada: hello"]);
  const gone = await conn.bulk2.loadAndWaitForResults({ object: "LiveChatTranscript", operation: "delete", input: read.map(({ Id }) => ({ Id })) });
  assert.equal(gone.successfulResults.length, 450);
});

test("a job of Bulk 2.0 is looked at, aborted and deleted", async () => {
  const job = conn.bulk2.createJob({ object: "Account", operation: "insert" });
  await job.open();
  assert.equal((await job.check()).state, "Open");
  await job.abort();
  assert.equal((await job.check()).state, "Aborted");
  const { id } = job;
  await job.delete();
  assert.equal((await refusal(conn.bulk2.job("ingest", { id }).check())).errorCode, "NOT_FOUND");
  assert.equal((await refusal(conn.bulk2.createJob({ object: "Nope", operation: "insert" }).open())).errorCode, "INVALIDJOB");
});

test("the older Bulk API inserts, updates, queries and deletes", async () => {
  const made = await conn.bulk.load("Contact", "insert", [{ LastName: "Old A", Department: "x" }, { LastName: "", Department: "x" }]);
  assert.deepEqual(made.map(({ success }) => success), [true, false]);
  assert.match(made[1].errors[0], /^REQUIRED_FIELD_MISSING:/);
  const changed = await conn.bulk.load("Contact", "update", [{ Id: made[0].id, LastName: "Changed" }]);
  assert.equal(changed[0].success, true);
  const read = await (await conn.bulk.query("SELECT Id, LastName FROM Contact WHERE Department = 'x'")).toArray();
  assert.deepEqual(read, [{ Id: made[0].id, LastName: "Changed" }]);
  const gone = await conn.bulk.load("Contact", "delete", [{ Id: made[0].id }]);
  assert.equal(gone[0].success, true);
  assert.equal(await conn.sobject("Contact").count({ Department: "x" }), 0);
});
