// Every way in and out: SOAP login, sessions of others, OAuth 2.0 flows, refresh, logout.
import assert from "node:assert/strict";
import { test } from "node:test";
import jsforce from "jsforce";
import { control, refusal, ORG, USER } from "./org.mjs";
import { conn as shown } from "./shown.mjs";

const APP = { clientId: "jsforce", clientSecret: "secret", redirectUri: "https://app.example/callback" };
const login = async (options = {}) => {
  const conn = new jsforce.Connection({ loginUrl: ORG, ...options });
  const user = await conn.login(USER, "any");
  return { conn, user };
};
const works = async (conn) => assert.equal((await conn.query("SELECT Id FROM Organization")).totalSize, 1);

/** The code that the browser of a person brings back from the authorisation page. */
async function consent(url) {
  const page = await fetch(url);
  assert.equal(page.status, 200);
  const [address, query] = url.split("?");
  const filled = new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(query)), username: USER, password: "any", decision: "allow" });
  const answer = await fetch(address, { method: "POST", body: filled, redirect: "manual" });
  return new URL(answer.headers.get("location")).searchParams.get("code");
}

test("the lines of the page connect", async () => {
  assert.equal(shown.instanceUrl, ORG);
  await works(shown);
});

test("a password goes by SOAP, which tells instance and identity", async () => {
  const { conn, user } = await login();
  assert.equal(conn.instanceUrl, ORG);
  assert.match(user.id, /^005\w{15}$/);
  assert.match(user.organizationId, /^00D\w{15}$/);
  assert.equal(conn._sessionType, "soap");
  const identity = await conn.identity();
  assert.deepEqual([identity.user_id, identity.organization_id, identity.username], [user.id, user.organizationId, USER]);
  await works(conn);
});

test("a wrong password is INVALID_LOGIN where passwords count", async () => {
  const strict = new jsforce.Connection({ loginUrl: process.env.STRICT_URL });
  const error = await refusal(strict.login(USER, "wrong"));
  assert.match(error.message, /^INVALID_LOGIN: /);
  await strict.login(USER, process.env.STRICT_PASSWORD);
  await works(strict);
});

test("a token and an instance, or a session and its server, are a connection", async () => {
  const { conn } = await login();
  await works(new jsforce.Connection({ instanceUrl: ORG, accessToken: conn.accessToken }));
  await works(new jsforce.Connection({ serverUrl: `${ORG}/services/Soap/u/50.0/00D`, sessionId: conn.accessToken }));
});

test("without a user of its own, a connection asks the org who it is", async () => {
  const { conn, user } = await login();
  const bare = new jsforce.Connection({ instanceUrl: ORG, accessToken: conn.accessToken });
  assert.equal((await bare.identity()).user_id, user.id);
  assert.equal(bare.userInfo.organizationId, user.organizationId);
});

test("a token that nobody gave is INVALID_SESSION_ID", async () => {
  const error = await refusal(new jsforce.Connection({ instanceUrl: ORG, accessToken: "00D!no" }).query("SELECT Id FROM User"));
  assert.equal(error.errorCode, "INVALID_SESSION_ID");
});

test("a session that ended is begun anew with the password", async () => {
  const { conn } = await login();
  const old = conn.accessToken;
  await control("DELETE", `sessions/${USER}`);
  await works(conn);
  assert.notEqual(conn.accessToken, old);
});

test("client id and secret make the password an OAuth flow", async () => {
  const { conn, user } = await login({ oauth2: { loginUrl: ORG, ...APP } });
  assert.equal(conn._sessionType, "oauth2");
  assert.equal(user.url, `${ORG}/id/${user.organizationId}/${user.id}`);
  await works(conn);
});

test("the web server flow brings a refresh token, and that brings new sessions", async () => {
  const oauth2 = new jsforce.OAuth2({ loginUrl: ORG, ...APP, useVerifier: true });
  const conn = new jsforce.Connection({ oauth2 });
  const user = await conn.authorize(await consent(oauth2.getAuthorizationUrl({ scope: "api refresh_token id", state: "s" })));
  assert.match(user.id, /^005/);
  assert.ok(conn.refreshToken);
  await works(conn);

  const later = new jsforce.Connection({ oauth2: { loginUrl: ORG, ...APP }, instanceUrl: ORG, accessToken: "00D!gone", refreshToken: conn.refreshToken });
  const refreshed = new Promise((resolve) => later.once("refresh", resolve));
  await works(later);
  assert.equal(await refreshed, later.accessToken);
  const answer = await oauth2.refreshToken(conn.refreshToken);
  assert.equal(answer.instance_url, ORG);
});

test("a code is good once, and only with its verifier", async () => {
  const oauth2 = new jsforce.OAuth2({ loginUrl: ORG, ...APP, useVerifier: true });
  const code = await consent(oauth2.getAuthorizationUrl());
  const other = new jsforce.OAuth2({ loginUrl: ORG, ...APP, useVerifier: true });
  assert.equal((await refusal(other.requestToken(code))).name, "invalid_grant");
  const second = await consent(oauth2.getAuthorizationUrl());
  await oauth2.requestToken(second);
  const error = await refusal(oauth2.requestToken(second));
  assert.equal(error.name, "invalid_grant");
  assert.ok(error.message);
});

test("other grants go through authorize", async () => {
  const conn = new jsforce.Connection({ instanceUrl: ORG, oauth2: { loginUrl: ORG, clientId: "jsforce", clientSecret: "secret" } });
  await conn.authorize({ grant_type: "client_credentials" });
  await works(conn);
  assert.equal((await refusal(conn.authorize({ grant_type: "nonsense" }))).name, "unsupported_grant_type");
});

test("logging out ends the session of every kind", async () => {
  const { conn: oauth } = await login({ oauth2: { loginUrl: ORG, ...APP } });
  const token = oauth.accessToken;
  await oauth.logout();
  assert.equal(oauth.accessToken, null);
  const error = await refusal(new jsforce.Connection({ instanceUrl: ORG, accessToken: token }).query("SELECT Id FROM User"));
  assert.equal(error.errorCode, "INVALID_SESSION_ID");

  const { conn: soap } = await login();
  const session = soap.accessToken;
  await soap.logout();
  const again = await refusal(new jsforce.Connection({ instanceUrl: ORG, accessToken: session }).query("SELECT Id FROM User"));
  assert.equal(again.errorCode, "INVALID_SESSION_ID");
});

test("a revoked refresh token brings nothing any more", async () => {
  const oauth2 = new jsforce.OAuth2({ loginUrl: ORG, ...APP });
  const conn = new jsforce.Connection({ oauth2 });
  await conn.authorize(await consent(oauth2.getAuthorizationUrl({ scope: "api refresh_token" })));
  const { refreshToken } = conn;
  await conn.logout(true);
  assert.equal((await refusal(oauth2.refreshToken(refreshToken))).name, "invalid_grant");
});
