// What a node program tells the recorder: every statement with its request and its role.
import { AsyncLocalStorage } from 'node:async_hooks';
import { appendFileSync } from 'node:fs';

export const PG = { host: '127.0.0.1', port: +process.env.PG_PORT, user: 'app', database: 'worlds' };
export const MY = { host: '127.0.0.1', port: +process.env.MY_PORT, user: 'app', database: 'worlds' };
const store = new AsyncLocalStorage();
let requests = 0;
const lines = [];

export const sent = (sql) => {
  const now = store.getStore() ?? { request: 0, route: '', marks: [] };
  lines.push(JSON.stringify({ sql, at: Date.now() / 1000, request: now.request, route: now.route, marks: now.marks }));
};
export const flush = () => appendFileSync(process.env.EVENTS, lines.map((l) => l + '\n').join(''));
export const request = (route, body) => store.run({ request: ++requests, route, marks: [] }, body);
export const mark = (marks, body) => store.run({ ...(store.getStore() ?? { request: 0, route: '' }), marks: marks.split(' ') }, body);

export const int = (low, high) => low + Math.floor(Math.random() * (high - low + 1));
export const pick = (list, n) => [...list].sort(() => Math.random() - 0.5).slice(0, n);
export const pause = (low = 0.3, high = 2) => new Promise((done) => setTimeout(done, low + Math.random() * (high - low)));

// A few users take requests one after another, like an event loop under light load.
export async function serve(n, handler, users = 3, low = 2, high = 14) {
  let left = n;
  await Promise.all(Array.from({ length: users }, async () => {
    while (left-- > 0) {
      await handler();
      await pause(low, high);
    }
  }));
}
