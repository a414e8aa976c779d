// The reference of commits: what this PostgreSQL does for a client that does nothing else, by pgbench or a stand-in for it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import type { Bench } from './benchmark.ts'
import { query } from './bench-postgres.ts'

const ROWS = 100_000

export interface CommitReference {
  /** `pgbench`, or what stands in for it. */
  readonly name: string
  /** Transactions (BEGIN, one UPDATE, one INSERT, END) a second. */
  perSecond(clients: number): Promise<number>
}

const UPDATE = (id: string) => `update account set balance = balance + 1 where id = ${id};`
const INSERT = (id: string) => `insert into history (account, at) values (${id}, clock_timestamp());`

/** On a database of its own on the run's Postgres. */
export async function commitReference(bench: Bench): Promise<CommitReference> {
  const url = await bench.postgres.database()
  await query(url, 'create table account (id integer primary key, balance bigint not null)')
  await query(url, 'create table history (account integer not null, at timestamptz not null)')
  await query(url, `insert into account select g, 0 from generate_series(1, ${ROWS}) g`)
  await query(url, 'vacuum analyze account')
  const seconds = bench.quick ? 1 : 5
  const script = path.join(bench.directory, 'commit.sql')
  const lines = ['begin;', UPDATE(':id'), INSERT(':id'), 'end;']
  await writeFile(script, `\\set id random(1, ${ROWS})\n${lines.join('\n')}\n`)
  if (await isThere('pgbench')) {
    const shared = ['-n', '-f', script, '-T', String(seconds)]
    return {
      name: 'pgbench',
      perSecond: async clients =>
        tpsOf(
          await output('pgbench', [...shared, '-c', String(clients), '-j', String(Math.min(clients, 2))], url)
        )
    }
  }
  bench.say('pgbench is not on the PATH: its script is run by pg from this process instead, which is slower')
  return {
    name: 'stand-in for pgbench (pg)',
    perSecond: clients => standIn(url, clients, seconds)
  }
}

async function isThere(program: string): Promise<boolean> {
  const child = spawn(program, ['--version'], { stdio: 'ignore' })
  return await once(child, 'close').then(
    ([code]) => code === 0,
    () => false
  )
}

async function output(program: string, args: readonly string[], url: string): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      PGHOST: hostname,
      PGPORT: port === '' ? '5432' : port,
      PGUSER: decodeURIComponent(username),
      // Not as an argument: those can be read by every user of the machine.
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: pathname.slice(1)
    }
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${program} failed: ${said.trim()}`)
  return said
}

function tpsOf(said: string): number {
  const tps = /^tps = ([\d.]+)/m.exec(said)
  if (tps === null) throw new Error(`pgbench told no tps: ${said}`)
  return Number(tps[1])
}

async function standIn(url: string, clients: number, seconds: number): Promise<number> {
  const connections = Array.from({ length: clients }, () => new pg.Client({ connectionString: url }))
  await Promise.all(connections.map(client => client.connect()))
  try {
    let done = 0
    const begun = performance.now()
    const end = begun + seconds * 1000
    await Promise.all(
      connections.map(async client => {
        for (; performance.now() < end; done++) {
          const id = String(1 + Math.floor(Math.random() * ROWS))
          for (const statement of ['begin', UPDATE(id), INSERT(id), 'end']) await client.query(statement)
        }
      })
    )
    return (done * 1000) / (performance.now() - begun)
  } finally {
    await Promise.all(connections.map(client => client.end()))
  }
}
