// knex on pg and mysql2.
import knexFactory from 'knex';
import { PG, MY, sent, request, mark, int, pick, pause, serve } from './record.mjs';

async function open(client, body) {
  const db = knexFactory({ client, connection: client === 'pg' ? PG : MY, pool: { min: 3, max: 3 } });
  db.on('query', (q) => sent(q.sql));
  await body(db);
  await db.destroy();
}

const lines = (client) => () => open(client, (db) => serve(9, () => request('/invoices', async () => {
  const found = await mark('F1.parent F2.parent', async () => await db('Invoice').where('status', 'sent').andWhere('id', '>', int(1, 1800)).orderBy('id').limit(11));
  for (const invoice of found) {
    await mark('F1.child', async () => await db('InvoiceLine').where({ invoiceId: invoice.id }));
    await mark('F2.child', async () => await db('Customer').where({ id: invoice.customerId }).first());
    await pause();
  }
})));
export const lines_pg = lines('pg');
export const lines_my = lines('mysql2');

export const promise_all_pg = () => open('pg', (db) => serve(8, () => request('/projects', async () => {
  const tenant = int(1, 40);
  const found = await mark('F1.parent', async () => await db('projects').select('id', 'name').where('tenant_id', tenant).limit(16));
  await Promise.all(found.map((p) => mark('F1.child', async () =>
    await db('tasks').where({ tenant_id: tenant, project_id: p.id, deleted: false }).count('* as n').first())));
}), 2));

export const transaction_inserts_my = () => open('mysql2', (db) => serve(9, () => request('/votes/import', () => db.transaction(async (tx) => {
  for (let i = 0; i < int(9, 14); i++) {
    await mark('F1.child', async () => await tx('audit_trail').insert({ actor_id: int(1, 500), action: 'import' }));
  }
}))));

export const cards_pg = () => open('pg', (db) => serve(9, () => request('/board/move', () => db.transaction(async (tx) => {
  const tenant = int(1, 40);
  const found = await mark('F1.parent', async () => await tx('tasks').select('id', 'rank').where({ tenant_id: tenant, project_id: int(1, 25) }).orderBy('rank').forUpdate());
  for (const task of found) {
    await mark('F1.child', async () => await tx('tasks').where({ tenant_id: tenant, id: task.id }).update({ rank: task.rank + 1 }));
  }
}))));

const detail = (client) => () => open(client, (db) => serve(60, () => request('/posts/:id', async () => {
  const session = await db('web_sessions').where('token', 'tok' + int(1, 500)).first();
  await db('members').select('login', 'karma').where('id', session.member_id).first();
  const post = await db('posts').where('id', int(1, 8000)).first();
  await db('threads').where('id', post.thread_id).first();
})));
export const detail_pg = detail('pg');
export const detail_my = detail('mysql2');

export const loader_my = () => open('mysql2', (db) => serve(35, () => request('/graphql', async () => {
  const threads = await db('threads').where('board_id', int(1, 60)).limit(12);
  const posts = await db('posts').whereIn('thread_id', threads.map((t) => t.id));
  await db('members').whereIn('id', [...new Set(posts.map((p) => p.author_id))].slice(0, 40));
})));

export const batch_insert_pg = () => open('pg', (db) => serve(10, () => request('job:load', async () => {
  await db.batchInsert('audit_trail', Array.from({ length: 90 }, (_, i) => ({ actor_id: i, action: 'batch' })), 30);
}), 1));

export const browse_pg = () => open('pg', (db) => serve(28, async () => {
  const found = await request('/customers', async () => await db('Customer').select('id', 'fullName').whereLike('fullName', `customer ${int(1, 9)}%`).limit(15));
  for (const one of pick(found, 3)) {
    await pause(40, 160);
    await request('/customers/:id', async () => {
      await db('Customer').where('id', one.id).first();
      await db('Invoice').where('customerId', one.id).orderBy('issuedAt', 'desc').limit(10);
    });
  }
}, 5));
