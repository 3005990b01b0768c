#!/usr/bin/env node
// The default browser of the window test: notes what it was asked to open, and loads it as a browser would, following
// redirects. The org of the simulator consents by itself, so loading the sign-in page completes the sign-in.

import { appendFileSync } from "node:fs";

const [, , url] = process.argv;
appendFileSync(process.env.OPENED_PAGES, `${url}\n`);
await fetch(url, { redirect: "follow", signal: AbortSignal.timeout(10_000) });
