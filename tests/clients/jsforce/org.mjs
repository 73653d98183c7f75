// What the files of this suite share: connections, and the control API of their server.
import jsforce from "jsforce";

export const ORG = process.env.ORG_URL;
export const USER = "admin@chatlift.test";

export async function control(method, path, body = {}) {
  const answer = await fetch(`${process.env.ORG_HTTPS}/_chatlift/${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

export const advance = (seconds) => control("PUT", "clock", { advance_seconds: seconds });

/** A connection with a session of its own, in a version that the client does not choose by itself. */
export async function connect(version = "59.0") {
  const conn = new jsforce.Connection({ loginUrl: ORG, version });
  await conn.login(USER, "any");
  return conn;
}

/** The error of a promise that must fail. */
export async function refusal(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`nothing was refused: ${JSON.stringify(value)?.slice(0, 300)}`);
}
