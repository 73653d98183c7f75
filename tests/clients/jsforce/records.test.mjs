// Rows: one and many, upsert, retrieve, errors, and what changed in a window of time.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { advance, connect, refusal } from "./org.mjs";

let conn;
before(async () => {
  conn = await connect();
});

test("one record is created, read, changed and deleted", async () => {
  const accounts = conn.sobject("Account");
  const made = await accounts.create({ Name: "Northlight", NumberOfEmployees: 12 });
  assert.deepEqual(made, { id: made.id, success: true, errors: [] });
  const read = await accounts.retrieve(made.id);
  assert.deepEqual(read.attributes, { type: "Account", url: `/services/data/v59.0/sobjects/Account/${made.id}` });
  assert.deepEqual([read.Name, read.NumberOfEmployees, read.Phone], ["Northlight", 12, null]);
  assert.deepEqual(await accounts.retrieve(made.id, { fields: ["Name"] }).then(({ attributes, ...fields }) => fields), { Name: "Northlight", Id: made.id });
  assert.deepEqual(await accounts.update({ Id: made.id, Phone: "+44 1" }), { id: made.id, success: true, errors: [] });
  assert.equal((await accounts.record(made.id).retrieve()).Phone, "+44 1");
  assert.deepEqual(await accounts.del(made.id), { id: made.id, success: true, errors: [] });
  const error = await refusal(accounts.retrieve(made.id));
  assert.equal(error.errorCode, "ENTITY_IS_DELETED");
});

test("a record says its type itself where none is named", async () => {
  const made = await conn.sobject("Account").create({ attributes: { type: "Account" }, Name: "Typed" });
  assert.equal((await conn.retrieve("Account", made.id)).Name, "Typed");
});

test("many records go in one call, good beside bad", async () => {
  const saved = await conn.create("Account", [{ Name: "One" }, {}, { Name: "Two" }]);
  assert.deepEqual(saved.map(({ success }) => success), [true, false, true]);
  assert.equal(saved[1].errors[0].statusCode, "REQUIRED_FIELD_MISSING");
  assert.deepEqual(saved[1].errors[0].fields, ["Name"]);
  const ids = [saved[0].id, saved[2].id];
  const changed = await conn.update("Account", ids.map((Id, n) => ({ Id, Name: `Changed ${n}` })));
  assert.ok(changed.every(({ success }) => success));
  const read = await conn.retrieve("Account", [...ids, "001000000000001AAA"], { fields: ["Name"] });
  assert.deepEqual(read.map((record) => record?.Name ?? null), ["Changed 0", "Changed 1", null]);
  assert.ok("Industry" in (await conn.retrieve("Account", ids))[0]);
  const gone = await conn.destroy("Account", [...ids, ids[0]]);
  assert.deepEqual(gone.map(({ success }) => success), [true, true, false]);
  assert.equal(gone[2].errors[0].statusCode, "ENTITY_IS_DELETED");
});

test("all or none leaves nothing behind", async () => {
  const saved = await conn.create("Account", [{ Name: "Never there" }, {}], { allOrNone: true });
  assert.deepEqual(saved.map(({ errors }) => errors[0].statusCode), ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]);
  assert.equal(await conn.sobject("Account").count({ Name: "Never there" }), 0);
});

test("more than 200 records go in several calls when asked", async () => {
  const saved = await conn.create("Contact", Array.from({ length: 205 }, (_, n) => ({ LastName: `C${n}` })), { allowRecursive: true });
  assert.equal(saved.filter(({ success }) => success).length, 205);
  const error = await refusal(conn.create("Contact", Array.from({ length: 201 }, (_, n) => ({ LastName: `C${n}` }))));
  assert.equal(error.errorCode, "EXCEEDED_ID_LIMIT");
  assert.equal((await conn.destroy("Contact", saved.map(({ id }) => id), { allowRecursive: true })).length, 205);
});

test("an old version writes one by one", async () => {
  const old = await connect("41.0");
  const saved = await old.create("Account", [{ Name: "Old" }, {}]);
  assert.deepEqual(saved.map(({ success }) => success), [true, false]);
  assert.equal(saved[1].errors[0].errorCode, "REQUIRED_FIELD_MISSING");
  const read = await old.retrieve("Account", [saved[0].id, "001000000000001AAA"]);
  assert.deepEqual(read.map((record) => record?.Name ?? null), ["Old", null]);
  const [first, second] = await old.sobject("Account").upsert([{ Legacy_Id__c: "old", Name: "Older" }, { Legacy_Id__c: "old-2", Name: "New" }], "Legacy_Id__c");
  assert.ok(first.success && second.success);
});

