// nforce: authentication, rows, files, queries, describes, and what it asks of hosts that it has written down.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import nforce from "nforce";
import { org } from "./shown.mjs";

const USER = "admin@chatlift.test";
const { ORG_URL } = process.env;
const record = (type, fields) => nforce.createSObject(type, fields);
const refusal = (promise) => promise.then((value) => assert.fail(JSON.stringify(value)), (error) => error);
const connection = (options = {}) =>
  nforce.createConnection({
    clientId: "nforce",
    clientSecret: "secret",
    redirectUri: "https://app.example/callback",
    apiVersion: "v59.0",
    authEndpoint: `${ORG_URL}/services/oauth2/authorize`,
    loginUri: `${ORG_URL}/services/oauth2/token`,
    ...options,
  });

/** The code that the browser of a person brings back from the authorisation page. */
async function consent(url) {
  const [address, query] = url.split("?");
  const filled = new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(query)), username: USER, password: "any", decision: "allow" });
  const answer = await fetch(address, { method: "POST", body: filled, redirect: "manual" });
  return new URL(answer.headers.get("location")).searchParams.get("code");
}

let agent;
before(async () => {
  agent = (await org.query({ query: `SELECT Id FROM User WHERE Username = '${USER}'` })).records[0].getId();
});

test("the lines of the page are a connection for one user", () => {
  assert.equal(org.oauth.instance_url, ORG_URL);
  assert.ok(org.oauth.access_token);
});

test("many users share a connection, each with an oauth of their own", async () => {
  const shared = connection();
  const oauth = await shared.authenticate({ username: USER, password: "any", securityToken: "token" });
  const identity = await shared.getIdentity({ oauth });
  assert.deepEqual([identity.username, identity.user_id], [USER, agent]);
  assert.equal((await shared.query({ query: "SELECT Id FROM Organization", oauth })).totalSize, 1);
});

test("a code of the authorisation page brings tokens, and its refresh token brings more", async () => {
  const shared = connection();
  const oauth = await shared.authenticate({ code: await consent(shared.getAuthUri({ scope: ["api", "refresh_token"], state: "s" })) });
  const old = oauth.access_token;
  assert.ok(oauth.refresh_token);
  await shared.refreshToken({ oauth });
  assert.notEqual(oauth.access_token, old);
  assert.equal((await refusal(shared.authenticate({ code: "nonsense" }))).message, "invalid_grant - invalid authorization code");
});

test("a session that ended is refreshed by itself where that is asked for", async () => {
  const told = [];
  const shared = connection({ autoRefresh: true, onRefresh: (fresh, old, done) => (told.push(old.access_token), done()) });
  const oauth = await shared.authenticate({ code: await consent(shared.getAuthUri({ scope: ["api", "refresh_token"] })) });
  oauth.access_token = "00D!gone";
  assert.equal((await shared.query({ query: "SELECT Id FROM Organization", oauth })).totalSize, 1);
  assert.deepEqual(told, ["00D!gone"]);
  const error = await refusal(connection().query({ query: "SELECT Id FROM User", oauth: { ...oauth, access_token: "00D!gone" } }));
  assert.deepEqual([error.errorCode, error.statusCode], ["INVALID_SESSION_ID", 401]);
});

test("a record is inserted, read, changed and deleted", async () => {
  const account = record("Account", { Name: "Northlight", NumberOfEmployees: 12 });
  const made = await org.insert({ sobject: account });
  assert.deepEqual([made.success, account.getId()], [true, made.id]);
  const read = await org.getRecord({ type: "account", id: made.id });
  assert.deepEqual([read.get("Name"), read.get("numberofemployees"), read.get("Phone")], ["Northlight", 12, null]);
  read.set("Phone", "+44 1");
  await org.update({ sobject: read });
  const some = await org.getRecord({ sobject: account, fields: ["Phone"] });
  assert.deepEqual(some.toJSON(), { phone: "+44 1", id: made.id });
  await org.delete({ sobject: account });
  const error = await refusal(org.getRecord({ sobject: account }));
  assert.deepEqual([error.errorCode, error.statusCode], ["ENTITY_IS_DELETED", 404]);
});

test("an external id finds its record or makes one", async () => {
  const org = connection({ mode: "single" });
  await org.authenticate({ username: USER, password: "any" });
  const account = record("Account", { Name: "First" });
  account.setExternalId("Legacy_Id__c", "N-1");
  const made = await org.upsert({ sobject: account });
  assert.equal(made.created, true);
  const again = record("Account", { Name: "Second" });
  again.setExternalId("Legacy_Id__c", "N-1");
  assert.deepEqual(await org.upsert({ sobject: again }).then(({ id, created }) => [id, created]), [made.id, false]);
  assert.equal((await org.getRecord({ sobject: again })).get("name"), "Second");
  await org.delete({ sobject: again });
  assert.equal((await refusal(org.getRecord({ sobject: again }))).errorCode, "NOT_FOUND");
});

test("files keep their bytes, in a document and in an attachment", async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 45, 45, 7]);
  const version = record("ContentVersion", { Title: "odd", PathOnClient: "odd.bin" });
  version.setAttachment("odd.bin", bytes);
  const { id } = await org.insert({ sobject: version });
  assert.deepEqual(await org.getContentVersionData({ id }), bytes);

  const account = await org.insert({ sobject: record("Account", { Name: "Holder" }) });
  const attachment = record("Attachment", { Name: "odd.bin", ParentId: account.id });
  attachment.setAttachment("odd.bin", bytes);
  const made = await org.insert({ sobject: attachment });
  assert.deepEqual(await org.getAttachmentBody({ id: made.id }), bytes);
  attachment.set("Name", "renamed.bin");
  await org.update({ sobject: attachment });
  assert.equal((await org.getRecord({ sobject: attachment })).get("name"), "renamed.bin");
});

