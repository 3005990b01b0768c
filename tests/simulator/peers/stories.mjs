// Stories that jsforce tells the simulated Salesforce org. Called as `node stories.mjs STORY JSON`; the last line of
// standard output is what the story found, as JSON. A story that goes wrong ends with its error and status 1.
//
// jsforce 3.10 asks for Node 22 because of undici 8; with the undici 7 that package.json puts in its place it runs on
// Node 20 as well, which is what the oldest systems we build on have.

import { createRequire } from 'node:module';

const jsforce = createRequire(import.meta.url)('jsforce');

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Runs `act` and returns how it failed; complains when it did not. */
async function failure(act) {
  try {
    await act();
  } catch (error) {
    return { name: error.name, code: error.errorCode ?? null, message: error.message, data: error.data ?? null };
  }
  throw new Error('this should have been refused');
}

function oauth2(org, more = {}) {
  return new jsforce.OAuth2({
    loginUrl: org.login,
    clientId: org.consumerKey,
    redirectUri: org.redirectUri,
    useVerifier: true,
    ...more,
  });
}

function connection(org, more = {}) {
  return new jsforce.Connection({
    instanceUrl: org.instance,
    accessToken: org.accessToken,
    version: '62.0',
    maxRequest: 5,
    ...more,
  });
}

