// What the jobs of Admissions name in ref="…": the tables of the sample, through the connection of the chunk.
import type { Injected } from '../../src/batch/artifacts.ts'

export interface Account {
  readonly email: string
  readonly ageDays: number
  readonly validated: boolean
}

/** A connection takes one statement at a time. An account that nobody has validated yet has no `validated_at`. */
const TABLES = [
  'create schema if not exists admissions',
  /* sql */ `create table if not exists admissions.account (
    account_id bigint generated always as identity primary key, email text not null unique,
    created_at timestamptz not null, validated_at timestamptz)`
]

/** One item: what it is done with is done once. */
export function* once(): Generator<'once'> {
  yield 'once'
}

export async function makeTables(_items: 'once'[], { connection }: Injected): Promise<void> {
  for (const statement of TABLES) await connection.query(statement)
}

/** Makes them, and leaves nothing in them. */
export async function emptyTables(items: 'once'[], injected: Injected): Promise<void> {
  const { connection, log } = injected
  await makeTables(items, injected)
  const { rowCount } = await connection.query('delete from admissions.account')
  log.info(`Accounts removed: ${rowCount}.`)
}

/** As many as property `accounts` says, made in the last 60 days; every third was never validated. The same each time. */
export function* demoAccounts({ properties }: Injected): Generator<Account> {
  const count = Number(properties['accounts'])
  if (!Number.isInteger(count) || count < 0) throw new Error('accounts must be a whole number')
  for (let at = 1; at <= count; at++)
    yield { email: `candidate${at}@example.org`, ageDays: (at * 7) % 60, validated: at % 3 !== 0 }
}

export async function insertAccounts(accounts: Account[], { connection, log }: Injected): Promise<void> {
  await connection.query(
    /* sql */ `insert into admissions.account (email, created_at, validated_at)
    select email, made, case when validated then made + interval '1 hour' end
    from unnest($1::text[], $2::integer[], $3::boolean[]) as a (email, age, validated),
      lateral (select now() - age * interval '1 day' as made) m`,
    [
      accounts.map(({ email }) => email),
      accounts.map(({ ageDays }) => ageDays),
      accounts.map(({ validated }) => validated)
    ]
  )
  log.info(`Accounts made: ${accounts.length}.`)
}

/** Deletes them, but for those validated since they were read. */
export async function deleteAccounts(
  accounts: { readonly account_id: number }[],
  { connection, log }: Injected
): Promise<void> {
  const ids = accounts.map(account => account.account_id)
  const { rowCount } = await connection.query(
    'delete from admissions.account where account_id = any($1::bigint[]) and validated_at is null',
    [ids]
  )
  log.info(`Accounts deleted: ${rowCount}.`)
}
