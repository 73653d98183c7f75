// The whole of conn.soap: records, the recycle bin, tabs, passwords, and what SOAP refuses.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connect, refusal } from "./org.mjs";

let conn;
before(async () => {
  conn = await connect();
});

test("records good and bad have their results in order", async () => {
  const results = await conn.soap.create([{ type: "Contact", LastName: "Kern & <Co>" }, { type: "Contact", FirstName: "Dana" }]);
  assert.deepEqual(results.map(({ success }) => success), [true, false]);
  assert.equal([results[1].errors].flat()[0].statusCode, "REQUIRED_FIELD_MISSING");
  assert.equal((await conn.sobject("Contact").retrieve(results[0].id)).LastName, "Kern & <Co>");
  const [emptied] = await conn.soap.update([{ type: "Contact", fieldsToNull: ["Email"], Id: results[0].id }]);
  assert.equal(emptied.success, true);
});

test("what is deleted comes back, until the bin is emptied", async () => {
  const [{ id }] = await conn.soap.create([{ type: "Account", Name: "Bin" }]);
  assert.equal((await conn.soap.delete([id]))[0].success, true);
  assert.equal((await conn.soap.undelete([id]))[0].success, true);
  await conn.soap.delete([id]);
  assert.equal((await conn.soap.emptyRecycleBin([id]))[0].success, true);
  assert.equal((await conn.soap.undelete([id]))[0].success, false);
});

test("a key makes a record once", async () => {
  const record = (Name) => [{ type: "Account", Legacy_Id__c: "soap-1", Name }];
  const [first] = await conn.soap.upsert("Legacy_Id__c", record("One"));
  const [second] = await conn.soap.upsert("Legacy_Id__c", record("Two"));
  assert.deepEqual([first.created, second.created, second.id], [true, false, first.id]);
});

test("tabs, time, user and passwords", async () => {
  const [app] = await conn.soap.describeTabs();
  assert.ok(app.tabs.some(({ sobjectName }) => sobjectName === "LiveChatTranscript"));
  const { timestamp } = await conn.soap.getServerTimestamp();
  assert.equal(new Date(timestamp).toISOString(), "2026-06-15T12:00:00.000Z");
  const user = await conn.soap.getUserInfo();
  assert.equal(user.userName, "admin@chatlift.test");
  await conn.soap.setPassword(user.userId, "abcdefg1");
  assert.ok(((await conn.soap.resetPassword(user.userId)).password).length >= 8);
  assert.match((await refusal(conn.soap.setPassword(user.userId, "short"))).message, /^INVALID_NEW_PASSWORD: /);
});

test("merge and convertLead are refused in the words for an unknown operation", async () => {
  const merge = conn.soap.merge([{ masterRecord: { type: "Account", Id: "001000000000001AAA" }, recordToMergeIds: [] }]);
  assert.match((await refusal(merge)).message, /No operation available for request \{urn:partner.soap.sforce.com\}merge/);
  const convert = conn.soap.convertLead([{ leadId: "00Q000000000001AAA", convertedStatus: "Closed" }]);
  assert.match((await refusal(convert)).message, /\{urn:partner.soap.sforce.com\}convertLead/);
});