/** Opens the authorize page and presses a button on it, as a browser would. */
async function press(url, decision) {
  const page = await fetch(url, { redirect: 'manual' });
  const html = await page.text();
  const form = new URLSearchParams();
  for (const [, name, value] of html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) {
    form.set(name, value.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'"));
  }
  form.set('username', /name="username" value="([^"]*)" checked/.exec(html)[1]);
  form.set('decision', decision);
  const answer = await fetch(new URL('/services/oauth2/authorize', url), {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  return new URL(answer.headers.get('location'), url);
}

const stories = {
  async signIn(org) {
    const auth = oauth2(org);
    const url = auth.getAuthorizationUrl({ scope: 'api refresh_token', state: 'a b&c' });
    const denied = await press(url, 'deny');
    const callback = await press(url, 'allow');
    const code = callback.searchParams.get('code');
    const conn = new jsforce.Connection({ oauth2: auth, version: '62.0' });
    const user = await conn.authorize(code, { code_verifier: auth.codeVerifier });
    const again = await failure(() => auth.requestToken(code, { code_verifier: auth.codeVerifier }));
    const other = await press(url, 'allow');
    const stranger = oauth2(org);
    const wrongVerifier = await failure(() =>
      stranger.requestToken(other.searchParams.get('code'), { code_verifier: stranger.codeVerifier }),
    );
    const third = await press(url, 'allow');
    const withSecret = await failure(() =>
      oauth2(org, { clientSecret: 'secret' }).requestToken(third.searchParams.get('code'), {
        code_verifier: auth.codeVerifier,
      }),
    );
    const elsewhere = await fetch(oauth2({ ...org, redirectUri: 'http://localhost:1717/OauthRedirect' }).getAuthorizationUrl(), {
      redirect: 'manual',
    });
    const identity = await conn.request('/services/oauth2/userinfo');
    await auth.revokeToken(conn.refreshToken);
    const revoked = await failure(() => auth.refreshToken(conn.refreshToken));
    return {
      denied: Object.fromEntries(denied.searchParams),
      state: callback.searchParams.get('state'),
      user,
      instance: conn.instanceUrl,
      refreshes: Boolean(conn.refreshToken),
      username: identity.preferred_username,
      again,
      wrongVerifier,
      withSecret,
      revoked,
      elsewhere: elsewhere.headers.get('location'),
    };
  },

  async paging(org) {
    const conn = connection(org);
    const pages = [];
    let answer = await conn.query('SELECT Id, Name, Account.Name FROM Contact ORDER BY Id');
    pages.push(answer.records.length);
    while (!answer.done) {
      answer = await conn.queryMore(answer.nextRecordsUrl);
      pages.push(answer.records.length);
    }
    const found = await conn
      .sobject('Contact')
      .find({ LastName: { $like: 'Row 12%' }, IsDeleted: false }, 'Id, LastName, Phone')
      .sort({ LastName: 1 })
      .limit(5);
    const inList = await conn.query("SELECT Name FROM Contact WHERE Phone IN ('+4930000001', '+4930000002') OR (Phone = '+4930000003' AND Account.Name = 'ACME GmbH')");
    return {
      pages,
      total: answer.totalSize,
      names: found.map((row) => row.LastName),
      inList: inList.records.map((row) => row.Name),
      limit: conn.limitInfo.apiUsage,
    };
  },

  async search(org) {
    const conn = connection(org);
    const find = async (term) => {
      const sosl = `FIND {${term}} IN PHONE FIELDS RETURNING Contact(Id, Name, Phone LIMIT 20), Lead(Id, Name WHERE IsConverted = false) WITH SPELL_CORRECTION = false`;
      return (await conn.search(sosl)).searchRecords.map((row) => `${row.attributes.type} ${row.Name}`);
    };
    const fresh = await conn.sobject('Contact').create({ LastName: 'Fresh', Phone: '+49 30 777001' });
    return {
      exact: await find('49301234567'),
      variants: await find('1234567 OR 0049493555017 OR 49493555017 OR 004949355 OR 00494935550 OR 0049493555017'),
      partOnly: await find('1234567'),
      lead: await find('49895550199'),
      notYetIndexed: await find('4930777001'),
      bySoql: (await conn.query("SELECT Name FROM Contact WHERE Phone = '+49 30 777001'")).records.map((row) => row.Name),
      fresh: fresh.id,
      unescaped: await failure(() => conn.search('FIND {+49301234567} IN PHONE FIELDS RETURNING Contact(Id)')),
      tooShort: await failure(() => conn.search('FIND {7} IN PHONE FIELDS RETURNING Contact(Id)')),
    };
  },

  async write(org) {
    const conn = connection(org);
    const contact = (await conn.query("SELECT Id FROM Contact WHERE Name = 'Anna Meyer'")).records[0].Id;
    const lead = (await conn.query("SELECT Id FROM Lead WHERE Name = 'Bob Liu'")).records[0].Id;
    const account = (await conn.query("SELECT Id FROM Account WHERE Name = 'ACME GmbH'")).records[0].Id;
    const task = {
      Subject: 'Inbound call from Anna Meyer',
      Status: 'Completed',
      TaskSubtype: 'Call',
      CallType: 'Inbound',
      CallDurationInSeconds: 51,
      CallObject: 'ys:3630:1767600923.417:4101',
      ActivityDate: '2026-01-05',
      WhoId: contact,
    };
    const tasks = conn.sobject('Task');
    const made = await tasks.create(task);
    const read = await tasks.retrieve(made.id);
    await tasks.update({ Id: made.id, Description: 'A note' });
    const again = await conn.query(`SELECT Id, Who.Name, Owner.Name FROM Task WHERE CallObject = '${task.CallObject}' AND CreatedDate = LAST_N_DAYS:7 LIMIT 2`);
    const describe = await tasks.describe();
    const refusals = {
      leadAndWhat: await failure(() => tasks.create({ ...task, WhoId: lead, WhatId: account })),
      contactAsWhat: await failure(() => tasks.create({ ...task, WhatId: contact })),
      callType: await failure(() => tasks.create({ ...task, CallType: 'Sideways' })),
      subtype: await failure(() => tasks.update({ Id: made.id, TaskSubtype: 'Task' })),
      longSubject: await failure(() => tasks.create({ ...task, Subject: 'x'.repeat(256) })),
      missing: await failure(() => conn.sobject('Lead').create({ LastName: 'Nobody' })),
      unknownField: await failure(() => tasks.create({ ...task, Nonsense__c: 1 })),
      unknownColumn: await failure(() => conn.query('SELECT Id, Nonsense FROM Task')),
      malformed: await failure(() => conn.query('SELECT Id FROM')),
      noRecord: await failure(() => tasks.retrieve('00T000000000000AAA')),
    };
    await tasks.destroy(made.id);
    const gone = await failure(() => tasks.retrieve(made.id));
    const all = await conn.query('SELECT Id, IsDeleted FROM Task', { scanAll: true, autoFetch: false });
    return {
      read,
      again: again.records,
      fields: describe.fields.map((field) => field.name),
      refusals,
      gone,
      all: all.records.length,
    };
  },

  async upsert(org) {
    const conn = connection(org);
    const row = { PBX_Call_Key__c: 'ys:1:2:4101', Subject: 'Call', Status: 'Completed' };
    const first = await conn.sobject('Task').upsert(row, 'PBX_Call_Key__c');
    const second = await conn.sobject('Task').upsert({ ...row, Subject: 'Call again' }, 'PBX_Call_Key__c');
    const twice = await failure(() => conn.sobject('Task').create(row));
    return { first, second, twice };
  },

  async duplicate(org) {
    const conn = connection(org);
    return await failure(() => conn.sobject('Lead').create({ LastName: 'Liu', FirstName: 'Bob', Company: 'Liu Trading' }));
  },

  async collection(org) {
    const conn = connection(org);
    return await conn.sobject('Contact').create([{ LastName: 'One' }, { FirstName: 'No last name' }, { LastName: 'Three' }]);
  },

  async rotation(org) {
    const auth = oauth2(org);
    const conn = connection(org, { oauth2: auth, refreshToken: org.refreshToken });
    const rotated = [];
    conn.on('refresh', (accessToken, answer) => rotated.push({ accessToken: Boolean(accessToken), refreshToken: answer.refresh_token }));
    const rows = await conn.query('SELECT Id FROM User LIMIT 1');
    const newest = rotated[0].refreshToken;
    const both = await Promise.allSettled([auth.refreshToken(newest), auth.refreshToken(newest)]);
    const current = both.find((one) => one.status === 'fulfilled').value.refresh_token;
    const refused = both.find((one) => one.status === 'rejected').reason.message;
    const replayed = await failure(() => auth.refreshToken(org.refreshToken));
    const family = await failure(() => auth.refreshToken(current));
    return { rows: rows.records.length, rotations: rotated.length, changed: newest !== org.refreshToken, refused, replayed, family };
  },

  async permanent401(org) {
    // jsforce refreshes for ever against a server that always answers 401: this bounds it.
    let refreshes = 0;
    const conn = connection(org, {
      refreshFn: (_, done) => {
        refreshes += 1;
        if (refreshes > 3) done(new Error('gave up after three refreshes'));
        else done(null, org.accessToken);
      },
    });
    const found = await Promise.race([
      failure(() => conn.query('SELECT Id FROM User')),
      wait(10_000).then(() => ({ message: 'still going' })),
    ]);
    return { refreshes, found };
  },
};

const [, , story, json] = process.argv;
try {
  const found = await stories[story](JSON.parse(json));
  console.log(JSON.stringify(found));
  process.exit(0);
} catch (error) {
  console.error(error);
  process.exit(1);
}