test("an external id finds its record or makes one", async () => {
  const accounts = conn.sobject("Account");
  const made = await accounts.upsert({ Legacy_Id__c: "L-1", Name: "First" }, "Legacy_Id__c");
  assert.deepEqual(made, { id: made.id, success: true, errors: [], created: true });
  const again = await accounts.upsert({ Legacy_Id__c: "L-1", Name: "Second" }, "Legacy_Id__c");
  assert.deepEqual(again, { id: made.id, success: true, errors: [], created: false });
  assert.equal((await accounts.retrieve(made.id)).Name, "Second");
  const many = await accounts.upsert([{ Legacy_Id__c: "L-1", Name: "Third" }, { Legacy_Id__c: "L2", Name: "Other" }], "Legacy_Id__c");
  assert.deepEqual(many.map(({ created }) => created), [false, true]);
  const none = await refusal(accounts.upsert({ Name__c: "x", Name: "y" }, "Name__c"));
  assert.equal(none.errorCode, "NOT_FOUND");
});

test("before 46.0 an upsert that changed a record has no answer but its success", async () => {
  const old = await connect("45.0");
  await old.sobject("Account").upsert({ Legacy_Id__c: "L45", Name: "a" }, "Legacy_Id__c");
  assert.deepEqual(await old.sobject("Account").upsert({ Legacy_Id__c: "L45", Name: "b" }, "Legacy_Id__c"), { success: true, errors: [] });
});

test("a multipart file keeps its bytes", async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 45, 45, 7]);
  const file = { Title: "odd", PathOnClient: "odd.bin", VersionData: bytes.toString("base64") };
  const made = await conn.sobject("ContentVersion").create(file, { multipartFileFields: { VersionData: { filename: "odd.bin", contentType: "application/octet-stream" } } });
  const chunks = [];
  for await (const chunk of conn.sobject("ContentVersion").record(made.id).blob("VersionData")) chunks.push(chunk);
  assert.deepEqual(Buffer.concat(chunks), bytes);
});

test("refusals carry the platform's code", async (t) => {
  const cases = [
    ["an unknown field", () => conn.create("Account", { Name: "x", Nope: 1 }), "INVALID_FIELD"],
    ["a value of another type", () => conn.create("Account", { Name: "x", NumberOfEmployees: "many" }), "JSON_PARSER_ERROR"],
    ["a value that is too long", () => conn.create("Account", { Name: "x".repeat(256) }), "STRING_TOO_LONG"],
    ["a missing field", () => conn.create("Account", {}), "REQUIRED_FIELD_MISSING"],
    ["a duplicate of a unique value", () => conn.create("Account", [{ Name: "x" }]).then(([{ id }]) => conn.update("Account", { Id: id, Legacy_Id__c: "L2" })), "DUPLICATE_VALUE"],
    ["an unknown object", () => conn.create("Nope__c", { Name: "x" }), "NOT_FOUND"],
    ["a foreign id", () => conn.create("Contact", { LastName: "x", AccountId: "500000000000001AAA" }), "FIELD_INTEGRITY_EXCEPTION"],
    ["a malformed id", () => conn.update("Account", { Id: "nonsense", Name: "x" }), "NOT_FOUND"],
  ];
  for (const [name, call, code] of cases) {
    await t.test(name, async () => {
      const error = await refusal(call());
      assert.equal(error.errorCode, code, error.message);
      assert.equal(error.name, code);
      assert.ok(error.message);
    });
  }
});

test("what changed and what went is told for a window of time", async () => {
  const [kept, gone] = await conn.create("Account", [{ Name: "Kept" }, { Name: "Gone" }]);
  const start = new Date("2026-06-15T12:00:00Z");
  await advance(120);
  await conn.sobject("Account").del(gone.id);
  await advance(3600);
  const window = [new Date(start - 300_000), new Date(+start + 3_000_000)];
  assert.ok((await conn.sobject("Account").updated(...window)).ids.includes(kept.id));
  const { deletedRecords } = await conn.sobject("Account").deleted(...window);
  assert.ok(deletedRecords.some(({ id }) => id === gone.id));
});
