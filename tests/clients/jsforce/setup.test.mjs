// What a page or a tool asks of an org around its records: layouts, tabs, theme, quick actions, list views, recent records, SOAP, Tooling.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connect, refusal } from "./org.mjs";

let conn;
before(async () => {
  conn = await connect();
});

test("layouts of an object are described", async () => {
  const accounts = conn.sobject("Account");
  const { layouts, recordTypeMappings } = await accounts.layouts();
  assert.ok(layouts[0].detailLayoutSections.length > 0);
  assert.ok(recordTypeMappings.some(({ master }) => master));
  assert.deepEqual(await accounts.layouts$(), await accounts.layouts$());
  assert.ok((await accounts.compactLayouts()).compactLayouts[0].fieldItems.length > 0);
  assert.deepEqual((await accounts.approvalLayouts()).approvalLayouts, []);
});

test("tabs and theme are listed", async () => {
  const tabs = await conn.tabs();
  assert.ok(tabs.some(({ sobjectName }) => sobjectName === "Account"));
  const { themeItems } = await conn.theme();
  assert.ok(themeItems.some(({ name }) => name === "Account"));
});

test("quick actions are listed, described and have default values", async () => {
  const actions = await conn.quickActions();
  const { name } = actions.find(({ type }) => type === "LogACall");
  const action = conn.quickAction(name);
  assert.equal((await action.describe()).name, name);
  assert.equal((await action.defaultValues()).attributes.type, "Task");
  assert.ok((await conn.sobject("Account").quickActions()).length > 0);
});

test("list views of an object are listed and give rows", async () => {
  const { listviews } = await conn.sobject("LiveAgentSession").listviews();
  const { id } = listviews.find(({ developerName }) => developerName === "TodaysSessions");
  const view = conn.sobject("LiveAgentSession").listview(id);
  assert.match((await view.describe()).query, /FROM LiveAgentSession/i);
  assert.equal((await view.results()).size, 0);
});

test("recent records are those that were read", async () => {
  const { id } = await conn.create("Account", { Name: "Looked at" });
  await conn.query(`SELECT Id FROM Account WHERE Id = '${id}' FOR VIEW`);
  assert.equal((await conn.recent(5))[0].Id, id);
  assert.equal((await conn.sobject("Account").recent())[0].Id, id);
});

test("the SOAP API writes, deletes and brings back", async () => {
  const [made] = await conn.soap.create([{ type: "Account", Name: "By SOAP" }]);
  assert.equal(made.success, true);
  const [changed] = await conn.soap.update([{ type: "Account", Id: made.id, Name: "Changed & <more>" }]);
  assert.deepEqual([changed.success, (await conn.retrieve("Account", made.id)).Name], [true, "Changed & <more>"]);
  const [upserted] = await conn.soap.upsert("Legacy_Id__c", [{ type: "Account", Legacy_Id__c: "S-1", Name: "Upserted" }]);
  assert.equal(upserted.created, true);
  const [gone] = await conn.soap.delete([made.id]);
  assert.equal(gone.success, true);
  const [back] = await conn.soap.undelete([made.id]);
  assert.equal(back.success, true);
  const user = await conn.soap.getUserInfo();
  assert.equal(user.userName, "admin@chatlift.test");
  assert.match((await conn.soap.getServerTimestamp()).timestamp, /^2026-06-15T/);
  const [refused] = await conn.soap.create([{ type: "Account" }]);
  assert.deepEqual([refused.success, refused.errors[0].statusCode], [false, "REQUIRED_FIELD_MISSING"]);
});

test("the Tooling API describes the org's definitions", async () => {
  const { records } = await conn.tooling.query("SELECT QualifiedApiName, KeyPrefix FROM EntityDefinition WHERE QualifiedApiName = 'LiveAgentSession'");
  assert.deepEqual(records.map(({ KeyPrefix }) => KeyPrefix), ["0HK"]);
  assert.equal((await conn.tooling.query("SELECT Id FROM ApexClass")).totalSize, 0);
  assert.ok((await conn.tooling.describeGlobal()).sobjects.some(({ name }) => name === "EntityDefinition"));
  assert.equal((await conn.tooling.sobject("ApexClass").describe()).name, "ApexClass");
});

test("what an org does not have is refused as an unknown thing", async () => {
  for (const call of [() => conn.apex.get("/nonsense"), () => conn.analytics.report("00O000000000001").describe()]) {
    assert.equal((await refusal(call())).errorCode, "NOT_FOUND");
  }
});
