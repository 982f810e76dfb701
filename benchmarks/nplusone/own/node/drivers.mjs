// pg and mysql2 themselves, and TypeORM over pg.
import pg from 'pg';
import mysql from 'mysql2/promise';
import { EntitySchema, DataSource } from 'typeorm';
import { PG, MY, sent, request, mark, int, pause, serve } from './record.mjs';

async function withPg(body) {
  const pool = new pg.Pool({ ...PG, max: 3 });
  await body(async (text, ...values) => (sent(text), (await pool.query(text, values)).rows), pool);
  await pool.end();
}

async function withMy(body) {
  const pool = mysql.createPool({ ...MY, connectionLimit: 3 });
  const q = async (text, ...values) => (sent(text), (await pool.query(text, values))[0]);
  const x = async (text, ...values) => (sent(text), (await pool.execute(text, values))[0]);
  await body(q, x);
  await pool.end();
}

export const devices_pg = () => withPg((q) => serve(8, () => request('/sites/:id', async () => {
  const found = await mark('F1.parent F2.parent', () => q('SELECT id, serial FROM devices WHERE firmware = $1 ORDER BY serial LIMIT 12', `1.${int(0, 8)}`));
  for (const device of found) {
    await mark('F1.child', () => q('SELECT count(*)::int AS n FROM alarms WHERE device_id = $1 AND open', device.id));
    await mark('F2.child', () => q('SELECT at, celsius FROM readings WHERE device_id = $1 ORDER BY at DESC LIMIT 1', device.id));
  }
})));

export const promise_all_pg = () => withPg((q) => serve(8, () => request('/feed', async () => {
  const found = await mark('F1.parent', () => q("SELECT id, subject_id FROM remarks WHERE subject_type = 'thread' AND author_id > $1 ORDER BY id LIMIT 15", int(1, 400)));
  await Promise.all(found.map((row) => mark('F1.child', () => q('SELECT title, board_id FROM threads WHERE id = $1', row.subject_id))));
}), 2, 10, 30));

export const execute_my = () => withMy((q, x) => serve(8, () => request('/doctors', async () => {
  const found = await mark('F1.parent', () => x('SELECT id, name FROM doctors WHERE ward_id = ? ORDER BY name', int(1, 8)));
  for (const doctor of found) {
    await mark('F1.child', () => x("SELECT COUNT(*) AS n FROM visits WHERE doctor_id = ? AND status = 'planned'", doctor.id));
    await pause(0.2, 1);
  }
})));

export const query_in_my = () => withMy((q) => serve(9, () => request('/drugs', async () => {
  const found = await mark('F1.parent', () => q('SELECT `id`, `visit_id`, `drug_id` FROM `prescriptions` WHERE `visit_id` BETWEEN ? AND ? LIMIT 14', ...((low) => [low, low + 40])(int(1, 3000))));
  for (const row of found) await mark('F1.child', () => q('SELECT `id`, `name`, `atc` FROM `drugs` WHERE `id` IN (?)', [row.drug_id]));
})));

export const lookups_my = () => withMy((q, x) => serve(120, () => request('/items/:code', async () => {
  await x('SELECT itm_dsc, uom FROM itm_mst WHERE itm_cd = ?', `ITM${int(1, 600)}`);
}), 4, 1, 8));

export const writes_pg = () => withPg((q) => serve(150, () => request('/track', async () => {
  await q('INSERT INTO trk_evt (shp_no, evt_cd, evt_ts) VALUES ($1, $2, now())', int(1, 2500), 'E3');
}), 4, 1, 8));

const Visit = new EntitySchema({ name: 'visits', columns: { id: { type: Number, primary: true }, status: { type: String } }, relations: {
  patient: { type: 'many-to-one', target: 'patients', joinColumn: { name: 'patient_id' }, lazy: true } } });
const Patient = new EntitySchema({ name: 'patients', columns: { id: { type: Number, primary: true }, name: { type: String } }, relations: {
  visits: { type: 'one-to-many', target: 'visits', inverseSide: 'patient', lazy: true } } });

async function withTypeorm(body) {
  const source = await new DataSource({ type: 'postgres', host: PG.host, port: PG.port, username: 'app', database: 'worlds', entities: [Visit, Patient], poolSize: 3,
    logging: true, logger: { logQuery: sent, logQueryError() {}, logQuerySlow() {}, logSchemaBuild() {}, logMigration() {}, log() {} } }).initialize();
  await body(source);
  await source.destroy();
}

export const typeorm_lazy_pg = () => withTypeorm((source) => serve(8, () => request('/visits', async () => {
  const found = await mark('F1.parent', () => source.getRepository('visits').createQueryBuilder('v').where('v.id > :low', { low: int(1, 3900) }).orderBy('v.id').limit(12).getMany());
  for (const visit of found) {
    await mark('F1.child', () => visit.patient);
    await pause();
  }
})));

export const typeorm_relations_pg = () => withTypeorm((source) => serve(40, () => request('/patients/:id', async () => {
  await source.getRepository('patients').findOne({ where: { id: int(1, 800) }, relations: { visits: true } });
})));
