// Queries: paging by hand and by itself, streams, builders, aggregates, deleted rows, search.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import jsforce from "jsforce";
import { connect, refusal } from "./org.mjs";

const ROWS = 2105;
const ALL = "SELECT LastName FROM Contact WHERE LastName LIKE 'Row %' ORDER BY LastName";
const name = (n) => `Row ${String(n).padStart(4, "0")}`;
let conn;
before(async () => {
  conn = await connect();
  const records = Array.from({ length: ROWS }, (_, n) => ({ LastName: name(n), Department: n % 2 ? "odd" : "even" }));
  const saved = await conn.create("Contact", records, { allowRecursive: true });
  assert.ok(saved.every(({ success }) => success));
});

test("a page says how many there are and where the next one is", async () => {
  const first = await conn.query(ALL);
  assert.deepEqual([first.totalSize, first.done, first.records.length], [ROWS, false, 2000]);
  const second = await conn.queryMore(first.nextRecordsUrl);
  assert.deepEqual([second.totalSize, second.done, second.records.length], [ROWS, true, ROWS - 2000]);
  assert.equal(second.records.at(-1).LastName, name(ROWS - 1));
  const error = await refusal(conn.queryMore("/services/data/v59.0/query/01g000000ZZZZZZ-2000"));
  assert.equal(error.errorCode, "INVALID_QUERY_LOCATOR");
});

test("autoFetch walks through all pages, maxFetch stops it", async () => {
  const all = await conn.query(ALL, { autoFetch: true, maxFetch: 10_000 });
  assert.deepEqual([all.done, all.records.length], [true, ROWS]);
  assert.deepEqual(all.records.map(({ LastName }) => LastName), Array.from({ length: ROWS }, (_, n) => name(n)));
  const some = await conn.query(ALL, { autoFetch: true, maxFetch: 2050 });
  assert.equal(some.records.length, 2050);
});

test("the size of a page follows the header", async () => {
  const sizes = [];
  const query = conn.query(ALL, { autoFetch: true, maxFetch: 700, headers: { "Sforce-Query-Options": "batchSize=300" } });
  query.on("fetch", () => sizes.push(query.totalFetched));
  assert.equal((await query).records.length, 700);
});

test("records come as a stream of events", async () => {
  const seen = [];
  await new Promise((resolve, reject) => {
    conn.query(ALL).on("record", (record) => seen.push(record.LastName)).on("end", resolve).on("error", reject).run({ autoFetch: true, maxFetch: 5000 });
  });
  assert.equal(seen.length, ROWS);
});

test("conditions are built, sorted, cut and counted", async () => {
  const found = await conn.sobject("Contact").find({ LastName: { $like: "Row 000%" }, Department: "odd" }, "Id, LastName").sort({ LastName: -1 }).limit(2).skip(1).execute();
  assert.deepEqual(found.map(({ LastName }) => LastName), [name(7), name(5)]);
  assert.equal(await conn.sobject("Contact").count({ Department: { $in: ["odd"] } }), Math.floor(ROWS / 2));
  const one = await conn.sobject("Contact").findOne({ LastName: name(3) });
  assert.ok("AccountId" in one);
  assert.equal(await conn.sobject("Contact").findOne({ LastName: "Nobody" }), null);
  const written = await conn.sobject("Contact").find({ CreatedDate: { $gt: jsforce.SfDate.toDateTimeLiteral("2026-01-01T00:00:00Z") } }).limit(1).execute();
  assert.equal(written.length, 1);
});

test("children come with their parents", async () => {
  const account = await conn.create("Account", { Name: "Parent" });
  await conn.create("Contact", [{ LastName: "Child A", AccountId: account.id }, { LastName: "Child B", AccountId: account.id }]);
  const [parent] = await conn.sobject("Account").select("Name").where({ Id: account.id }).include("Contacts").select("LastName").orderby("LastName").end().execute();
  assert.deepEqual(parent.Contacts.records.map(({ LastName }) => LastName), ["Child A", "Child B"]);
  const { records } = await conn.query(`SELECT LastName, Account.Name FROM Contact WHERE AccountId = '${account.id}'`);
  assert.equal(records[0].Account.Name, "Parent");
});

test("groups have aliases", async () => {
  const { records } = await conn.query("SELECT Department d, COUNT(Id) n FROM Contact WHERE LastName LIKE 'Row %' GROUP BY Department ORDER BY Department");
  assert.deepEqual(records.map(({ d, n }) => [d, n]), [["even", Math.ceil(ROWS / 2)], ["odd", Math.floor(ROWS / 2)]]);
});

test("deleted rows are seen with scanAll alone", async () => {
  const { id } = await conn.create("Contact", { LastName: "Deleted" });
  await conn.sobject("Contact").del(id);
  const soql = `SELECT Id, IsDeleted FROM Contact WHERE Id = '${id}'`;
  assert.equal((await conn.query(soql)).totalSize, 0);
  assert.equal((await conn.query(soql, { scanAll: true })).records[0].IsDeleted, true);
});

test("found rows are changed and deleted at once", async () => {
  await conn.create("Account", [{ Name: "Bulk A" }, { Name: "Bulk B" }]);
  const changed = await conn.sobject("Account").find({ Name: { $like: "Bulk %" } }).update({ Name: "Bulk ${Name}!" });
  assert.deepEqual(changed.map(({ success }) => success), [true, true]);
  assert.equal(await conn.sobject("Account").count({ Name: "Bulk Bulk A!" }), 1);
  const gone = await conn.sobject("Account").find({ Name: { $like: "Bulk %" } }).destroy();
  assert.deepEqual(gone.map(({ success }) => success), [true, true]);
});

test("a plan explains a query", async () => {
  const { plans, sourceQuery } = await conn.query(ALL).explain();
  assert.ok(plans.length > 0);
  assert.equal(sourceQuery, ALL);
});

test("a search returns what it was asked for", async () => {
  await conn.create("Account", { Name: "Zephyrine Ltd" });
  const { searchRecords } = await conn.search("FIND {Zephyrine} IN NAME FIELDS RETURNING Account(Id, Name)");
  assert.deepEqual(searchRecords.map(({ Name }) => Name), ["Zephyrine Ltd"]);
  assert.equal((await refusal(conn.search("FIND {"))).errorCode, "MALFORMED_SEARCH");
});

test("refused queries carry the platform's code", async (t) => {
  const cases = { "SELECT Nope FROM Contact": "INVALID_FIELD", "SELECT Id FROM Nope": "INVALID_TYPE", "SELECT Id FROM Contact WHERE": "MALFORMED_QUERY" };
  for (const [soql, code] of Object.entries(cases)) {
    await t.test(soql, async () => assert.equal((await refusal(conn.query(soql))).errorCode, code));
  }
});
