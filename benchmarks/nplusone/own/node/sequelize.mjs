// Sequelize on pg and mysql2: it writes literals into its reads.
import { Sequelize, DataTypes } from 'sequelize';
import { PG, MY, sent, request, mark, int, pick, pause, serve } from './record.mjs';

async function open(dialect, body) {
  const at = dialect === 'postgres' ? PG : MY;
  const db = new Sequelize(at.database, at.user, '', {
    dialect, host: at.host, port: at.port, pool: { min: 3, max: 3 }, define: { timestamps: false, freezeTableName: true },
    logging: (text) => sent(text.replace(/^Executing \([^)]*\): /, '')),
  });
  const Customer = db.define('Customer', { fullName: DataTypes.STRING, vatNumber: DataTypes.STRING });
  const Product = db.define('Product', { sku: DataTypes.STRING, unitPrice: DataTypes.DECIMAL(10, 2) });
  const Invoice = db.define('Invoice', { customerId: DataTypes.INTEGER, issuedAt: DataTypes.DATE, status: DataTypes.STRING });
  const InvoiceLine = db.define('InvoiceLine', { invoiceId: DataTypes.INTEGER, productId: DataTypes.INTEGER, quantity: DataTypes.INTEGER });
  const Payment = db.define('Payment', { invoiceId: DataTypes.INTEGER, amount: DataTypes.DECIMAL(10, 2), paidAt: DataTypes.DATE });
  Invoice.belongsTo(Customer, { foreignKey: 'customerId' });
  Invoice.hasMany(InvoiceLine, { foreignKey: 'invoiceId' });
  Invoice.hasMany(Payment, { foreignKey: 'invoiceId' });
  InvoiceLine.belongsTo(Product, { foreignKey: 'productId' });
  await body({ db, Customer, Product, Invoice, InvoiceLine, Payment });
  await db.close();
}

const getters = (dialect) => () => open(dialect, ({ Invoice }) => serve(7, () => request('/invoices', async () => {
  const found = await mark('F1.parent', () => Invoice.findAll({ where: { customerId: [int(1, 300), int(1, 300)] }, order: ['id'] }));
  for (const invoice of found) {
    const lines = await mark('F1.child F2.parent', () => invoice.getInvoiceLines());
    for (const line of lines) await mark('F2.child', () => line.getProduct());
  }
})));
export const getters_pg = getters('postgres');
export const getters_my = getters('mysql');

export const counts_pg = () => open('postgres', ({ Invoice }) => serve(9, () => request('/unpaid', async () => {
  const found = await mark('F1.parent', () => Invoice.findAll({ where: { status: 'sent' }, order: [['issuedAt', 'DESC']], limit: 13, offset: int(0, 300) }));
  for (const invoice of found) {
    await mark('F1.child', () => invoice.countPayments());
    await pause();
  }
})));

export const saves_my = () => open('mysql', ({ db, Invoice }) => serve(8, () => request('/invoices/send', () => db.transaction(async (transaction) => {
  const found = await mark('F1.parent', () => Invoice.findAll({ where: { customerId: [int(1, 300), int(1, 300)] }, transaction }));
  for (const invoice of found) {
    invoice.status = invoice.status === 'paid' ? 'sent' : 'paid';
    await mark('F1.child', () => invoice.save({ transaction }));
  }
})), 2));

export const find_or_create_pg = () => open('postgres', ({ Product }) => serve(5, () => request('/catalogue', async () => {
  const base = int(1000, 99999);
  for (let i = 0; i < 12; i++) {
    await mark('F1.child', () => Product.findOrCreate({ where: { sku: i % 2 ? `SKU${i + 1}` : `SKU${base + i}` }, defaults: { unitPrice: 3 } }));
  }
}), 1));

const include = (dialect) => () => open(dialect, ({ Customer, Invoice, InvoiceLine, Product }) => serve(35, () => request('/invoices', async () => {
  await Invoice.findAll({ where: { customerId: int(1, 300) }, include: [Customer, { model: InvoiceLine, separate: true, include: [Product] }] });
})));
export const include_pg = include('postgres');
export const include_my = include('mysql');

export const by_pk_my = () => open('mysql', ({ Invoice, InvoiceLine }) => serve(70, () => request('/invoices/:id', async () => {
  const invoice = await Invoice.findByPk(int(1, 2000));
  await invoice.getCustomer();
  await InvoiceLine.findAll({ where: { invoiceId: invoice.id } });
})));

export const bulk_create_my = () => open('mysql', ({ Payment }) => serve(25, () => request('job:payments', async () => {
  await Payment.bulkCreate(Array.from({ length: 30 }, () => ({ invoiceId: int(1, 2000), amount: 5, paidAt: new Date() })));
}), 1));

export const browse_my = () => open('mysql', ({ Customer, Invoice }) => serve(26, async () => {
  const found = await request('/invoices', () => Invoice.findAll({ where: { status: 'paid' }, limit: 20, offset: int(0, 500) }));
  for (const one of pick(found, 2)) {
    await pause(40, 160);
    await request('/invoices/:id', async () => {
      await Invoice.findByPk(one.id);
      await Customer.findByPk(one.customerId);
    });
  }
}, 5));
