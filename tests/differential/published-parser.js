// Salesforce's published parser as a judge: a query a line as JSON text comes in, a verdict a line goes out: null for accepted,
// else the first complaint. NODE_PATH leads to the packages.
const { createInterface } = require("node:readline");
const { SOQLParser } = require("@salesforce/soql-common/lib/soql-parser");

const parser = SOQLParser({ isApex: false, isMultiCurrencyEnabled: true, apiVersion: 60 });

// Its lexer prints a character outside the language and goes on without it. A server refuses the query ("no viable alternative
// at character '\"'", forcedotcom/SalesforceMobileSDK-ReactNative#82), and so does this judge.
let complaint = null;
console.error = (said) => {
  complaint ??= String(said);
};

createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
  complaint = null;
  const result = parser.parseQuery(JSON.parse(line));
  if (!result.getSuccess()) complaint ??= result.getParserErrors()[0]?.getMessage() ?? "refused";
  process.stdout.write(JSON.stringify(complaint) + "\n");
});
