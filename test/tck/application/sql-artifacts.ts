// The artifacts of the transaction cases with real tables: what they write commits and rolls back with their chunk.
import { INVENTORY_ARTIFACTS } from './inventory-artifacts.ts'
import { NUMBERS_ARTIFACTS } from './numbers-artifacts.ts'
import type { SqlEnvironment } from './sql.ts'

/** By the names a JSL refers to; they take the place of the suite's, whose tables are in memory. */
export const SQL_ARTIFACTS: Readonly<Record<string, (environment: SqlEnvironment) => object>> = {
  ...INVENTORY_ARTIFACTS,
  ...NUMBERS_ARTIFACTS
}

export const TABLES = `
  create table inventory (item_id int primary key, quantity int not null);
  insert into inventory values (1, 100);
  create table orders (order_id int generated always as identity primary key, item_id int, quantity int);
  create table numbers (item int, quantity int);
  insert into numbers select item, 10 from generate_series(1, 20) item;`