test("a query gives records, page after page when asked", async () => {
  const total = 205;
  for (let start = 0; start < total; start += 200) {
    const records = Array.from({ length: Math.min(200, total - start) }, (_, n) => ({ attributes: { type: "Contact" }, LastName: `Row ${String(start + n).padStart(3, "0")}` }));
    const saved = await org.postUrl({ url: "/services/data/v59.0/composite/sobjects", body: { records } });
    assert.ok(saved.every(({ success }) => success));
  }
  const query = "SELECT LastName FROM Contact WHERE LastName LIKE 'Row %' ORDER BY LastName";
  const headers = { "Sforce-Query-Options": "batchSize=200" };
  const page = await org.query({ query, headers });
  assert.deepEqual([page.totalSize, page.done, page.records.length], [total, false, 200]);
  const next = await org.getUrl({ url: page.nextRecordsUrl });
  assert.deepEqual([next.done, next.records.length], [true, 5]);
  const all = await org.query({ query, headers, fetchAll: true, raw: true });
  assert.deepEqual(all.records.map(({ LastName }) => LastName).at(-1), "Row 204");
  assert.equal(all.records.length, total);
  const deleted = await org.query({ query: "SELECT Id FROM Contact WHERE LastName = 'Row 000'" });
  await org.delete({ sobject: deleted.records[0] });
  assert.equal((await org.queryAll({ query: "SELECT Id FROM Contact WHERE LastName = 'Row 000'" })).totalSize, 1);
  assert.equal((await org.query({ query: "SELECT Id FROM Contact WHERE LastName = 'Row 000'" })).totalSize, 0);
});

test("answers may be zipped", async () => {
  const zipped = connection({ mode: "single", gzip: true });
  await zipped.authenticate({ username: USER, password: "any" });
  assert.ok((await zipped.getDescribe("LiveChatTranscript")).fields.length > 30);
});

test("a search finds", async () => {
  await org.insert({ sobject: record("Account", { Name: "Zephyrine Ltd" }) });
  const { searchRecords } = await org.search({ search: "FIND {Zephyrine} RETURNING Account(Name)" });
  assert.deepEqual(searchRecords.map(({ Name }) => Name), ["Zephyrine Ltd"]);
});

test("the org says what it holds", async () => {
  assert.ok("sobjects" in (await org.getResources()));
  assert.ok((await org.getSObjects()).sobjects.some(({ name }) => name === "LiveAgentSession"));
  assert.equal((await org.getMetadata("LiveChatTranscript")).objectDescribe.keyPrefix, "570");
  assert.equal((await org.getDescribe("LiveChatTranscript")).name, "LiveChatTranscript");
  assert.ok((await org.getLimits()).DailyApiRequests.Max > 0);
});

test("a password is asked after and changed", async () => {
  assert.deepEqual(await org.getPasswordStatus({ id: agent }), { isExpired: false });
  await org.updatePassword({ id: agent, newPassword: "chosen-1234" });
  assert.equal((await refusal(org.updatePassword({ id: agent, newPassword: "short" }))).errorCode, "INVALID_NEW_PASSWORD");
});

test("hosts that the client has written down are this org through its proxy", async () => {
  assert.ok((await org.getVersions()).some(({ version }) => version === "59.0"));
  const other = connection();
  const oauth = await other.authenticate({ username: USER, password: "any" });
  await other.revokeToken({ token: oauth.access_token });
  assert.equal((await refusal(other.query({ query: "SELECT Id FROM User", oauth }))).errorCode, "INVALID_SESSION_ID");
});

test("refusals carry the platform's code", async (t) => {
  const cases = [
    ["INVALID_FIELD", () => org.insert({ sobject: record("Account", { Name: "x", Nope: 1 }) })],
    ["REQUIRED_FIELD_MISSING", () => org.insert({ sobject: record("Account", {}) })],
    ["NOT_FOUND", () => org.insert({ sobject: record("Nope", {}) })],
    ["NOT_FOUND", () => org.getDescribe("Nope")],
    ["MALFORMED_QUERY", () => org.query({ query: "SELECT" })],
    ["INVALID_TYPE", () => org.query({ query: "SELECT Id FROM Nope" })],
  ];
  for (const [code, call] of cases) await t.test(code, async () => assert.equal((await refusal(call())).errorCode, code));
});

test("a chat is written, followed and deleted", async () => {
  const visitor = await org.insert({ sobject: record("LiveChatVisitor", {}) });
  const body = "( 4s ) Ada L: It&#39;s <b>5</b> &lt; 6?<br>😀";
  const transcript = record("LiveChatTranscript", { LiveChatVisitorId: visitor.id, Body: body, Status: "Completed", ChatKey: "7c1d", OwnerId: agent });
  const { id } = await org.insert({ sobject: transcript });
  await org.insert({ sobject: record("LiveChatTranscriptEvent", { LiveChatTranscriptId: id, Type: "ChatRequest", Time: "2026-06-15T11:00:00Z" }) });
  const { records } = await org.query({ query: "SELECT Body, Owner.Name, (SELECT Type FROM LiveChatTranscriptEvents) FROM LiveChatTranscript WHERE ChatKey = '7c1d'" });
  assert.equal(records[0].get("Body"), body);
  assert.equal(records[0].get("LiveChatTranscriptEvents").records[0].Type, "ChatRequest");
  transcript.set("Status", "Missed");
  await org.update({ sobject: transcript });
  await org.delete({ sobject: transcript });
  assert.equal((await org.query({ query: "SELECT Id FROM LiveChatTranscriptEvent" })).totalSize, 0);
});
