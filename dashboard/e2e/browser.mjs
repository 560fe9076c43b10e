// Chromium, signed in, and what every page is held to.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const launch = () => chromium.launch({ executablePath: process.env.OPENCLAW_CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });

/**
 * A page whose session is that of `key`. Faults in the console are kept in `page.faults`, requests to the API in
 * `page.calls`; `quiet` pages do not look for news every few seconds, so that what is counted is what loads them.
 */
export async function open(browser, gateway, key, { width = 1280, theme = 'light', zone = 'UTC', state, quiet = false } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 760 : 860 },
    colorScheme: theme,
    locale: 'en-GB',
    timezoneId: zone,
    bypassCSP: false,
  });
  const page = await context.newPage();
  page.faults = [];
  page.calls = [];
  page.on('console', (message) => {
    // A refused request is what some tests are about.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) page.faults.push(message.text());
  });
  page.on('pageerror', (error) => page.faults.push(String(error.stack)));
  page.on('request', (request) => {
    const { pathname, origin } = new URL(request.url());
    if (pathname.startsWith('/v1/')) page.calls.push(`${request.method()} ${pathname}`);
    else if (origin !== gateway.base && !request.url().startsWith('blob:')) page.faults.push(`a request to ${origin}`);
  });
  if (key) {
    const response = await fetch(`${gateway.base}/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ api_key: key, expires_in: 3600, manage_keys: true }),
    });
    const { token, expires_at } = await response.json();
    const stored = JSON.stringify({ token, expires_at, operator: key === gateway.admin });
    await context.addInitScript(([stored]) => sessionStorage.getItem('openclaw.token') ?? sessionStorage.setItem('openclaw.token', stored), [stored]);
  }
  if (quiet) {
    await context.addInitScript(() => {
      const every = window.setInterval;
      window.setInterval = (act, ms, ...more) => (ms >= 2000 ? 0 : every(act, ms, ...more));
    });
  }
  if (state && state !== 'data') await pretend(page, state);
  return page;
}

/** What the pages' own requests are answered: failure, nothing at all, nothing for a long time, or that nobody is signed in. */
export async function pretend(page, state) {
  await page.route(/\/v1\/(?!account$|health$|auth\/)/, (route) => {
    if (route.request().method() !== 'GET') return route.continue();
    if (state === 'slow') return;
    if (state === '401') return route.fulfill({ status: 401, json: { error: { code: 'unauthorized', message: 'Invalid token' } } });
    if (state === 'error') {
      const error = { code: 'provider_unavailable', message: 'The storage cannot be reached.', details: null };
      return route.fulfill({ status: 503, headers: { 'x-request-id': 'req_0a1b2c3d4e5f', 'x-should-retry': 'false' }, json: { error } });
    }
    if (/\/account\/guardrails$/.test(route.request().url())) return route.fulfill({ json: { guardrails: [] } });
    if (/\/config$/.test(route.request().url())) {
      return route.fulfill({ json: { object: 'config', version: 0, updated_at: null, file: {}, config: {}, effective: {}, sealed_keys: [] } });
    }
    if (/analytics\/usage/.test(route.request().url())) {
      const hour = 3_600_000;
      const end = Math.ceil(Date.now() / hour) * hour;
      const at = (time) => new Date(time).toISOString().replace('.000Z', 'Z');
      const sums = { total_requests: 0, total_tokens: 0, cost: 0, prompt_tokens: 0, completion_tokens: 0, errors: 0, interrupted: 0, cached: 0, estimated_requests: 0 };
      return route.fulfill({ json: { period: '7d', start: at(end - 168 * hour), end: at(end), ...sums, by_model: [], by_day: [], by_key: [], groups: [], intervals: [], previous: sums } });
    }
    return route.fulfill({ json: { object: 'list', data: [], has_more: false } });
  });
}

export const goto = async (page, gateway, hash) => {
  await page.goto(`${gateway.base}/dashboard/${hash}`);
  await page.locator('h1').first().waitFor();
};

/** What axe finds, in a few words each. */
export async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] }));
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} (${failureSummary.split('\n')[1]?.trim()})`).join('; ')}`);
}

/** Pixels by which the page is wider than the window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
