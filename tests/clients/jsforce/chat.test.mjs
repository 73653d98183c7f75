// A chat as an integration sees it: visitor, transcript, its events and agent session, from the first write to the recycle bin.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connect, refusal } from "./org.mjs";

const BODY = "<p align=\"center\">Chat Started: Monday, June 15, 2026, 12:00:00 (+0000)</p>( 4s ) Ada L: It&#39;s <b>5</b> &lt; 6?<br>two<br>😀";
let conn;
let agent;
before(async () => {
  conn = await connect();
  agent = (await conn.query("SELECT Id FROM User WHERE Username = 'admin@chatlift.test'")).records[0].Id;
});

test("a transcript is written, found by its key, followed and deleted", async () => {
  const visitor = await conn.create("LiveChatVisitor", {});
  const transcripts = conn.sobject("LiveChatTranscript");
  const written = { Legacy_Id__c: "chat-1", LiveChatVisitorId: visitor.id, Body: BODY, Status: "Completed", EndedBy: "Agent", ChatKey: "7c1d", OwnerId: agent };
  const made = await transcripts.upsert(written, "Legacy_Id__c");
  assert.equal(made.created, true);
  assert.match(made.id, /^570\w{15}$/);
  const saved = await conn.create("LiveChatTranscriptEvent", [
    { LiveChatTranscriptId: made.id, Type: "ChatRequest", Time: "2026-06-15T11:00:00Z" },
    { LiveChatTranscriptId: made.id, Type: "Accept", Time: "2026-06-15T11:00:04Z", AgentId: agent },
    { LiveChatTranscriptId: made.id, Type: "EndAgent", Time: "2026-06-15T11:05:00Z", AgentId: agent },
  ]);
  assert.ok(saved.every(({ success }) => success), JSON.stringify(saved));

  const read = await transcripts.retrieve(made.id);
  assert.deepEqual([read.Body, read.Status, read.EndedBy, read.ChatKey], [BODY, "Completed", "Agent", "7c1d"]);
  assert.ok(read.Name);
  const { records } = await conn.query(
    "SELECT Name, Owner.Username, LiveChatVisitor.Name, (SELECT Type, Agent.Username FROM LiveChatTranscriptEvents ORDER BY Time) FROM LiveChatTranscript WHERE Legacy_Id__c = 'chat-1'",
  );
  assert.equal(records[0].Owner.Username, "admin@chatlift.test");
  assert.deepEqual(records[0].LiveChatTranscriptEvents.records.map(({ Type }) => Type), ["ChatRequest", "Accept", "EndAgent"]);

  const again = await transcripts.upsert({ Legacy_Id__c: "chat-1", Status: "Missed" }, "Legacy_Id__c");
  assert.deepEqual([again.id, again.created], [made.id, false]);
  await transcripts.del(made.id);
  assert.equal(await transcripts.count({ Legacy_Id__c: "chat-1" }), 0);
  assert.equal((await conn.query(`SELECT Id FROM LiveChatTranscriptEvent WHERE LiveChatTranscriptId = '${made.id}'`)).totalSize, 0);
});

test("a session of an agent is created, read, changed and deleted", async () => {
  const sessions = conn.sobject("LiveAgentSession");
  const made = await sessions.create({ AgentId: agent, LoginTime: "2026-06-15T08:00:00Z", LogoutTime: "2026-06-15T11:00:00Z", ChatReqAssigned: 4 });
  assert.match(made.id, /^0HK/);
  assert.equal((await sessions.retrieve(made.id)).LoginTime, "2026-06-15T08:00:00.000+0000");
  await sessions.update({ Id: made.id, ChatReqTimedOut: 1 });
  assert.equal((await sessions.find({ AgentId: agent }, ["ChatReqTimedOut"]).execute())[0].ChatReqTimedOut, 1);
  await sessions.del(made.id);
  const error = await refusal(sessions.create({ ChatReqAssigned: 1 }));
  assert.equal(error.errorCode, "REQUIRED_FIELD_MISSING");
  assert.deepEqual(error.data.fields.sort(), ["AgentId", "LoginTime", "LogoutTime"]);
});

test("a status outside its picklist is refused", async () => {
  const visitor = await conn.create("LiveChatVisitor", {});
  const error = await refusal(conn.create("LiveChatTranscript", { LiveChatVisitorId: visitor.id, Status: "Finished" }));
  assert.equal(error.errorCode, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
});
